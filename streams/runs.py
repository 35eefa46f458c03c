"""Sort more rows than memory should hold: sorted runs go to files, and are merged as they are read."""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

CHUNK = 500  # rows read and written at once
LENGTH_BYTES = 8  # before each chunk in a file
RUN_BYTES = 64 << 20  # rows held in memory before they become a run

Row = tuple[Any, ...]
"""A tuple of bytes, strings and integers; its last element is its bulk, of bytes."""


class Runs:
    """Rows in any order in, rows in order out; at most about two and a half times RUN_BYTES in memory."""

    def __init__(self, folder: Path, name: str, run_bytes: int = RUN_BYTES) -> None:
        self._folder = folder
        self._name = name
        self._run_bytes = run_bytes
        self._held: list[Row] = []
        self._size = 0
        self._files: list[Path] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows."""
        for row in rows:
            self._held.append(row)
            self._size += len(row[-1])
        if self._size > self._run_bytes:
            self._spill()

    def ordered(self) -> Iterator[Row]:
        """Yield all rows in order; to be called once."""
        self._held.sort()
        if not self._files:
            return iter(self._held)
        return heapq.merge(*(read(path) for path in self._files), self._held)

    def to_file(self) -> Path:
        """Write all rows to one file, in order; to be called once, in the place of `ordered`."""
        path = self._folder / f"{self._name}.rows"
        write(path, self.ordered())
        for run in self._files:
            run.unlink()
        self._held = []
        return path

    def _spill(self) -> None:
        self._held.sort()
        path = self._folder / f"{self._name}-{len(self._files)}.run"
        write(path, self._held)
        self._files.append(path)
        self._held, self._size = [], 0


class Writer:
    """Appends rows, as they come, to a file that `read` reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")

    def add(self, rows: list[Row]) -> None:
        """Append rows."""
        _dump(rows, self._file)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows to a file that `read` reads."""
    with path.open("wb") as file:
        chunk: list[Row] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == CHUNK:
                _dump(chunk, file)
                chunk = []
        _dump(chunk, file)


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, a chunk in memory at a time."""
    return chain.from_iterable(_chunks(path))


def _dump(rows: list[Row], file: BinaryIO) -> None:
    # marshal: several times as fast as pickle, and the files live as long as the process that reads them. Not
    # `marshal.dump`, and above all not `load`: they call the file for every few bytes.
    data = marshal.dumps(rows)
    file.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)


def _chunks(path: Path) -> Iterator[list[Row]]:
    with path.open("rb") as file:
        while length := file.read(LENGTH_BYTES):
            yield marshal.loads(file.read(int.from_bytes(length, "big")))  # noqa: S302 - ours, of just now
