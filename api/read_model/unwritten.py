"""How what lines say is stored: of lines with few entries not at all, but folded when somebody asks.

Most lines are told of once. Written out, what they say would be most of what a file holds, twice: as it is
served, and as it was at a cut. So a line with one entry holds the half of its event's id that the entry's
key ends with, and a version with a few holds nothing (FEW): its entries are those recorded by its cut. No
JSON of a view is so short. What a merge or split has moved is written out.

A view that would take a page for itself is compressed: it has four kilobytes or twenty, and says most of
that again and again. A quarter of the time that a file takes to be written went into such pages.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import orjson

from api.read_model.places import cut_of
from api.read_model.shown import posted_to
from streams.documents import Place
from streams.entries import KEY_ID_BYTES, line_name
from streams.fold import Posted, fold
from streams.lines import END, Line

FEW = b""
FEW_MAX = 16
"""A version with so many entries is not written out."""

PLAIN_BYTES_MAX = 1536
"""A longer view is compressed: a row has room in a quarter of a page, and needs more pages beyond that."""

FASTEST = 1
COMPRESSED = zlib.compress(b"", FASTEST)[:1]
"""What is compressed begins with this, and JSON does not."""

LONE_KEPT = 8192
"""So many views of one entry are kept, a kilobyte or two each: pages of the same companies are read often."""

ASKED_MAX = 500  # keys in one statement

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def mark(key: bytes) -> bytes:
    """Give what is stored of a line whose one entry has this key."""
    return key[-KEY_ID_BYTES:]


def is_of(line: Line, key: bytes) -> bool:
    """Say whether an entry was posted to a line itself, and not to one that was merged into it."""
    return line_name(key) == str(line).encode()


def served(line: Line, keys: Sequence[bytes], view: bytes) -> bytes:
    """Give what is stored of a line with these entries: its view, or of which event it is the only one."""
    return mark(keys[0]) if len(keys) == 1 and is_of(line, keys[0]) else view


def version(number: int, first: bytes) -> bytes | None:
    """Give what is stored of a version with so many entries, all posted to the line; none: its view.

    `first`: the key of one of them.
    """
    if number > FEW_MAX:
        return None
    return mark(first) if number == 1 else FEW


def packed(view: bytes | None) -> bytes | None:
    """Give what is written of a view, or of what stands for one."""
    if view is None or len(view) <= PLAIN_BYTES_MAX:
        return view
    return zlib.compress(view, FASTEST)


def _unpacked(stored: bytes) -> bytes:
    is_packed = len(stored) > KEY_ID_BYTES and stored.startswith(COMPRESSED)
    return zlib.decompress(stored) if is_packed else stored


def at_cuts(
    views: sqlite3.Connection, events: sqlite3.Connection, versions: Iterable[tuple[Line, bytes | None, int]]
) -> dict[Line, bytes]:
    """Give the views of stored versions by line, in their order; of each the number of its own cut is given.

    Not that of the moment that is asked about: what was posted in between may have been shown elsewhere.
    """
    found: dict[Line, bytes | None] = {}
    for line, stored, cut in versions:
        found[line] = stored
        if stored == FEW:
            rows = (row for row in posted_to(views, line) if _is_by(events, row.place, cut))
            found[line] = _folded(line, [row.posted for row in rows])
    return views_of(views, found.items())


def _is_by(events: sqlite3.Connection, place: Place, cut: int) -> bool:
    recorded = cut_of(events, *place)
    return recorded is not None and recorded <= cut


def views_of(views: sqlite3.Connection, lines: Iterable[tuple[Line, bytes | None]]) -> dict[Line, bytes]:
    """Give the views of stored lines by line, in their order.

    One whose entries are no longer there has none, as one that cannot be folded.
    """
    found = dict(lines)
    lone = {
        _key(line, view): line
        for line, view in found.items()
        if view is not None and len(view) == KEY_ID_BYTES
    }
    for line in lone.values():
        found[line] = None
    for key, entry, recorded_ms in _entries(views, list(lone)):
        found[lone[key]] = _lone(lone[key], entry, recorded_ms)
    return {line: _unpacked(view) for line, view in found.items() if view}


def _lone(line: Line, entry: bytes, recorded_ms: int) -> bytes | None:
    try:
        return _of_one(entry, recorded_ms)
    except Exception as error:  # as with any line that cannot be folded: none, rather than a wrong one
        log.warning("line %s cannot be folded: %r", line, error)
        return None


@lru_cache(LONE_KEPT)
def _of_one(entry: bytes, recorded_ms: int) -> bytes:
    return orjson.dumps(fold([Posted(orjson.loads(entry), recorded_ms)]))


def _folded(line: Line, entries: Sequence[Posted]) -> bytes | None:
    try:
        return orjson.dumps(fold(entries)) if entries else None
    except Exception as error:  # likewise
        log.warning("line %s cannot be folded: %r", line, error)
        return None


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
