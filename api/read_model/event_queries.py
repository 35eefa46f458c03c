"""Events out of the events file: one, a page, a stretch of a stream. Rows become JSON without a model."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from api.errors import BadParameter
from api.read_model.places import cut_of
from streams.filters import EventFilter

COLUMNS = "e.n, e.key, e.type, e.topic, e.partition, e.offset, e.recorded_ms, e.retracted, e.data"


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
    data: bytes

    def to_json(self, cut: int | None) -> bytes:
        """Give the event as published, with when and where the log took it."""
        recorded = {
            "at": moment(self.recorded_ms),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "cut": cut,
        }
        state = b"true" if self.retracted else b"false"
        return b'{"event":%b,"recorded":%b,"retracted":%b}' % (self.data, orjson.dumps(recorded), state)


def moment(ms: int) -> str:
    """Write milliseconds since 1970 as ISO 8601."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one(events: sqlite3.Connection, event_id: str) -> StoredEvent | None:
    """Read an event by its id (64 hexadecimal digits)."""
    sql = f"SELECT {COLUMNS} FROM events e WHERE key = ?"  # noqa: S608  # a constant
    row = events.execute(sql, (bytes.fromhex(event_id)[:16],)).fetchone()
    found = _stored(row) if row else None
    return found if found and orjson.loads(found.data)["id"] == event_id else None


def to_json(events: sqlite3.Connection, event: StoredEvent) -> bytes:
    """Give an event with its recorded time."""
    return event.to_json(cut_of(events, event.topic, event.partition, event.offset))


def page(
    events: sqlite3.Connection, wanted: EventFilter, since_ms: int, cursor: str | None, limit: int
) -> tuple[list[StoredEvent], str | None]:
    """Read a page of events, the last recorded first, and the cursor of the next page if there is one."""
    conditions, values = conditions_of(wanted)
    conditions.append("e.recorded_ms >= ?")
    values.append(since_ms)
    source = "events e"
    if wanted.company is not None:  # walk the company's events in order, instead of all
        source = "event_entities r CROSS JOIN events e ON e.key = r.key"
        conditions = ["r.entity = ?", *(c for c in conditions if "event_entities" not in c)]
        values = [wanted.company, *(v for v in values if v is not wanted.company)]
    order = "r" if wanted.company is not None else "e"
    if cursor is not None:
        conditions.append(f"({order}.recorded_ms, {order}.key) < (?, ?)")
        values += decode_cursor(cursor)
    sql = f"""SELECT {COLUMNS} FROM {source} WHERE {" AND ".join(conditions)}
              ORDER BY {order}.recorded_ms DESC, {order}.key DESC LIMIT ?"""  # noqa: S608  # no value in it
    found = [_stored(row) for row in events.execute(sql, [*values, limit + 1])]
    more = len(found) > limit
    return found[:limit], encode_cursor(found[limit - 1]) if more else None


def after(events: sqlite3.Connection, wanted: EventFilter, n: int, until: int) -> Iterator[StoredEvent]:
    """Read the events numbered n + 1 to `until` that are wanted, in the order of their numbers."""
    conditions, values = conditions_of(wanted)
    sql = f"""SELECT {COLUMNS} FROM events e WHERE {" AND ".join(["e.n > ? AND e.n <= ?", *conditions])}
              ORDER BY e.n"""  # noqa: S608  # no value in it
    return (_stored(row) for row in events.execute(sql, [n, until, *values]))


def conditions_of(wanted: EventFilter) -> tuple[list[str], list[object]]:
    """Write a filter as SQL: the same events as `EventFilter.matches`."""
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
    if wanted.company is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM event_entities r WHERE r.entity = ? AND "
            "r.recorded_ms = e.recorded_ms AND r.key = e.key)"
        )
        values.append(wanted.company)
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


def _stored(row: tuple[int, bytes, str, str, int, int, int, int, bytes]) -> StoredEvent:
    return StoredEvent(*row[:7], bool(row[7]), row[8])
