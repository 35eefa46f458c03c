"""Records of facts that could not be used, by the home that their key names: so that it can be told there.

The reader refuses by the same rule as the worker that writes the dead letter (`streams.posting`), so what
stands here is what `dead-letters` holds, by the places of this log. A letter is told until its event is
accepted: the same one, if it only stood in a wrong place, or what was sent in its stead
(`streams.dead_letters.resend`). Either may be read before the letter, so both are kept, and held together
when somebody asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from api.read_model.event_queries import moment
from api.read_model.event_rows import key_of
from api.read_model.store import in_column
from streams.dead_letters import content_of, kind_of, stands_for
from streams.errors import CodecError, Misplaced
from streams.vectors import covers

if TYPE_CHECKING:
    from api.as_of import Recorded
    from api.read_model.reading import Snapshot
    from api.read_model.records import Record
    from streams.entity_map import EntityMap
    from streams.vectors import Vector

HOME_MAX = 200  # characters
COUNT_MAX = 1000
LATEST = 5
LOOKED_MAX = 10_000
"""Letters of a home that are looked at for a moment of the log."""

SEE = "khabar dead-letters"
_NEWEST = "ORDER BY recorded_ms DESC, topic DESC, partition DESC, offset DESC LIMIT ?"

Row = tuple[str, int, int, str, int]
"""Topic, partition, offset, kind, recorded time in milliseconds."""


def note(connection: sqlite3.Connection, record: Record, error: Exception) -> set[str]:
    """Keep a record of facts that was refused, if its key may be the id of an entity: give that."""
    try:
        home = (record.key or b"").decode()
    except UnicodeDecodeError:
        return set()
    if not 0 < len(home) <= HOME_MAX:
        return set()
    # A misplaced event is whole: its id was checked. What another claims to be says nothing.
    event = key_of(orjson.loads(record.value or b"")["id"]) if isinstance(error, Misplaced) else None
    connection.execute(
        "INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            home, record.timestamp_ms, record.topic, record.partition, record.offset,
            kind_of(error) if isinstance(error, CodecError) else "invalid",
            event, content_of(record.topic, record.key, record.value),
        ),
    )  # fmt: skip
    return {home}


def settle(connection: sqlite3.Connection, records: Iterable[Record]) -> bool:
    """Keep which accepted records were sent in the stead of dead letters; say whether any was."""
    found = [
        (content, record.topic, record.partition, record.offset)
        for record in records
        if record.headers and (content := stands_for(record.headers)) is not None
    ]
    connection.executemany("INSERT OR IGNORE INTO sent_again VALUES (?, ?, ?, ?)", found)
    return bool(found)


def homes_of(connection: sqlite3.Connection, events: list[bytes]) -> set[str]:
    """List the homes of letters whose events only stood in a wrong place, by the keys of the events."""
    there = in_column(connection, "dead_letters", "event", events)
    rows = (connection.execute("SELECT home FROM dead_letters WHERE event = ?", (key,)) for key in there)
    return {home for found in rows for (home,) in found}


def told(at: Snapshot, entity: str, entities: EntityMap, recorded: Recorded | None) -> dict[str, Any] | None:
    """Tell of the records under an entity's key that could not be used, now or at a moment; none: null."""
    homes = sorted(e for e in entities.sources(entity) | {entity} if entities.resolve(e) == entity)
    rows: list[Row] = []
    for home in homes:
        rows += (
            _open_now(at.events, home) if recorded is None else _open_then(at.events, home, recorded.vector)
        )
    if not rows:
        return None
    rows.sort(key=lambda row: (row[4], *row[:3]), reverse=True)
    return {
        "count": min(len(rows), COUNT_MAX),
        "latest": [
            {"topic": topic, "partition": partition, "offset": offset, "kind": kind, "at": moment(ms)}
            for topic, partition, offset, kind, ms in rows[:LATEST]
        ],
        "see": SEE,
    }


def _open_now(events: sqlite3.Connection, home: str) -> list[Row]:
    return events.execute(
        f"""SELECT topic, partition, offset, kind, recorded_ms FROM dead_letters AS letter WHERE home = ?
            AND NOT EXISTS (SELECT 1 FROM events WHERE key = letter.event)
            AND NOT EXISTS (SELECT 1 FROM sent_again WHERE content = letter.content) {_NEWEST}""",  # noqa: S608
        (home, COUNT_MAX),
    ).fetchall()


def _open_then(events: sqlite3.Connection, home: str, vector: Vector) -> list[Row]:
    rows = events.execute(
        f"""SELECT topic, partition, offset, kind, recorded_ms, event, content FROM dead_letters
            WHERE home = ? {_NEWEST}""",  # noqa: S608 - names of ours
        (home, LOOKED_MAX),
    ).fetchall()
    found: list[Row] = []
    for *row, event, content in rows:
        topic, partition, offset, kind, ms = row
        if covers(vector, topic, partition, offset) and not _accepted(events, event, content, vector):
            found.append((topic, partition, offset, kind, ms))
            if len(found) == COUNT_MAX:
                break
    return found


def _accepted(events: sqlite3.Connection, event: bytes | None, content: bytes, vector: Vector) -> bool:
    places = events.execute(
        """SELECT topic, partition, offset FROM events WHERE key = ?
           UNION ALL SELECT topic, partition, offset FROM sent_again WHERE content = ?""",
        (event, content),
    )
    return any(covers(vector, *place) for place in places)
