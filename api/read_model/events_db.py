"""The events file, as its writer sees it: records of the log in, rows out, one transaction a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from api.read_model import dead_letters, entities, first_mentions, store
from api.read_model.changes import Changed
from api.read_model.event_rows import EventRow, Mention, event_row, key_of
from api.read_model.places import last_cut
from api.read_model.records import Offsets, Record
from api.read_model.store import in_column
from streams import cuts, entity_changes
from streams.documents import decode_document, decode_parse
from streams.errors import CodecError, NewerVersion
from streams.posting import postings_of, read_event
from streams.preference import Effective, effective
from streams.vectors import next_offset

RECENT_MAX = 30_000

Recent = dict[bytes, dict[bytes, bytes]]
"""What the last events post: table keys and entries, by the key of the event."""


@dataclass
class Applied:
    """What a batch brought. `skipped` are the records that could not be used, with the reason."""

    events: int = 0
    duplicates: int = 0
    skipped: list[tuple[Record, str]] = field(default_factory=list)
    mentions: dict[tuple[str, str, int], tuple[int, Mention]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    changed: Changed = field(default_factory=Changed)


class Met(NamedTuple):
    """An event as it was met: its record, its columns, when it took effect, what it posts."""

    record: Record
    row: EventRow
    when: Effective
    posted: dict[bytes, bytes]


def remember(recent: Recent, new: Recent) -> None:
    """Keep what events post until the proof asks for it, which is soon."""
    recent.update(new)
    if len(recent) > RECENT_MAX:
        for old in list(islice(recent, len(recent) - RECENT_MAX // 2)):
            del recent[old]


class EventsFile:
    """Writes `events.db`. Only one process of a data directory may hold one (see `api.reader`)."""

    def __init__(self, path: Path, log_id: str, partitions: int) -> None:
        self.connection = store.open_writer(path, "events", {"log": log_id})
        self._partitions = partitions
        self.recent: Recent = {}
        with store.transaction(self.connection):
            entities.load_known(self.connection)
        self.cut = last_cut(self.connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def apply(self, records: Iterable[Record], positions: Offsets) -> Applied:
        """Write what the records bring; `positions` are the next offsets after them. Raises NewerVersion."""
        applied = Applied()
        changed = applied.changed
        met: list[Met] = []
        with store.transaction(self.connection, changed):
            for record in records:
                try:
                    if record.topic.startswith("facts."):
                        met.append(self._met(record))
                    else:
                        self._take(record, changed)
                except NewerVersion:
                    raise
                except (CodecError, KeyError, TypeError, ValueError) as error:
                    applied.skipped.append((record, f"{type(error).__name__}: {error}"))
                    if record.topic.startswith("facts."):
                        changed.ids |= dead_letters.note(self.connection, record, error)
            self._store(met, applied)
            changed.anything |= dead_letters.settle(self.connection, [one.record for one in met])
            first_mentions.note(self.connection, applied.mentions)
            mentions = (one for _, one in applied.mentions.values())
            changed.names |= entities.count(self.connection, mentions, applied.counts)
            changed.ids |= applied.counts.keys()
            self.connection.executemany(
                "INSERT OR REPLACE INTO offsets (topic, partition, next) VALUES (?, ?, ?)",
                [(topic, partition, next_) for (topic, partition), next_ in positions.items()],
            )
            changed.names |= first_mentions.settle(self.connection)
            changed.ids |= changed.names  # what an entity is called stands in its own position, too
        return applied

    def _take(self, record: Record, changed: Changed) -> None:
        if record.topic == "documents":
            self._document(record)
        elif record.topic == "parses":
            self._parse(record)
        elif record.topic == "entities":
            self._entity_change(record)
            changed.anything = True
        elif record.topic == "cuts":
            self._cut(record)

    def _met(self, record: Record) -> Met:
        """Read an event. The worker dead-letters what is refused here."""
        data = read_event(record.key, record.value, record.partition, self._partitions)
        posted = postings_of(data, record.partition, self._partitions)  # refuses what no worker posts
        row = event_row(data)
        when = effective(row.fact, row.published_at, record.timestamp_ms)
        return Met(record, row, when, {posting.key: posting.entry for posting in posted})

    def _store(self, met: list[Met], applied: Applied) -> None:
        """Store events at their first places: all of a batch at once, by kind of row."""
        there = in_column(self.connection, "events", "key", [one.row.key for one in met])
        new: dict[bytes, Met] = {}
        for one in met:
            if one.row.key not in there:
                new.setdefault(one.row.key, one)
        applied.events += len(new)
        applied.duplicates += len(met) - len(new)
        applied.changed.ids |= dead_letters.homes_of(self.connection, list(new))
        self.connection.executemany(
            """INSERT INTO events (key, type, fact_type, stage, modality, confidence, home,
               document, topic, partition, offset, recorded_ms, day, certain, data)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    row.key, row.type, row.fact_type, row.stage, row.modality, row.confidence, row.home,
                    row.document, record.topic, record.partition, record.offset, record.timestamp_ms,
                    when.day.isoformat(), when.certain.isoformat(), record.value,
                )
                for record, row, when, _ in new.values()
            ],
        )  # fmt: skip
        self.connection.executemany(
            "INSERT INTO event_entities (entity, recorded_ms, key) VALUES (?, ?, ?)",
            sorted(
                (role, one.record.timestamp_ms, one.row.key) for one in new.values() for role in one.row.roles
            ),
        )
        self.connection.executemany(
            """INSERT INTO entity_places (entity, topic, partition, offset, day, number)
               SELECT ?1, ?2, ?3, ?4, ?5, 1 + coalesce((
                 SELECT number FROM entity_places WHERE entity = ?1 AND topic = ?2 AND partition = ?3
                 ORDER BY offset DESC LIMIT 1), 0)""",
            sorted(
                (role, record.topic, record.partition, record.offset, when.day.isoformat())
                for record, row, when, _ in new.values()
                for role in row.roles
            ),
        )
        for record, row, _, _ in new.values():
            for mention in row.mentions:
                where = mention.id, record.topic, record.partition
                applied.mentions.setdefault(where, (record.offset, mention))
            applied.counts.update(row.roles)
        remember(self.recent, {one.row.key: one.posted for one in new.values()})
        self._retractions([one.row for one in new.values()])

    def _retractions(self, rows: list[EventRow]) -> None:
        """Keep `retracted` true where a retraction counts, in whatever order the two come."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO retractions (target, key) VALUES (?, ?)",
            [(row.target, row.key) for row in rows if row.target is not None],
        )
        targets = in_column(self.connection, "retractions", "target", [row.key for row in rows])
        for row in rows:
            key: bytes | None = row.key if row.target is not None or row.key in targets else None
            while key is not None:  # a retraction that is itself taken back gives its target life again
                self.connection.execute(
                    "UPDATE events SET retracted = ? WHERE key = ?", (self._is_retracted(key), key)
                )
                found = self.connection.execute(
                    "SELECT target FROM retractions WHERE key = ?", (key,)
                ).fetchone()
                key = found[0] if found else None

    def _is_retracted(self, key: bytes) -> bool:
        by = self.connection.execute("SELECT key FROM retractions WHERE target = ?", (key,)).fetchall()
        return any(not self._is_retracted(retraction) for (retraction,) in by)

    def _document(self, record: Record) -> None:
        document = decode_document(record.value)
        request = document.request.id if document.request else None
        self.connection.execute(
            "INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.partition, record.offset, document.document, document.revision, document.change,
                request, record.timestamp_ms, record.value,
            ),
        )  # fmt: skip

    def _parse(self, record: Record) -> None:
        parse = decode_parse(record.value)
        keys = b"".join(key_of(event["id"]) for event in parse.events)
        self.connection.execute(
            "INSERT OR IGNORE INTO parses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                parse.partition, parse.offset, parse.document, parse.revision, parse.change, parse.status,
                parse.extractor, parse.version, parse.error, keys,
            ),
        )  # fmt: skip

    def _entity_change(self, record: Record) -> None:
        """Keep a change of entities at its first place."""
        change = entity_changes.decode(record.value)
        self.connection.execute(
            "INSERT OR IGNORE INTO entity_changes (offset, id, recorded_ms, data) VALUES (?, ?, ?, ?)",
            (record.offset, change.id, record.timestamp_ms, record.value),
        )
        entities.rename(self.connection, change)

    def _cut(self, record: Record) -> None:
        """Keep what a cut moved, if it is one by the rule of `streams.cuts`."""
        cut = cuts.next_cut(self.cut, cuts.decode(record.value), record.timestamp_ms)
        if cut is None:
            return
        self.connection.execute("INSERT INTO cuts (number, ms) VALUES (?, ?)", (cut.number, cut.ms))
        moved = [
            (topic, int(partition), next_)
            for topic, offsets in cut.vector.items()
            for partition, next_ in offsets.items()
            if next_ > next_offset(self.cut.vector, topic, int(partition))
        ]
        self.connection.executemany(
            "INSERT INTO cut_moves (topic, partition, next, cut) VALUES (?, ?, ?, ?)",
            [(*move, cut.number) for move in moved],
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO cut_ends (topic, partition, next) VALUES (?, ?, ?)", moved
        )
        self.cut = cut
