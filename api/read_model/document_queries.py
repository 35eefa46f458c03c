"""Documents and what came of them, out of the events file."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from api.read_model.event_queries import moment
from streams.documents import Place

SHOWN = ("headline", "text", "language", "url", "publisher", "published_at", "fetched_at", "text_sha256")


def document(events: sqlite3.Connection, document_id: str) -> dict[str, Any] | None:
    """Read a document: its last text, its revisions with their answers, its events with their evidence."""
    rows = events.execute(
        """SELECT d.revision, d.change, d.recorded_ms, p.status, p.error, CASE WHEN d.request IS NULL
           THEN NULL ELSE json_extract(CAST(d.data AS TEXT), '$.request') END
           FROM documents d LEFT JOIN parses p ON p.partition = d.partition AND p.offset = d.offset
           WHERE d.document = ? ORDER BY d.offset""",
        (document_id,),
    ).fetchall()
    text = latest(events, document_id)
    if text is None:
        return None
    last = orjson.loads(text)
    return {
        "document": document_id,
        "revision": rows[-1][0],
        "change": rows[-1][1],
        "status": rows[-1][3] or "waiting",
        "withdrawn": is_withdrawn(events, document_id),
        **{key: last.get(key) for key in SHOWN},
        "revisions": [_revision(row) for row in rows],
        "facts": [_fact(data, retracted) for data, retracted in _events(events, document_id)],
    }


def latest(events: sqlite3.Connection, document_id: str) -> bytes | None:
    """Read the value of the `documents` record with a document's last text.

    Other changes repeat the text that whoever asked for them knew, which may have been an older one.
    """
    row = events.execute(
        """SELECT data FROM documents WHERE (partition, offset) = (SELECT partition, offset FROM documents
           WHERE document = ? ORDER BY change = 'text' DESC, offset DESC LIMIT 1)""",
        (document_id,),
    ).fetchone()
    return row[0] if row else None


def is_withdrawn(events: sqlite3.Connection, document_id: str) -> bool:
    """Tell whether a document is withdrawn: the last of what publishes or withdraws it did the latter.

    What failed changed nothing; what is not answered yet is taken for done.
    """
    row = events.execute(
        """SELECT d.change FROM documents d
           LEFT JOIN parses p ON p.partition = d.partition AND p.offset = d.offset
           WHERE d.document = ? AND d.change IN ('text', 'withdrawn', 'reinstated')
           AND coalesce(p.status, '') <> 'failed' ORDER BY d.offset DESC LIMIT 1""",
        (document_id,),
    ).fetchone()
    return row is not None and row[0] == "withdrawn"


def at_revision(events: sqlite3.Connection, document_id: str, revision: str) -> bytes | None:
    """Read the value of the `documents` record that is a revision of a document."""
    row = events.execute(
        "SELECT data FROM documents WHERE document = ? AND revision = ? ORDER BY offset LIMIT 1",
        (document_id, revision),
    ).fetchone()
    return row[0] if row else None


def with_events(events: sqlite3.Connection) -> list[str]:
    """List the documents that events were read from."""
    return [row[0] for row in events.execute("SELECT DISTINCT document FROM events ORDER BY document")]


def events_of(events: sqlite3.Connection, document_id: str) -> list[bytes]:
    """Read all events of a document as published, retractions too, in the order of their numbers."""
    sql = "SELECT data FROM events WHERE document = ? ORDER BY n"
    return [row[0] for row in events.execute(sql, (document_id,))]


def by_request(events: sqlite3.Connection, request_id: str) -> tuple[Place, bytes] | None:
    """Find the record that a request made: its place and value."""
    row = events.execute(
        "SELECT partition, offset, data FROM documents WHERE request = ? ORDER BY recorded_ms LIMIT 1",
        (request_id,),
    ).fetchone()
    return (Place("documents", row[0], row[1]), row[2]) if row else None


def event_keys_of(events: sqlite3.Connection, place: Place) -> list[bytes] | None:
    """List the keys of the events that the record at a place led to; none while it is not answered."""
    row = events.execute(
        "SELECT event_keys FROM parses WHERE partition = ? AND offset = ?", (place.partition, place.offset)
    ).fetchone()
    return [row[0][i : i + 16] for i in range(0, len(row[0]), 16)] if row else None


def _revision(row: tuple[str, str, int, str | None, str | None, str | None]) -> dict[str, Any]:
    """Tell of a change: what, when, who asked for it and why, what came of it."""
    revision, change, recorded_ms, status, error, request = row
    asked = orjson.loads(request) if request else {}
    return {
        "revision": revision,
        "change": change,
        "recorded_at": moment(recorded_ms),
        "by": asked.get("by"),
        "reason": asked.get("reason"),
        "cause": asked.get("cause"),
        "event": asked.get("event"),
        "status": status,
        "error": error,
    }


def _events(events: sqlite3.Connection, document_id: str) -> list[tuple[bytes, int]]:
    return events.execute(
        "SELECT data, retracted FROM events WHERE document = ? AND type <> 'retraction' ORDER BY n",
        (document_id,),
    ).fetchall()


def _fact(data: bytes, retracted: int) -> dict[str, Any]:
    event = orjson.loads(data)
    return {
        "event": event["id"],
        "type": event["type"],
        "stage": event["stage"],
        "modality": event["modality"],
        "retracted": bool(retracted),
        "revision": event["source"]["revision"],
        "text_sha256": event["source"]["text_sha256"],
        "extraction": event["extraction"],
        "evidence": event["evidence"],
    }
