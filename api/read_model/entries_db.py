"""The served entries of a generation file, and the sums over them that the proof compares."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from streams.digest import Digest


class Entries:
    """Changes entries and sums together, within the transactions of the file's writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.sums = {
            partition: (Digest(posted), Digest(of_log))
            for partition, posted, of_log in connection.execute("SELECT * FROM digests")
        }
        """By partition: of what was posted, and of what the log says."""

    def insert(self, partition: int, rows: list[tuple[bytes, int, bytes]]) -> None:
        """Add entries that were posted: key, recorded time, entry."""
        posted = self._sums(partition)[0]
        for key, _, entry in rows:
            posted.add(key, entry)
        rows.sort()  # neighbours in the file: several times as fast as in the order of the events
        self._connection.executemany(
            "INSERT INTO entries (key, recorded_ms, entry, partition) VALUES (?, ?, ?, ?)",
            [(*row, partition) for row in rows],
        )

    def replace(self, partition: int, key: bytes, recorded_ms: int, entry: bytes | None) -> bool:
        """Put an entry in the place of another, or none; say whether anything has changed."""
        row = self._connection.execute(
            "SELECT entry FROM entries WHERE key = ? AND partition = ?", (key, partition)
        ).fetchone()
        old = row[0] if row else None
        if old == entry:
            return False
        if old is not None:
            self._sums(partition)[0].remove(key, old)
            self._connection.execute("DELETE FROM entries WHERE key = ? AND partition = ?", (key, partition))
        if entry is not None:
            self.insert(partition, [(key, recorded_ms, entry)])
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
