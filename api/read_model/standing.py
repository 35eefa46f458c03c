"""What stands of a document, as the parse agent knows it, out of the events file."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

import orjson

from api.read_model import document_queries
from streams import delta
from streams.documents import Change, ParseRecord, Status


class Standing(NamedTuple):
    """What stands of a document. `text` is the value of the record with its last text.

    `settled` is false while a revision is not answered, or an event of an answer not read: then `live` is not
    all. `head` is the offset of the last revision.
    """

    text: bytes
    head: int
    live: dict[str, dict[str, Any]]
    withdrawn: bool
    settled: bool


def standing(events: sqlite3.Connection, document_id: str) -> Standing | None:
    """Read what stands of a document, by the same steps as the parse agent's index; none if it is absent."""
    text = document_queries.latest(events, document_id)
    if text is None:
        return None
    live: dict[str, dict[str, Any]] = {}
    settled, head = True, 0
    rows = events.execute(
        """SELECT d.partition, d.offset, d.revision, d.change, p.status, p.extractor, p.version, p.event_keys
           FROM documents d LEFT JOIN parses p ON p.partition = d.partition AND p.offset = d.offset
           WHERE d.document = ? ORDER BY d.offset""",
        (document_id,),
    ).fetchall()
    for partition, offset, revision, change, status, extractor, version, keys in rows:
        head = offset
        if status is None:
            settled = False
            continue
        found = [_event(events, keys[i : i + 16]) for i in range(0, len(keys), 16)]
        made = tuple(data for data in found if data is not None)
        settled &= len(made) == len(found)
        delta.apply(
            live,
            ParseRecord(
                partition=partition, offset=offset, document=document_id, revision=revision,
                change=Change(change), status=Status(status), extractor=extractor, version=version,
                events=made,
            ),
        )  # fmt: skip
    return Standing(text, head, live, document_queries.is_withdrawn(events, document_id), settled)


def recorded_since(events: sqlite3.Connection, since_ms: int) -> list[str]:
    """List the documents of which a text was recorded at this time or later, in the order of their ids."""
    rows = events.execute(
        """SELECT DISTINCT document FROM documents WHERE change = 'text' AND recorded_ms >= ?
           ORDER BY document""",
        (since_ms,),
    )
    return [row[0] for row in rows]


def next_offsets(events: sqlite3.Connection, topic: str) -> dict[int, int]:
    """Tell how far the file holds a topic: partition → next offset."""
    rows = events.execute("SELECT partition, next FROM offsets WHERE topic = ?", (topic,))
    return dict(rows.fetchall())


def _event(events: sqlite3.Connection, key: bytes) -> dict[str, Any] | None:
    row = events.execute("SELECT data FROM events WHERE key = ?", (key,)).fetchone()
    return orjson.loads(row[0]) if row else None
