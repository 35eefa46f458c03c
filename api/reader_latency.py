"""How long a document takes from being recorded until its events are served: measured where both are known.

Only documents that come while the reader is up with the log count: history that is read anew says nothing
of how fast news is served. The broker's clock is held against this machine's.
"""

from __future__ import annotations

import sqlite3
from collections import deque

from api.distribution import Distribution
from api.read_model.document_queries import event_keys_of
from api.read_model.records import Record
from streams.documents import Place
from streams.vectors import Vector, covers

BOUNDS_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
WAITING_MAX = 10_000
"""Documents of a partition that are waited for; of more, the oldest are not measured."""

GIVEN_UP_MS = 600_000
"""A document that is not served after this counts as slower than every bound, and is waited for no more."""


class Latency:
    """Takes note of documents, and of each the time when what is served first covers all its events."""

    def __init__(self) -> None:
        self.seconds = Distribution(BOUNDS_SECONDS)
        self._waiting: dict[int, deque[tuple[int, int]]] = {}
        """By partition, offset and recorded time (ms) of documents that are not served yet, in order."""

    def note(self, records: list[Record]) -> None:
        """Take note of the documents among these records."""
        for record in records:
            if record.topic == "documents":
                waiting = self._waiting.setdefault(record.partition, deque(maxlen=WAITING_MAX))
                waiting.append((record.offset, record.timestamp_ms))

    def look(self, events: sqlite3.Connection, exposed: Vector, now_ms: int) -> None:
        """Measure those that are served by now. They are answered in order, so the first ones tell."""
        for partition, waiting in self._waiting.items():
            while waiting:
                offset, recorded_ms = waiting[0]
                age_ms = max(0, now_ms - recorded_ms)
                place = Place("documents", partition, offset)
                if age_ms < GIVEN_UP_MS and not _is_served(events, exposed, place):
                    break
                waiting.popleft()
                self.seconds.observe(age_ms / 1000)


def _is_served(events: sqlite3.Connection, exposed: Vector, document: Place) -> bool:
    keys = event_keys_of(events, document)
    if keys is None:
        return False
    for key in keys:
        place = events.execute("SELECT topic, partition, offset FROM events WHERE key = ?", (key,)).fetchone()
        if place is None or not covers(exposed, *place):
            return False
    return True
