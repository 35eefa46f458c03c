"""A backup on disk: plain files that need no khabar to be read, and checksums that anyone can check.

One JSON Lines file for each partition that holds records, `manifest.json` that describes them, and at last
`SHA256SUMS` over all of these, as `sha256sum --check` takes it. A folder without that file is no backup.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import orjson
from pydantic import ValidationError

from streams.backup_files import FORMAT, VERSION, BackupDamaged, BackupError, Line, Manifest, encode

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
UNFINISHED = "UNFINISHED"
CHUNK = 1 << 20


class Writing:
    """Writes a folder; nothing counts before `finish`. Raises BackupError where something else is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sums: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        if SUMS in there:
            message = f"{folder} holds a backup already: take another folder, nothing is overwritten"
            raise BackupError(message)
        if there and UNFINISHED not in there:
            message = f"{folder} is not empty: take another folder"
            raise BackupError(message)
        (folder / UNFINISHED).touch()
        for name in there - {UNFINISHED}:  # of a backup that was interrupted, by its own mark
            (folder / name).unlink()

    def file(self, name: str) -> FileWriter:
        """Begin a file of records."""
        return FileWriter(self._folder / name, lambda digest: self._sums.update({name: digest}))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and, when all is on disk, the sums: from then on it is a backup."""
        data = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
        _write(self._folder / MANIFEST, data + b"\n")
        self._sums[MANIFEST] = hashlib.sha256(data + b"\n").hexdigest()
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items()))
        draft = self._folder / UNFINISHED
        _write(draft, sums.encode())
        draft.rename(self._folder / SUMS)
        _sync(self._folder)


class FileWriter:
    """One file that is being written, hashed on the way; `close` has it on disk."""

    def __init__(self, path: Path, closed: Callable[[str], None]) -> None:
        self._file = path.open("wb")
        self._sum = hashlib.sha256()
        self._closed = closed

    def write(self, line: Line) -> None:
        """Append a record."""
        text = encode(line)
        self._sum.update(text)
        self._file.write(text)

    def close(self) -> None:
        """Have all of it on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._closed(self._sum.hexdigest())


def read(folder: Path) -> Manifest:
    """Read the manifest of a complete backup. Raises BackupError, BackupDamaged; checks no other file."""
    _sums(folder)
    try:
        data = orjson.loads((folder / MANIFEST).read_bytes())
        if isinstance(data, dict) and (data.get("format"), data.get("version")) != (FORMAT, VERSION):
            message = f"{folder} has format {data.get('format')} {data.get('version')}: update khabar"
            raise BackupError(message)
        return Manifest.model_validate(data)
    except (OSError, ValueError, ValidationError) as error:
        message = f"{folder / MANIFEST} is damaged: {str(error).splitlines()[0]}"
        raise BackupDamaged(message) from error


def verify(folder: Path, checked: Callable[[int], None] = lambda _: None) -> str:
    """Check every file against its sum; `checked(n)` after n bytes. Returns the sum that names the backup.

    Raises BackupError for a folder without sums, BackupDamaged naming the first file that is not as it was.
    """
    sums = _sums(folder)
    for name, wanted in sums.items():
        if _digest(folder / name, checked) != wanted:
            message = f"{folder / name} is damaged: its SHA-256 is not the one in {SUMS}; nothing is restored"
            raise BackupDamaged(message)
    named = {file.name for file in read(folder).files if file.name} | {MANIFEST}
    if named != sums.keys():
        message = f"{folder / SUMS} is damaged: it names other files than {MANIFEST}; nothing is restored"
        raise BackupDamaged(message)
    return sums[MANIFEST]


def size(folder: Path) -> int:
    """Give the bytes that `verify` reads."""
    return sum((folder / name).stat().st_size for name in _sums(folder) if (folder / name).exists())


def _sums(folder: Path) -> dict[str, str]:
    if not (folder / SUMS).exists():
        why = "it was interrupted" if (folder / UNFINISHED).exists() else f"there is no {SUMS}"
        message = f"{folder} is no complete backup ({why}): make one with `khabar backup`"
        raise BackupError(message)
    found: dict[str, str] = {}
    for text in (folder / SUMS).read_bytes().decode("utf-8", "replace").splitlines():
        digest, between, name = text[:64], text[64:66], text[66:]
        if between != "  " or not name or Path(name).name != name or name in found:
            message = f"{folder / SUMS} is damaged: {text[:100]!r}; nothing is restored"
            raise BackupDamaged(message)
        found[name] = digest
    if MANIFEST not in found:
        message = f"{folder / SUMS} is damaged: it does not name {MANIFEST}; nothing is restored"
        raise BackupDamaged(message)
    return found


def _digest(path: Path, checked: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                checked(len(chunk))
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); nothing is restored"
        raise BackupDamaged(message) from error
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
