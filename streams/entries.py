"""What an event posts: an entry to each line that it touches.

An entry is a pure function of the event's bytes, so it is the same however often it is posted. It carries
no place and no recorded time: the reader joins those from the log.
"""

from __future__ import annotations

from typing import Any

from streams.ids import canonical
from streams.lines import END, Line, lines

ENTRIES_VERSION = 3
"""Raised with every change of what is posted where; a generation built by another version is rebuilt."""

KEY_ID_BYTES = 16
KEPT = (
    "id",
    "type",
    "claim_id",
    "stage",
    "modality",
    "attributed_to",
    "valid",
    "confidence",
    "origin",
    "slots",
)


def entries(event: dict[str, Any]) -> list[tuple[Line, bytes]]:
    """List what an event (its data, upcast to the newest version) posts: lines and canonical JSON.

    Raises Invalid where no line can be named after what the event says.
    """
    fact = innermost(event)
    touched = lines(fact["type"], fact["slots"])
    if not touched:
        return []
    entry = canonical(_retraction(event) if event["type"] == "retraction" else _fact(event))
    return [(line, entry) for line in touched]


def innermost(event: dict[str, Any]) -> dict[str, Any]:
    """Give the fact that a retraction, or a retraction of one, is about in the end."""
    while event["type"] == "retraction":
        event = event["slots"]["event"]
    return event


def table_key(line: Line, event_id: str) -> bytes:
    """Give the key of an entry in the table: the line, a zero byte, 16 bytes of the event's id."""
    return (str(line) + END).encode() + bytes.fromhex(event_id)[:KEY_ID_BYTES]


def line_name(key: bytes) -> bytes:
    """Give the name of the line in a table key, whatever stands there."""
    return key[: -KEY_ID_BYTES - 1]


def line_of(key: bytes) -> Line:
    """Read the line of a table key. Raises ValueError."""
    if len(key) <= KEY_ID_BYTES or key[-KEY_ID_BYTES - 1] != 0:
        message = "not a table key: no line and id"
        raise ValueError(message)
    return Line.parse(key[: -KEY_ID_BYTES - 1].decode())


def _fact(event: dict[str, Any]) -> dict[str, Any]:
    source = event["source"]
    return {
        **{key: event[key] for key in KEPT if key in event},
        "document": source["document"],
        **{key: source[key] for key in ("publisher", "published_at") if key in source},
    }


def _retraction(event: dict[str, Any]) -> dict[str, Any]:
    slots = event["slots"]
    return {
        "id": event["id"],
        "type": "retraction",
        "retracts": slots["event"]["id"],
        "fact": innermost(event)["id"],
        "cause": slots["cause"],
        "by": slots["by"],
        "document": event["source"]["document"],
    }
