"""Room on disk; a disk counts as full here by a bound that is far away, or none."""

from pathlib import Path

import pytest

from streams import room

NEVER, ALWAYS = 0, 1 << 62


def test_a_disk_with_room_is_not_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FULL_BYTES", NEVER)
    assert room.lack(tmp_path) == ""


def test_a_full_disk_is_told_with_its_folder_and_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FULL_BYTES", ALWAYS)
    assert room.lack(tmp_path).startswith("the disk is full: ")
    assert f"left at {tmp_path}, khabar needs" in room.lack(tmp_path)


def test_a_folder_of_khabar_may_have_a_disk_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kafka").mkdir()
    there = room.left
    monkeypatch.setattr(room, "left", lambda folder: 7 if folder.name == "kafka" else there(folder))
    assert f"0.0 MiB are left at {tmp_path / 'kafka'}" in room.lack(tmp_path)


def test_a_folder_that_is_not_there_yet_lacks_nothing(tmp_path: Path) -> None:
    assert room.left(tmp_path / "none") is None
    assert room.lack(tmp_path / "none") == ""
