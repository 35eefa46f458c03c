"""The read model as the API sees it: both files, opened read-only, in snapshots that fit together.

The generation file is opened first: what it shows is then in the events file, which was written before it.
A file that was made anew (its inode changed) is opened again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.errors import ReadModelMissing
from api.read_model import store


@dataclass(frozen=True)
class Snapshot:
    """Both files at one moment. `views` is absent while no generation is served yet."""

    events: sqlite3.Connection
    views: sqlite3.Connection | None
    generation: int


class _File:
    """One file, opened when it is there, and again when another stands in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._connection: sqlite3.Connection | None = None

    def connection(self) -> sqlite3.Connection:
        """Give the connection. Raises ReadModelMissing."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            message = "the reader has not written its files yet"
            raise ReadModelMissing(message) from None
        if self._connection is None or inode != self._inode:
            self.close()
            self._connection, self._inode = store.open_reader(self._path), inode
        return self._connection

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

    def close(self) -> None:
        """Close all files."""
        for file in (self._events, *self._views.values()):
            file.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read both files as they were at one moment. Raises ReadModelMissing."""
        generation = self.generation()
        events = self._events.connection()
        views = self._view(generation) if generation else None
        opened: list[sqlite3.Connection] = []
        try:
            for connection in (views, events):
                if connection is not None:
                    connection.execute("BEGIN")
                    opened.append(connection)
                    # BEGIN takes no snapshot by itself: the first read does.
                    connection.execute("SELECT 1 FROM meta").fetchone()
            yield Snapshot(events, views, generation)
        finally:
            for connection in opened:
                connection.execute("COMMIT")

    def generation(self) -> int:
        """Give the number of the generation that is served; 0 while there is none."""
        return int(store.get_meta(self._events.connection(), "live") or 0)

    def versions(self) -> tuple[int, int, int]:
        """Give a value that changes whenever what is served does: cheap enough to poll."""
        generation = self.generation()
        return generation, _data_version(self._events.connection()), _version_of(self._view(generation))

    def _view(self, generation: int) -> sqlite3.Connection | None:
        for old in self._views.keys() - {generation}:  # deleted files take room for as long as they are open
            self._views.pop(old).close()
        file = self._views.setdefault(generation, _File(store.views_path(self._data, generation)))
        try:
            return file.connection()
        except ReadModelMissing:
            return None


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _version_of(connection: sqlite3.Connection | None) -> int:
    return _data_version(connection) if connection is not None else 0
