"""The lines of a company a page at a time, by section and then by counterpart, now or at a cut.

That order does not depend on what the lines say: one that is told of meanwhile is not missed, or met twice.
Which lines a company had at a cut is read from `line_firsts`, and of each what it said then: not what it had
said before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from api.read_model import unwritten
from streams.lines import SECTIONS, Line

PAGE_LINES = 100
PAGE_LINES_MAX = 500
PAGE_BYTES_MAX = 1 << 20
"""A page ends where it is so long, though it has fewer lines: one may take 60 KiB."""


class Asked(NamedTuple):
    """Which page: so many lines at most, behind a line (section and counterpart) if there is one."""

    limit: int = PAGE_LINES
    after: tuple[str, str] | None = None


class Stored(NamedTuple):
    """A line of a company, and what it says, as JSON."""

    section: str
    counterpart: str
    view: bytes


class Page(NamedTuple):
    """Lines, and behind which one the next page begins, if there is one."""

    lines: list[Stored]
    next: tuple[str, str] | None


def now(views: sqlite3.Connection, company: str, asked: Asked) -> Page:
    """Read a page of what is served. Of a company with few lines it takes one look."""
    if asked.after is None:
        few = views.execute(
            "SELECT section, counterpart, view FROM lines WHERE company = ? LIMIT ?",
            (company, asked.limit + 1),
        ).fetchall()
        if len(few) <= asked.limit:
            lines = _shown(views, company, few)
            if sum(len(line.view) for line in lines) <= PAGE_BYTES_MAX:
                return Page(lines, None)
    return _page(_served(views, company, asked), asked.limit)


def at_cut(
    views: sqlite3.Connection, events: sqlite3.Connection, company: str, cut: int, asked: Asked
) -> Page:
    """Read a page of what was recorded by a cut."""
    return _page(_recorded(views, events, company, cut, asked.after, asked.limit + 1), asked.limit)


def all_at_cut(views: sqlite3.Connection, events: sqlite3.Connection, company: str, cut: int) -> list[Stored]:
    """Read all that was recorded by a cut."""
    return list(_recorded(views, events, company, cut, None))


def all_now(views: sqlite3.Connection, company: str) -> list[Stored]:
    """Read all lines of a company that are served."""
    rows = views.execute("SELECT section, counterpart, view FROM lines WHERE company = ?", (company,))
    return _shown(views, company, rows)


def number(views: sqlite3.Connection, company: str) -> int:
    """Say how many lines a company has: they are counted as they come and go."""
    found = views.execute("SELECT lines FROM line_counts WHERE company = ?", (company,)).fetchone()
    return found[0] if found else 0


def _shown(views: sqlite3.Connection, company: str, rows: Iterable[tuple[str, str, bytes]]) -> list[Stored]:
    """Give stored lines with what they say."""
    stored = [(Line(company, section, counterpart), view) for section, counterpart, view in rows]
    return _told(unwritten.views_of(views, stored))


def _told(views: dict[Line, bytes]) -> list[Stored]:
    return [Stored(line.section, line.counterpart, view) for line, view in views.items()]


def _page(lines: Iterator[Stored], limit: int) -> Page:
    found: list[Stored] = []
    size = 0
    for line in lines:
        size += len(line.view)
        if len(found) == limit or (found and size > PAGE_BYTES_MAX):
            return Page(found, (found[-1].section, found[-1].counterpart))
        found.append(line)
    return Page(found, None)


def _sections(after: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    """Give the sections to read in their order, each with the counterpart behind which to begin."""
    order = list(SECTIONS)
    first = order.index(after[0]) if after else 0
    for section in order[first:]:
        yield section, after[1] if after and section == after[0] else ""


def _served(views: sqlite3.Connection, company: str, asked: Asked) -> Iterator[Stored]:
    left = asked.limit + 1
    for section, behind in _sections(asked.after):
        rows = views.execute(
            """SELECT counterpart, view FROM lines WHERE company = ? AND section = ? AND counterpart > ?
               ORDER BY counterpart LIMIT ?""",
            (company, section, behind, left),
        ).fetchall()
        yield from _shown(views, company, [(section, *row) for row in rows])
        left -= len(rows)
        if left <= 0:
            return


def _recorded(
    views: sqlite3.Connection,
    events: sqlite3.Connection,
    company: str,
    cut: int,
    after: tuple[str, str] | None,
    number: int = PAGE_LINES_MAX,
) -> Iterator[Stored]:
    """Give the lines of a cut; `number`: so many are read at once."""
    for section, behind in _sections(after):
        while some := views.execute(
            """SELECT f.counterpart, v.view, v.cut FROM line_firsts f CROSS JOIN line_versions v
               ON v.company = f.company AND v.section = f.section AND v.counterpart = f.counterpart
               AND v.cut = (SELECT max(cut) FROM line_versions w WHERE w.company = f.company
                 AND w.section = f.section AND w.counterpart = f.counterpart AND w.cut <= ?1)
               WHERE f.company = ?2 AND f.section = ?3 AND f.counterpart > ?4 AND f.cut <= ?1
               ORDER BY f.counterpart LIMIT ?5""",
            (cut, company, section, behind, number),
        ).fetchall():
            behind = some[-1][0]
            versions = [(Line(company, section, counterpart), view, of) for counterpart, view, of in some]
            yield from _told(unwritten.at_cuts(views, events, versions))
            if len(some) < number:
                break
