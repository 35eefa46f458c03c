"""A line with one entry keeps no view: its row names the event, and it is folded when somebody asks.

Most lines are told of once. Written out, what they say would be most of what a file holds, twice: as it is
served, and as it was at a cut. The row has the half of the event's id that the entry's key ends with; no JSON
of a view is so short.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import orjson

from streams.entries import KEY_ID_BYTES, line_name
from streams.fold import Posted, fold
from streams.lines import END, Line

ASKED_MAX = 500  # keys in one statement


def to_store(line: Line, keys: Sequence[bytes], view: bytes) -> bytes:
    """Give what is stored of a line with these entries: its view, or of which event it is alone."""
    if len(keys) == 1 and line_name(keys[0]) == str(line).encode():  # nothing was merged into it
        return keys[0][-KEY_ID_BYTES:]
    return view


def view_of(views: sqlite3.Connection, line: Line, stored: bytes | None) -> bytes | None:
    """Give the view of a stored line (none: it was gone), or none where its entry is no longer there."""
    if stored is None or len(stored) != KEY_ID_BYTES:
        return stored
    return views_of(views, [(line, stored)]).get(line)


def views_of(views: sqlite3.Connection, lines: Iterable[tuple[Line, bytes]]) -> dict[Line, bytes]:
    """Give the views of stored lines by line, in their order; one whose entry is no longer there has none."""
    found = dict(lines)
    alone = {_key(line, stored): line for line, stored in found.items() if len(stored) == KEY_ID_BYTES}
    for key, entry, recorded_ms in _entries(views, list(alone)):
        found[alone[key]] = orjson.dumps(fold([Posted(orjson.loads(entry), recorded_ms)]))
    return {line: view for line, view in found.items() if len(view) != KEY_ID_BYTES}


def _key(line: Line, event: bytes) -> bytes:
    return (str(line) + END).encode() + event


def _entries(views: sqlite3.Connection, keys: list[bytes]) -> Iterable[tuple[bytes, bytes, int]]:
    for first in range(0, len(keys), ASKED_MAX):
        some = keys[first : first + ASKED_MAX]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT key, entry, recorded_ms FROM entries WHERE key IN ({marks})"  # noqa: S608  # no value
        yield from views.execute(sql, some).fetchall()
