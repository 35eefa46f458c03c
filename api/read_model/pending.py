"""Entries that wait for their event to be read, and to be covered by what is posted.

Kept in memory, since nearly all of them wait for less than a batch; what is left at the end of a batch is
written to the file, in the transaction of the batch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

Event = tuple[int, bytes]
"""Partition, and the key of an event (half its id)."""


class Pending:
    """The waiting entries of one generation file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: dict[Event, dict[bytes, tuple[bytes, int]]] = {}
        self._stored: dict[Event, set[bytes]] = {}
        self._changed: set[Event] = set()
        rows = connection.execute("SELECT partition, event, key, entry, seen_ms FROM pending")
        for partition, event, key, entry, seen_ms in rows:
            self._waiting.setdefault((partition, event), {})[key] = entry, seen_ms
            self._stored.setdefault((partition, event), set()).add(key)

    def put(self, event: Event, key: bytes, entry: bytes | None, now_ms: int) -> None:
        """Let an entry wait; none takes it away again."""
        self._changed.add(event)
        waiting = self._waiting.setdefault(event, {})
        if entry is None:
            waiting.pop(key, None)
        else:
            waiting[key] = entry, waiting.get(key, (b"", now_ms))[1]
        if not waiting:
            del self._waiting[event]

    def take(self, event: Event) -> dict[bytes, bytes]:
        """Give the entries of an event, which wait no longer."""
        found = self._waiting.pop(event, None)
        if found is None:
            return {}
        self._changed.add(event)
        return {key: entry for key, (entry, _) in found.items()}

    def put_in_this_batch(self) -> list[Event]:
        """List the events that got entries since the last `store` and still wait."""
        return [event for event in self._changed if event in self._waiting]

    def older_than(self, ms: int) -> Iterator[tuple[Event, bytes]]:
        """Yield the events and keys of what has waited since before a time."""
        for event, waiting in self._waiting.items():
            for key, (_, seen_ms) in waiting.items():
                if seen_ms <= ms:
                    yield event, key

    def holds(self, event: Event, key: bytes) -> bool:
        """Say whether an entry waits."""
        return key in self._waiting.get(event, ())

    def store(self) -> None:
        """Bring the file up to date; part of the transaction of a batch."""
        new: list[tuple[int, bytes, bytes, int, bytes]] = []
        gone: list[tuple[int, bytes, bytes]] = []
        for partition, event in self._changed:
            waiting = self._waiting.get((partition, event), {})
            new += [(partition, event, key, seen, entry) for key, (entry, seen) in waiting.items()]
            stored = self._stored.pop((partition, event), set())
            gone += [(partition, event, key) for key in stored - waiting.keys()]
            if waiting:
                self._stored[partition, event] = set(waiting)
        self._connection.executemany(
            "DELETE FROM pending WHERE partition = ? AND event = ? AND key = ?", gone
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO pending (partition, event, key, seen_ms, entry) VALUES (?, ?, ?, ?, ?)",
            new,
        )
        self._changed.clear()
