"""The files of a backup: every record comes back, and whatever is not as it was written is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import backup_files, backup_folder
from streams.backup_files import BackupDamaged, BackupError, BackupFile, Line, Manifest
from streams.backup_folder import SUMS, Writing

RECORDS = [
    Line(0, 1_750_000_000_000, b"a key", "نص عربي".encode(), (("h", b"\xff\x00"),)),
    Line(3, 1_750_000_000_001, None, None, ()),
    Line(4, 1_750_000_000_000, b"\xc3\x28", b"", (("h", b""), ("h", b"again"))),
]
NAME = "documents-0.jsonl"


def write(folder: Path) -> Manifest:
    writing = Writing(folder)
    file = writing.file(NAME)
    for line in RECORDS:
        file.write(line)
    file.close()
    held = BackupFile(topic="documents", partition=0, next=9, records=3, name=NAME, first=0, last=4)
    manifest = Manifest(
        made_at="2025-06-17T00:00:00Z", log="a-log", topic_prefix="", partitions=1, next_generation=2,
        committed={"documents": {"0": 3}}, files=(held, BackupFile(topic="parses", partition=0, next=0)),
    )  # fmt: skip
    writing.finish(manifest)
    return manifest


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "backup"
    manifest = write(folder)
    assert backup_folder.verify(folder)
    assert backup_folder.read(folder) == manifest
    assert list(backup_files.lines(folder, manifest.files[0])) == RECORDS
    assert list(backup_files.lines(folder, manifest.files[1])) == []
    checked = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, capture_output=True)
    assert checked.returncode == 0, checked.stderr


@given(st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=9)), max_size=3), st.binary(max_size=40))
def test_any_bytes_survive(headers: list[tuple[str, bytes]], value: bytes) -> None:
    line = Line(7, 1, value[::-1], value, tuple(headers))
    text = backup_files.encode(line)
    assert text.count(b"\n") == 1
    assert backup_files.decode(text) == line


def test_a_flipped_bit_anywhere_is_refused_and_named(tmp_path: Path) -> None:
    write(tmp_path)
    for name in (NAME, "manifest.json", SUMS):
        path = tmp_path / name
        whole = path.read_bytes()
        for at in range(0, len(whole), 7):
            for bit in (0, 5):
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
                with pytest.raises(BackupDamaged, match=r"nothing is restored") as refused:
                    backup_folder.verify(tmp_path)
                assert name == SUMS or name in str(refused.value)
        path.write_bytes(whole)
        backup_folder.verify(tmp_path)


@pytest.mark.parametrize("name", [NAME, "manifest.json"])
def test_a_missing_or_shortened_file_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:-1])
    with pytest.raises(BackupDamaged, match=name):
        backup_folder.verify(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(BackupDamaged, match=name):
        backup_folder.verify(tmp_path)


def test_an_interrupted_backup_is_none_and_is_begun_anew(tmp_path: Path) -> None:
    interrupted = Writing(tmp_path)
    left = interrupted.file("parses-3.jsonl")
    left.write(RECORDS[0])
    left.close()
    with pytest.raises(BackupError, match="it was interrupted"):
        backup_folder.verify(tmp_path)
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {NAME, "manifest.json", SUMS}
    backup_folder.verify(tmp_path)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "backup")
    with pytest.raises(BackupError, match="holds a backup already"):
        Writing(tmp_path / "backup")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(BackupError, match="is not empty"):
        Writing(tmp_path / "other")
    with pytest.raises(BackupError, match="there is no SHA256SUMS"):
        backup_folder.verify(tmp_path / "other")


def test_a_backup_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    manifest = write(tmp_path / "old")
    newer = Writing(tmp_path / "new")
    newer.finish(manifest.model_copy(update={"version": 2, "files": ()}))
    with pytest.raises(BackupError, match="update khabar"):
        backup_folder.verify(tmp_path / "new")
