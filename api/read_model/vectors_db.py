"""How far a generation has come: what its worker told, what of that may be trusted, what is served."""

from __future__ import annotations

import sqlite3

from streams.topics import HOUR_MS
from streams.vectors import Vector, advance, next_offset

TRUSTED_MS_MAX = HOUR_MS - 10 * 60_000
"""Age up to which a progress row counts: what it covers has not been compacted to behind it yet."""


class Vectors:
    """The three vectors of a generation file; changed within its writer's transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.seen: Vector = {}
        self.posted: Vector = {}
        self.exposed: Vector = {}
        for topic, partition, *offsets in connection.execute("SELECT * FROM vector"):
            for vector, offset in zip((self.seen, self.posted, self.exposed), offsets, strict=True):
                vector.setdefault(topic, {})[str(partition)] = offset

    def told(self, progress: Vector, age_ms: int) -> None:
        """Take a progress row of the worker."""
        advance(self.seen, progress)
        if age_ms < TRUSTED_MS_MAX:
            advance(self.posted, progress)
        self._store(progress)

    def trust(self, caught_up: set[int]) -> None:
        """At the end of a partition nothing can have been compacted to behind its progress row."""
        for partition in map(str, caught_up):
            told = {topic: {partition: o[partition]} for topic, o in self.seen.items() if partition in o}
            if advance(self.posted, told):
                self._store(told)

    def due(self, read: Vector) -> list[tuple[str, int, int, int]]:
        """List what may be served now: topic, partition, from and up to which offset."""
        found = []
        for topic, offsets in self.posted.items():
            for partition, posted in offsets.items():
                start = next_offset(self.exposed, topic, int(partition))
                end = min(posted, next_offset(read, topic, int(partition)))
                if end > start:
                    found.append((topic, int(partition), start, end))
        return found

    def served(self, topic: str, partition: int, end: int) -> None:
        """Note that a partition is served up to an offset."""
        moved = {topic: {str(partition): end}}
        advance(self.exposed, moved)
        self._store(moved)

    def _store(self, moved: Vector) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO vector (topic, partition, seen, posted, exposed) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    topic,
                    int(p),
                    *(next_offset(v, topic, int(p)) for v in (self.seen, self.posted, self.exposed)),
                )
                for topic, offsets in moved.items()
                for p in offsets
            ],
        )
