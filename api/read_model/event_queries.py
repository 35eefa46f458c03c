"""Events out of the events file: one, a page, a stretch of a stream. Rows become JSON without a model."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson

from api.errors import BadParameter
from api.read_model.places import cut_of
from streams.entity_map import EntityMap
from streams.filters import EventFilter
from streams.vectors import Vector, covers

COLUMNS = "e.n, e.key, e.type, e.topic, e.partition, e.offset, e.recorded_ms, e.retracted, e.certain, e.data"

WITH_VECTOR = """WITH vector (topic, partition, next) AS MATERIALIZED (
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
  FROM json_each(?))"""
BELOW = """EXISTS (SELECT 1 FROM vector v
            WHERE v.topic = e.topic AND v.partition = e.partition AND v.next > e.offset)"""
"""What was recorded below a vector; its rows (`vector_rows`) go before all other values."""


@dataclass(frozen=True)
class StoredEvent:
    """A row of `events`; `data` are the bytes as published."""

    n: int
    key: bytes
    type: str
    topic: str
    partition: int
    offset: int
    recorded_ms: int
    retracted: bool
    certain: str
    data: bytes

    def to_json(self, cut: int | None, day: date | None = None) -> bytes:
        """Give the event as published, when and where the log took it; and whether it is sure on a day."""
        recorded = {
            "at": moment(self.recorded_ms),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "cut": cut,
        }
        state = b"true" if self.retracted else b"false"
        told = b'{"event":%b,"recorded":%b,"retracted":%b' % (self.data, orjson.dumps(recorded), state)
        if day is None:
            return told + b"}"
        return told + (b',"possibly":true}' if day.isoformat() < self.certain else b',"possibly":false}')


def moment(ms: int) -> str:
    """Write milliseconds since 1970 as ISO 8601."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one(events: sqlite3.Connection, event_id: str) -> StoredEvent | None:
    """Read an event by its id (64 hexadecimal digits)."""
    sql = f"SELECT {COLUMNS} FROM events e WHERE key = ?"  # noqa: S608  # a constant
    row = events.execute(sql, (bytes.fromhex(event_id)[:16],)).fetchone()
    found = _stored(row) if row else None
    return found if found and orjson.loads(found.data)["id"] == event_id else None


def to_json(events: sqlite3.Connection, event: StoredEvent, day: date | None = None) -> bytes:
    """Give an event with its recorded time, and whether it is sure on a day."""
    return event.to_json(cut_of(events, event.topic, event.partition, event.offset), day)


def page(
    events: sqlite3.Connection,
    wanted: EventFilter,
    since_ms: int,
    cursor: str | None,
    limit: int,
    entities: EntityMap,
    *,
    day: date | None = None,
    below: Vector | None = None,
) -> tuple[list[StoredEvent], str | None]:
    """Read a page of events, the last recorded first, and the cursor of the next page if there is one.

    With `day`, only what took effect by then; with `below`, as far as the log knew at that vector. A
    company's events are those of all that were merged into it.
    """
    conditions, values = conditions_of(wanted)
    source, order, company = "events e", "e", wanted.company
    if company is not None:  # walk the company's events in order, instead of all
        source, order = "event_entities r CROSS JOIN events e ON e.key = r.key", "r"
        company = entities.resolve(company)
        sources = sorted(entities.sources(company))
        conditions.append(f"r.entity IN ({', '.join('?' * len(sources))})")
        values += sources
    conditions.append(f"{order}.recorded_ms >= ?")
    values.append(since_ms)
    if cursor is not None:
        conditions.append(f"({order}.recorded_ms, {order}.key) < (?, ?)")
        values += decode_cursor(cursor)
    if day is not None:
        conditions.append("e.day <= ?")
        values.append(day.isoformat())
    given, vector = "", []
    if below is not None:
        conditions.append(BELOW)
        given, vector = WITH_VECTOR, [vector_rows(below)]
    role = "r.entity" if company is not None else "''"
    sql = f"""{given} SELECT {role}, {COLUMNS} FROM {source} WHERE {" AND ".join(conditions)}
              ORDER BY {order}.recorded_ms DESC, {order}.key DESC"""  # noqa: S608  # no value in it
    found: dict[bytes, StoredEvent] = {}
    for as_published, *row in events.execute(sql, [*vector, *values]):
        event = _stored(row)
        if company is None or entities.resolve(as_published, fact_id(event.data)) == company:
            found[event.key] = event
        if len(found) > limit:
            break
    shown = list(found.values())[:limit]
    more = len(found) > limit
    if below is not None:
        shown = [replace(event, retracted=is_retracted(events, event.key, below)) for event in shown]
    return shown, encode_cursor(shown[-1]) if more else None


def fact_id(data: bytes) -> str:
    """Give the id of the fact that an event tells or, in the end, takes back."""
    event = orjson.loads(data)
    while event["type"] == "retraction":
        event = event["slots"]["event"]
    return str(event["id"])


def is_retracted(events: sqlite3.Connection, key: bytes, below: Vector) -> bool:
    """Say whether an event was taken back, as far as the log knew at a vector."""
    by = events.execute(
        """SELECT r.key, e.topic, e.partition, e.offset FROM retractions r JOIN events e ON e.key = r.key
           WHERE r.target = ?""",
        (key,),
    ).fetchall()
    return any(covers(below, *place) and not is_retracted(events, taken, below) for taken, *place in by)


def vector_rows(vector: Vector) -> str:
    """Write a vector for WITH_VECTOR."""
    rows = [[topic, int(p), next_] for topic, offsets in vector.items() for p, next_ in offsets.items()]
    return orjson.dumps(rows).decode()


def after(
    events: sqlite3.Connection, wanted: EventFilter, n: int, until: int, entities: EntityMap
) -> Iterator[StoredEvent]:
    """Read the events numbered n + 1 to `until` that are wanted, in the order of their numbers.

    Those of a company are those of all that were merged into it.
    """
    sources = sorted(entities.sources(entities.resolve(wanted.company))) if wanted.company else []
    conditions, values = conditions_of(wanted, sources)
    sql = f"""SELECT {COLUMNS} FROM events e WHERE {" AND ".join(["e.n > ? AND e.n <= ?", *conditions])}
              ORDER BY e.n"""  # noqa: S608  # no value in it
    found = (_stored(row) for row in events.execute(sql, [n, until, *values]))
    if wanted.company is None or not entities.splits(sources):
        return found
    company = entities.resolve(wanted.company)
    return (event for event in found if _is_of(events, event, company, sources, entities))


def _is_of(
    events: sqlite3.Connection, event: StoredEvent, company: str, sources: list[str], entities: EntityMap
) -> bool:
    """Say whether an event is shown under a company: a split may have taken it elsewhere."""
    fact = fact_id(event.data)
    return any(
        entities.resolve(source, fact) == company
        and events.execute(
            "SELECT 1 FROM event_entities WHERE entity = ? AND recorded_ms = ? AND key = ?",
            (source, event.recorded_ms, event.key),
        ).fetchone()
        for source in sources
    )


def conditions_of(wanted: EventFilter, company: Sequence[str] = ()) -> tuple[list[str], list[object]]:
    """Write a filter as SQL: the same events as `EventFilter.matches`, for a company under any of its ids."""
    conditions: list[str] = []
    values: list[object] = []
    if wanted.types:
        marks = ", ".join("?" * len(wanted.types))
        or_retraction = " OR e.type = 'retraction'" if "retraction" in wanted.types else ""
        conditions.append(f"(e.fact_type IN ({marks}){or_retraction})")
        values += sorted(wanted.types)
    for column, chosen in (("stage", wanted.stages), ("modality", wanted.modalities)):
        if chosen:
            conditions.append(f"e.{column} IN ({', '.join('?' * len(chosen))})")
            values += sorted(str(value) for value in chosen)
    if wanted.min_confidence:
        conditions.append("e.confidence >= ?")
        values.append(float(wanted.min_confidence))
    if company:
        marks = ", ".join("?" * len(company))
        conditions.append(
            f"EXISTS (SELECT 1 FROM event_entities r WHERE r.entity IN ({marks}) "  # noqa: S608  # no value
            "AND r.recorded_ms = e.recorded_ms AND r.key = e.key)"
        )
        values += company
    return conditions, values


def encode_cursor(event: StoredEvent) -> str:
    """Write where a page ends: valid on every replica, since it is made of what the log says."""
    data = event.recorded_ms.to_bytes(8, "big") + event.key
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_cursor(text: str) -> tuple[int, bytes]:
    """Read a cursor. Raises BadParameter."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if len(data) != 24 or data[0]:
            raise ValueError
    except (ValueError, binascii.Error):
        message = "cursor: take it from the `next` of a page"
        raise BadParameter(message) from None
    return int.from_bytes(data[:8], "big"), data[8:]


def _stored(row: Sequence[Any]) -> StoredEvent:
    n, key, kind, topic, partition, offset, recorded_ms, retracted, certain, data = row
    return StoredEvent(n, key, kind, topic, partition, offset, recorded_ms, bool(retracted), certain, data)
