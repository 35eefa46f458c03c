"""A line with one entry keeps no view: its row names the event, and it is folded when somebody asks.

Most lines are told of once. Written out, what they say would be most of what a file holds, twice: as it is
served, and as it was at a cut. The row has the half of the event's id that the entry's key ends with; no JSON
of a view is so short.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import orjson

from streams.entries import KEY_ID_BYTES, line_name
from streams.fold import Posted, fold
from streams.lines import END, Line

ASKED_MAX = 500  # keys in one statement

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def mark(key: bytes) -> bytes:
    """Give what is stored of a line whose one entry has this key."""
    return key[-KEY_ID_BYTES:]


def is_of(line: Line, key: bytes) -> bool:
    """Say whether an entry was posted to a line itself, and not to one that was merged into it."""
    return line_name(key) == str(line).encode()


def to_store(line: Line, keys: Sequence[bytes], view: bytes) -> bytes:
    """Give what is stored of a line with these entries: its view, or of which event it is alone."""
    return mark(keys[0]) if len(keys) == 1 and is_of(line, keys[0]) else view


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
        try:
            found[alone[key]] = orjson.dumps(fold([Posted(orjson.loads(entry), recorded_ms)]))
        except Exception as error:  # as with any line that cannot be folded: none, rather than a wrong one
            log.warning("line %s cannot be folded: %r", alone[key], error)
    return {line: view for line, view in found.items() if len(view) != KEY_ID_BYTES}


def stored(views: sqlite3.Connection, lines: Sequence[Line]) -> dict[Line, bytes]:
    """Read what is stored of lines, where there is a row."""
    sql = """SELECT of.*, view FROM of CROSS JOIN lines
             ON company = of.c AND section = of.s AND counterpart = of.p"""
    return {Line(*name): view for *name, view in _of_lines(views, sql, lines)}


def with_versions(views: sqlite3.Connection, lines: Sequence[Line]) -> set[Line]:
    """Say which lines have a version."""
    sql = """SELECT * FROM of WHERE EXISTS (SELECT 1 FROM line_versions
             WHERE company = of.c AND section = of.s AND counterpart = of.p)"""
    return {Line(*name) for name in _of_lines(views, sql, lines)}


def _of_lines(views: sqlite3.Connection, select: str, lines: Sequence[Line]) -> Iterator[tuple[Any, ...]]:
    """Ask about many lines at once: a third of the time of asking one by one.

    Not by `(company, section, counterpart) IN (VALUES …)`: for that, SQLite reads the whole table.
    """
    for some in _some(lines):
        values = ", ".join(["(?, ?, ?)"] * len(some))
        sql = f"WITH of(c, s, p) AS (VALUES {values}) {select}"
        yield from views.execute(sql, [part for line in some for part in line]).fetchall()


def _key(line: Line, event: bytes) -> bytes:
    return (str(line) + END).encode() + event


def _entries(views: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    for some in _some(keys):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT key, entry, recorded_ms FROM entries WHERE key IN ({marks})"  # noqa: S608  # no value
        yield from views.execute(sql, some).fetchall()


def _some(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[first : first + ASKED_MAX] for first in range(0, len(items), ASKED_MAX))
