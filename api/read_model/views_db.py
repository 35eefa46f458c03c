"""The file of one generation, as its writer sees it: what Faust posted, joined with the log, and folded.

An entry is served when its event's first place is below both what Faust says it has posted and what the
events file holds. Everything here happens in the transaction of `apply`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from api.read_model import store
from api.read_model.differences import Differences, entries_of
from api.read_model.entries_db import Entries
from api.read_model.events_db import EventsFile
from api.read_model.findings import Finding, Findings
from api.read_model.lines_db import Lines, line_name
from api.read_model.pending import Pending
from api.read_model.records import Record
from api.read_model.vectors_db import Vectors
from streams import progress
from streams.entries import KEY_ID_BYTES
from streams.vectors import Vector, next_offset


@dataclass
class Changed:
    """What a batch changed: keys whose row may differ from the log, lines to fold, partitions to compare."""

    suspects: set[tuple[int, bytes]] = field(default_factory=set)
    lines: set[bytes] = field(default_factory=set)
    partitions: set[int] = field(default_factory=set)


class GenerationFile:
    """Writes `views-g<N>.db`, beside the open events file. After an `apply` that failed it is closed."""

    def __init__(self, path: Path, number: int, log_id: str, events_file: EventsFile, now_ms: int) -> None:
        events = events_file.connection
        identity = {
            "log": log_id,
            "generation": str(number),
            "events_file": store.get_meta(events, "file") or "",
        }
        self.number = number
        self.is_open = True
        self.connection = store.open_writer(path, "views", identity)
        self._events = events
        self._recent = events_file.recent
        self._pending = Pending(self.connection)
        self.vectors = Vectors(self.connection)
        self.entries = Entries(self.connection)
        findings = Findings(self.connection)
        self._differences = Differences(self.connection, events, self._pending, findings)
        self._lines = Lines(self.connection, findings)
        with store.transaction(self.connection):
            self._lines.fold_again(now_ms)

    @property
    def posted(self) -> Vector:
        """How far the worker has posted, as far as that may be trusted."""
        return self.vectors.posted

    @property
    def exposed(self) -> Vector:
        """How far entries are served."""
        return self.vectors.exposed

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
        self.is_open = False  # whoever awaited something meanwhile has to look

    def offsets(self) -> dict[int, int]:
        """Next offset of each partition of the changelog."""
        return dict(self.connection.execute("SELECT partition, next FROM offsets").fetchall())

    def apply(
        self,
        records: Iterable[Record],
        positions: dict[int, int],
        read: Vector,
        caught_up: set[int],
        now_ms: int,
        expose: bool = True,
    ) -> list[Finding]:
        """Take records of the changelog, serve what they make complete, and prove it.

        `positions`: the next offsets after the records; `read`: how far the events file holds the log;
        `caught_up`: partitions that have been read to their end since the start. Returns what the proof
        newly found.
        """
        changed = Changed()
        with store.transaction(self.connection):
            for record in records:
                if record.key is not None and progress.is_progress(record.key):
                    told = progress.decode(record.value or b"{}")
                    self.vectors.told(told, now_ms - record.timestamp_ms)
                else:
                    self._row(record, now_ms, changed)
            self.vectors.trust(caught_up)
            if expose:
                self._expose(read, changed)
            self._late(changed)
            self._pending.store()
            findings, suspects = self._lines.fold(changed.lines, now_ms)
            self.connection.executemany(
                "INSERT OR REPLACE INTO offsets (partition, next) VALUES (?, ?)", positions.items()
            )
            self.entries.store_sums(changed.partitions)
            return findings + self._differences.prove(
                self.entries.sums, changed.suspects | suspects, changed.partitions, self.exposed, now_ms
            )

    def unknown(self, now_ms: int, wait_ms: int) -> list[Finding]:
        """Find entries that have waited too long for their event."""
        with store.transaction(self.connection):
            return self._differences.unknown(now_ms, wait_ms)

    def _row(self, record: Record, now_ms: int, changed: Changed) -> None:
        """Let an entry wait for its event. One that is deleted is gone from wherever it is."""
        key = record.key or b""
        self._pending.put((record.partition, key[-KEY_ID_BYTES:]), key, record.value, now_ms)
        if record.value is None:
            self._replace(record.partition, key, 0, None, changed)

    def _late(self, changed: Changed) -> None:
        """Take the entries whose event was served before they came: repetitions, or differences."""
        for partition, event in self._pending.put_in_this_batch():
            recorded_ms = self._served(event, partition)
            if recorded_ms is not None:
                for key, entry in self._pending.take((partition, event)).items():
                    self._replace(partition, key, recorded_ms, entry, changed)

    def _replace(
        self, partition: int, key: bytes, recorded_ms: int, entry: bytes | None, changed: Changed
    ) -> None:
        """Put an entry in the place of a served one, or none."""
        if not self.entries.replace(partition, key, recorded_ms, entry):
            return
        changed.suspects.add((partition, key))
        changed.partitions.add(partition)
        changed.lines.add(line_name(key))

    def _served(self, event: bytes, partition: int) -> int | None:
        """Give the recorded time of an event if it is served already."""
        found = self._events.execute(
            "SELECT topic, offset, recorded_ms FROM events WHERE key = ? AND partition = ?",
            (event, partition),
        ).fetchone()
        if found is None or found[1] >= next_offset(self.exposed, found[0], partition):
            return None
        return int(found[2])

    def _expose(self, read: Vector, changed: Changed) -> None:
        """Serve the events below what is posted and read, in all partitions."""
        for topic, partition, start, end in self.vectors.due(read):
            self._expose_range(topic, partition, start, end, changed)
            self.vectors.served(topic, partition, end)
            changed.partitions.add(partition)

    def _expose_range(self, topic: str, partition: int, start: int, end: int, changed: Changed) -> None:
        events = self._events.execute(
            """SELECT key, recorded_ms, data FROM events
               WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ?""",
            (topic, partition, start, end),
        ).fetchall()
        new: list[tuple[bytes, int, bytes]] = []
        for event, recorded_ms, data in events:
            wanted = self._recent.get(event) or entries_of(data)
            rows = self._pending.take((partition, event))
            self.entries.expect(partition, wanted)
            new += [(key, recorded_ms, entry) for key, entry in rows.items()]
            if rows != wanted:
                changed.suspects |= {(partition, key) for key in rows.keys() | wanted.keys()}
        self.entries.insert(partition, new)
        changed.lines.update(line_name(key) for key, _, _ in new)
