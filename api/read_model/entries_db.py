"""The served entries of a generation file, and the sums over them that the proof compares."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from streams.digest import Digest


class Served(NamedTuple):
    """An entry, and the first place of its event."""

    key: bytes
    topic: str
    offset: int
    recorded_ms: int
    entry: bytes


class Entries:
    """Changes entries and sums together, within the transactions of the file's writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.sums = {
            partition: (Digest(posted), Digest(of_log))
            for partition, posted, of_log in connection.execute("SELECT * FROM digests")
        }
        """By partition: of what was posted, and of what the log says."""

    def insert(self, partition: int, rows: list[Served]) -> None:
        """Add entries that were posted."""
        posted = self._sums(partition)[0]
        for row in rows:
            posted.add(row.key, row.entry)
        rows.sort()  # neighbours in the file: several times as fast as in the order of the events
        self._connection.executemany(
            """INSERT INTO entries (key, topic, offset, recorded_ms, entry, partition)
               VALUES (?, ?, ?, ?, ?, ?)""",
            [(*row, partition) for row in rows],
        )

    def replace(self, partition: int, key: bytes, new: Served | None) -> bool:
        """Put an entry in the place of another, or none; say whether anything has changed."""
        entry = new.entry if new else None
        row = self._connection.execute(
            "SELECT entry FROM entries WHERE key = ? AND partition = ?", (key, partition)
        ).fetchone()
        old = row[0] if row else None
        if old == entry:
            return False
        if old is not None:
            self._sums(partition)[0].remove(key, old)
            self._connection.execute("DELETE FROM entries WHERE key = ? AND partition = ?", (key, partition))
        if new is not None:
            self.insert(partition, [new])
        return True

    def expect(self, partition: int, rows: Mapping[bytes, bytes]) -> None:
        """Count what the log says, whatever was posted."""
        of_log = self._sums(partition)[1]
        for key, entry in rows.items():
            of_log.add(key, entry)

    def store_sums(self, partitions: set[int]) -> None:
        """Write the sums of partitions down."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO digests (partition, posted, log) VALUES (?, ?, ?)",
            [(p, *(digest.to_bytes() for digest in self._sums(p))) for p in partitions],
        )

    def _sums(self, partition: int) -> tuple[Digest, Digest]:
        return self.sums.setdefault(partition, (Digest(), Digest()))
