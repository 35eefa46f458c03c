"""The file of one generation, as its writer sees it: what Faust posted, joined with the log, and folded.

An entry is served when its event's first place is below both what Faust says it has posted and what the
events file holds. Everything here happens in the transaction of `apply`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from api.read_model import changes, store
from api.read_model.differences import Differences, entries_of
from api.read_model.entity_maps import changed_ids, entity_map, last_change, lines_of
from api.read_model.entries_db import Entries, Served
from api.read_model.events_db import Recent
from api.read_model.findings import Finding, Findings
from api.read_model.line_states import LineStates
from api.read_model.line_versions import LineVersions
from api.read_model.lines_db import Lines
from api.read_model.pending import Pending
from api.read_model.places import cut_below, last_cut, read_entities
from api.read_model.records import Record
from api.read_model.vectors_db import Vectors
from streams import progress
from streams.entity_map import EntityMap
from streams.entries import KEY_ID_BYTES, line_name
from streams.vectors import Vector, dominates, next_offset


@dataclass
class Changed:
    """What a batch changed: keys whose row may differ from the log, lines, partitions to compare.

    Of lines: those to fold anew, and entries that are new, which may go on where the lines stood.
    """

    suspects: set[tuple[int, bytes]] = field(default_factory=set)
    lines: set[bytes] = field(default_factory=set)
    new: list[Served] = field(default_factory=list)
    partitions: set[int] = field(default_factory=set)


def identity(events: sqlite3.Connection, number: int) -> dict[str, str]:
    """Say what makes a file that of a generation, of this log, beside this events file."""
    return {
        "log": store.get_meta(events, "log") or "",
        "generation": str(number),
        "events_file": store.get_meta(events, "file") or "",
    }


class LogSide(Protocol):
    """What a generation needs of the events file beside it: a connection, and what the last events post."""

    connection: sqlite3.Connection
    recent: Recent


class GenerationFile:
    """Writes `views-g<N>.db`, beside the open events file. After an `apply` that failed it is closed."""

    def __init__(self, path: Path, number: int, events_file: LogSide, now_ms: int) -> None:
        events = events_file.connection
        self.number = number
        self.is_open = True
        self.connection = store.open_writer(path, "views", identity(events, number))
        self._events = events
        self._recent = events_file.recent
        self._pending = Pending(self.connection)
        self.vectors = Vectors(self.connection)
        self.entries = Entries(self.connection)
        self._findings = Findings(self.connection)
        self._differences = Differences(self.connection, events, self._pending, self._findings)
        states = LineStates(self.connection)
        self._lines = Lines(self.connection, self._findings, states)
        self._versions = LineVersions(self.connection, events, states)
        self._entities_at = int(store.get_meta(self.connection, "entities") or 0)
        self._entities = entity_map(events, self._entities_at)
        with store.transaction(self.connection):
            self._lines.fold_again(self._entities, now_ms)

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
        changed, of_positions = Changed(), changes.Changed()
        with store.transaction(self.connection, of_positions):
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
            maps = self._take_entity_changes(changed)
            of_positions.anything = len(maps) > 1
            doubtful = {key for _, key in changed.suspects}
            findings, suspects = self._lines.fold(changed.lines, maps, now_ms, changed.new, doubtful)
            of_positions.ids = self._lines.companies
            self._versions.touched(changed.lines)
            self._versions.touched(row.key for row in changed.new)
            self.connection.executemany(
                "INSERT OR REPLACE INTO offsets (partition, next) VALUES (?, ?)", positions.items()
            )
            self.entries.store_sums(changed.partitions)
            findings += self._differences.prove(
                self.entries.sums, changed.suspects | suspects, changed.partitions, self.exposed, now_ms
            )
            self._settle_versions()
            return findings

    def _take_entity_changes(self, changed: Changed) -> list[EntityMap]:
        """Have the lines folded anew that merges and splits read since the last batch concern.

        Returns how entities stood before and stand now, the latter last.
        """
        read = last_change(self._events)
        if read == self._entities_at:
            return [self._entities]
        before, self._entities = self._entities, entity_map(self._events)
        for entity_id in changed_ids(self._events, self._entities_at):
            changed.lines |= lines_of(self._events, entity_id)
        self._entities_at = read
        store.set_meta(self.connection, "entities", str(read))
        return [before, self._entities]

    def _settle_versions(self) -> None:
        """Make the line versions of the cuts that are served by now, unless something is wrong with that."""
        cut = last_cut(self._events)
        if cut.number <= self._versions.number() or self._findings.any_open():
            return
        # Nothing orders the topics: a cut may be read before a change of entities that it covers.
        served = {**self.exposed, "entities": {"0": read_entities(self._events)}}
        if not dominates(served, cut.vector):
            cut = cut_below(self._events, served)
        self._versions.settle(cut)

    def unknown(self, now_ms: int, wait_ms: int) -> list[Finding]:
        """Find entries that have waited too long for their event."""
        with store.transaction(self.connection, changes.Changed()):  # none of what positions are made of
            return self._differences.unknown(now_ms, wait_ms)

    def _row(self, record: Record, now_ms: int, changed: Changed) -> None:
        """Let an entry wait for its event. One that is deleted is gone from wherever it is."""
        key = record.key or b""
        self._pending.put((record.partition, key[-KEY_ID_BYTES:]), key, record.value, now_ms)
        if record.value is None:
            self._replace(record.partition, key, None, changed)

    def _late(self, changed: Changed) -> None:
        """Take the entries whose event was served before they came: repetitions, or differences."""
        for partition, event in self._pending.put_in_this_batch():
            place = self._served(event, partition)
            if place is not None:
                for key, entry in self._pending.take((partition, event)).items():
                    self._replace(partition, key, Served(key, *place, entry), changed)

    def _replace(self, partition: int, key: bytes, new: Served | None, changed: Changed) -> None:
        """Put an entry in the place of a served one, or none."""
        if not self.entries.replace(partition, key, new):
            return
        changed.suspects.add((partition, key))
        changed.partitions.add(partition)
        changed.lines.add(line_name(key))

    def _served(self, event: bytes, partition: int) -> tuple[str, int, int] | None:
        """Give topic, offset and recorded time of an event if it is served already."""
        found: tuple[str, int, int] | None = self._events.execute(
            "SELECT topic, offset, recorded_ms FROM events WHERE key = ? AND partition = ?",
            (event, partition),
        ).fetchone()
        if found is None or found[1] >= next_offset(self.exposed, found[0], partition):
            return None
        return found

    def _expose(self, read: Vector, changed: Changed) -> None:
        """Serve the events below what is posted and read, in all partitions."""
        for topic, partition, start, end in self.vectors.due(read):
            self._expose_range(topic, partition, start, end, changed)
            self.vectors.served(topic, partition, end)
            changed.partitions.add(partition)

    def _expose_range(self, topic: str, partition: int, start: int, end: int, changed: Changed) -> None:
        events = self._events.execute(
            """SELECT key, offset, recorded_ms, data FROM events
               WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ?""",
            (topic, partition, start, end),
        ).fetchall()
        new: list[Served] = []
        for event, offset, recorded_ms, data in events:
            wanted = self._recent.get(event) or entries_of(data)
            rows = self._pending.take((partition, event))
            self.entries.expect(partition, wanted)
            new += [Served(key, topic, offset, recorded_ms, entry) for key, entry in rows.items()]
            if rows != wanted:
                changed.suspects |= {(partition, key) for key in rows.keys() | wanted.keys()}
        self.entries.insert(partition, new)
        changed.new += new
