"""The files of a backup: records as JSON Lines, and what the manifest says of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import Field

from seeds.facts import Value
from streams.errors import StreamsError
from streams.vectors import Vector

FORMAT = "khabar-backup"
VERSION = 1


class BackupError(StreamsError):
    """When a folder is no backup that can be restored, or nothing can be written to it."""

    exit_code = 2


class BackupDamaged(BackupError):
    """When a file of a backup is missing, or is not what was written."""


class Line(NamedTuple):
    """One record of the log, with its offset and time of the log that it was copied from."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class BackupFile(Value):
    """What a manifest says of one partition. `name` is none where it held no record."""

    topic: str
    partition: int = Field(ge=0)
    next: int = Field(ge=0)
    """The offset up to which the partition was read."""
    records: int = Field(default=0, ge=0)
    name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9.-]*\.jsonl$")
    first: int | None = None
    last: int | None = None


class Manifest(Value):
    """What a backup is of. `committed` says up to where the parse workers were done with each partition."""

    format: str = FORMAT
    version: int = VERSION
    made_at: str
    log: str
    topic_prefix: str
    partitions: int = Field(ge=1)
    next_generation: int = Field(ge=1)
    committed: Vector
    files: tuple[BackupFile, ...]

    @property
    def records(self) -> int:
        """How many records there are, for a progress bar."""
        return sum(file.records for file in self.files)

    def of(self, topic: str) -> list[BackupFile]:
        """List the files of a topic that hold records, by partition."""
        held = [file for file in self.files if file.topic == topic and file.name]
        return sorted(held, key=lambda file: file.partition)


def encode(line: Line) -> bytes:
    """Write a record as one line. Bytes that are UTF-8 stay readable, others are wrapped in base64."""
    data = {
        "offset": line.offset,
        "timestamp": line.timestamp_ms,
        "key": _text(line.key),
        "value": _text(line.value),
        "headers": [[name, _text(value)] for name, value in line.headers],
    }
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)


def decode(text: bytes) -> Line:
    """Read a line. Raises ValueError, KeyError, TypeError."""
    data = orjson.loads(text)
    headers = tuple((name, _bytes(value) or b"") for name, value in data["headers"])
    return Line(data["offset"], data["timestamp"], _bytes(data["key"]), _bytes(data["value"]), headers)


def lines(folder: Path, file: BackupFile) -> Iterator[Line]:
    """Yield the records of one file, in their order. Raises BackupDamaged."""
    if file.name is None:
        return
    with (folder / file.name).open("rb") as opened:
        for number, text in enumerate(opened, 1):
            try:
                yield decode(text)
            except (ValueError, KeyError, TypeError) as error:
                message = f"{folder / file.name}, line {number}: not a record ({error})"
                raise BackupDamaged(message) from error


def _text(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode("ascii")}


def _bytes(data: Any) -> bytes | None:
    if data is None or isinstance(data, str):
        return data if data is None else data.encode("utf-8")
    return base64.b64decode(data["base64"], validate=True)
