"""Where each record of a log stands in a copy of it, for what names places: answers, dead letters, cuts."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from collections.abc import Iterable
from types import TracebackType

import orjson

from streams.backup_files import BackupFile, Line
from streams.documents import Place

GONE = 1 << 52
"""From here on are the offsets of documents that the log no longer held: no record will ever stand there."""

PARTITION_SHIFT = 44
COPIED_FROM = "khabar-copied-from"


class DocumentPlaces:
    """Old place → new place of every `documents` record: 8 bytes each, in an unnamed file."""

    def __init__(self, files: Iterable[BackupFile]) -> None:
        self._held = {file.partition: (file.first or 0, file.last or 0) for file in files}
        self._starts: dict[int, int] = {}
        size = 0
        for partition, (first, last) in self._held.items():
            self._starts[partition] = size
            size += last - first + 1
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._file.truncate(max(8 * size, 8))
        self._map = mmap.mmap(self._file.fileno(), 0)

    def __enter__(self) -> DocumentPlaces:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._map.close()
        self._file.close()

    def put(self, partition: int, offset: int, new: tuple[int, int]) -> None:
        """Note where a record went: new partition and offset."""
        number = 1 + (new[0] << PARTITION_SHIFT | new[1])
        at = self._at(partition, offset)
        self._map[at : at + 8] = number.to_bytes(8, "big")

    def get(self, partition: int, offset: int) -> tuple[int, int] | None:
        """Give the new partition and offset of a record; none if it was not there to be copied."""
        first, last = self._held.get(partition, (0, -1))
        if not first <= offset <= last:
            return None
        at = self._at(partition, offset)
        number = int.from_bytes(self._map[at : at + 8], "big") - 1
        return (number >> PARTITION_SHIFT, number & ((1 << PARTITION_SHIFT) - 1)) if number >= 0 else None

    def _at(self, partition: int, offset: int) -> int:
        return 8 * (self._starts[partition] + offset - self._held[partition][0])


def with_place(value: bytes | None, places: DocumentPlaces, otherwise: int) -> tuple[int, bytes | None]:
    """Give the new partition of an answer, and its value with the new place of what it answers.

    What answers a document that the log no longer held (a repetition, compacted away) goes to partition
    `otherwise`, and names a place that no record has. What is no answer keeps its bytes.
    """
    try:
        data = orjson.loads(value or b"")
        old = data["partition"], data["offset"]
        found = places.get(*old)
    except (ValueError, KeyError, TypeError):
        return otherwise, value
    new = found or (otherwise, GONE + _number(old))
    if new == old:
        return new[0], value
    return new[0], orjson.dumps({**data, "partition": new[0], "offset": new[1]}, option=orjson.OPT_SORT_KEYS)


def _number(place: tuple[int, int]) -> int:
    """Give a number below GONE that no other place has, whatever partitions are merged."""
    digest = hashlib.sha256(f"{place[0]}@{place[1]}".encode()).digest()
    return int.from_bytes(digest, "big") % GONE


def with_origin(line: Line, log: str, topic: str, partition: int) -> list[tuple[str, bytes]]:
    """Give a record's headers with one more, the place where it stood: log, topic/partition@offset."""
    place = Place(topic, partition, line.offset)
    return [*line.headers, (COPIED_FROM, f"{log} {place}".encode())]
