"""The read model as the API sees it: both files, opened read-only, in snapshots that fit together.

The generation file is opened first: what it shows is then in the events file, which was written before it.
A file that was made anew (its inode changed) is opened again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from api.errors import ReadModelMissing
from api.read_model import store


@dataclass(frozen=True)
class Snapshot:
    """Both files at one moment. `views` is absent while no generation is served yet."""

    events: sqlite3.Connection
    views: sqlite3.Connection | None
    generation: int


Versions = tuple[int, int, int]
"""The generation that is served, and the versions of both files."""

_openings = count(1)
DATA_VERSION_BITS = 32


def openings(versions: Versions) -> Versions:
    """Give that part of versions which tells which files are open, and not what was written to them."""
    generation, events, views = versions
    return generation, events >> DATA_VERSION_BITS, views >> DATA_VERSION_BITS


LOOK_SECONDS = 0.005


class _File:
    """One file, opened when it is there, and again when another stands in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = str(path)
        self._inode = 0
        self._opening = 0
        self._looked = 0.0
        self.in_snapshot = False
        self._connection: sqlite3.Connection | None = None

    def connection(self) -> sqlite3.Connection:
        """Give the connection. Raises ReadModelMissing."""
        if self.in_snapshot and self._connection is not None:
            return self._connection
        try:
            inode = os.stat(self._name).st_ino  # every request asks: Path.stat() takes three times as long
        except FileNotFoundError:
            message = "the reader has not written its files yet"
            raise ReadModelMissing(message) from None
        if self._connection is None or inode != self._inode:
            self.close()
            self._connection, self._inode = store.open_reader(self._path), inode
            self._opening = next(_openings)
        return self._connection

    def version(self) -> int:
        """Give a value that changes with every commit, and with every opening: it never comes back.

        Within a transaction it is that of its snapshot. Another file in its place is seen LOOK_SECONDS later.
        Raises ReadModelMissing.
        """
        connection = self._connection
        if connection is None or time.monotonic() - self._looked > LOOK_SECONDS:
            connection = self.connection()
            self._looked = time.monotonic()
        data_version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return self._opening << DATA_VERSION_BITS | data_version

    def is_there(self) -> bool:
        """Say whether it can be opened."""
        try:
            self.connection()
        except ReadModelMissing:
            return False
        return True

    def begin(self, begun: list[_File]) -> sqlite3.Connection:
        """Begin a snapshot, and say so in `begun`. Raises ReadModelMissing."""
        connection = self.connection()
        connection.execute("BEGIN")
        self.in_snapshot = True  # it stays the same file until the end, whatever stands in its place
        begun.append(self)
        # BEGIN takes no snapshot by itself: the first read does.
        connection.execute("SELECT 1 FROM meta").fetchone()
        return connection

    def end(self) -> None:
        """End a snapshot."""
        self.in_snapshot = False
        if self._connection is not None:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ReadModel:
    """Opens the files of a data directory. For one thread, and never across an `await`."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._events = _File(store.events_path(data))
        self._views: dict[int, _File] = {}
        self._live = 0, 0
        """Version of the events file, and which generation is served by it."""

    def close(self) -> None:
        """Close all files."""
        for file in (self._events, *self._views.values()):
            file.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read both files as they were at one moment. Raises ReadModelMissing."""
        begun: list[_File] = []
        try:
            generation = -1
            while generation != (generation := self.generation()):  # again, where it was switched meanwhile
                _end(begun)
                view = self._view(generation)
                views = view.begin(begun) if view and view.is_there() else None
                events = self._events.begin(begun)
            yield Snapshot(events, views, generation)
        finally:
            _end(begun)

    def generation(self) -> int:
        """Give the number of the generation that is served; 0 while there is none."""
        version = self._events.version()
        if version != self._live[0]:
            self._live = version, int(store.get_meta(self._events.connection(), "live") or 0)
        return self._live[1]

    def versions(self) -> Versions:
        """Give a value that changes whenever what is served does: cheap enough to ask for every request."""
        generation = self.generation()
        view = self._view(generation)
        try:
            return generation, self._live[0], view.version() if view else 0
        except ReadModelMissing:
            return generation, self._live[0], 0

    def _view(self, generation: int) -> _File | None:
        view = self._views.get(generation)
        if view is None or len(self._views) > 1:
            for old in self._views.keys() - {generation}:  # deleted files take room as long as they are open
                self._views.pop(old).close()
            if generation and view is None:
                view = self._views[generation] = _File(store.views_path(self._data, generation))
        return view


def _end(begun: list[_File]) -> None:
    while begun:
        begun.pop().end()
