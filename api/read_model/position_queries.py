"""Positions out of the generation file: as they are served now, or as they were at a moment of the log."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from api.read_model import line_pages, store
from api.read_model.entities import had_name
from api.read_model.entity_maps import entity_map
from api.read_model.line_pages import Asked, Stored
from api.read_model.shown import lines_of, lines_showing, on_line
from streams.fold import View, fold, holding
from streams.lines import SECTIONS, Line, entities_of
from streams.vectors import covers, next_offset

if TYPE_CHECKING:
    from api.as_of import Recorded
    from api.read_model.reading import Snapshot
    from streams.entity_map import EntityMap


FIRST = Asked()


def views_of(at: Snapshot, company: str, recorded: Recorded | None = None) -> list[tuple[Line, View]]:
    """Read the lines of a company with what they hold, now or at a moment."""
    if at.views is None:
        return []
    if recorded is None:
        return _read(company, line_pages.all_now(at.views, company))
    found = _read(company, line_pages.all_at_cut(at.views, at.events, company, recorded.cut))
    return found if recorded.is_cut else _between_cuts(at, company, recorded, found)


def whole_views_of(at: Snapshot, company: str, recorded: Recorded | None = None) -> list[tuple[Line, View]]:
    """Read the lines of a company with all of their steps, however many they are."""
    lines = views_of(at, company, recorded)
    return [
        (line, view_of(at, line, recorded, whole=True) if view["older"] else view) for line, view in lines
    ]


def complete(at: Snapshot, line: Line, view: View, day: date, recorded: Recorded | None) -> View:
    """Give a view that can be asked about a day: a served one leaves out the oldest of many steps."""
    if view["older"] and day.isoformat() < view["steps"][-1]["date"]:
        return view_of(at, line, recorded, whole=True)
    return view


def view_of(at: Snapshot, line: Line, recorded: Recorded | None, *, whole: bool = False) -> View:
    """Fold a line from its entries: as it would be served, or with all of its steps."""
    if at.views is None:
        return fold(())
    rows = on_line(at.views, line, map_of(at, recorded))
    if recorded is not None:
        rows = [row for row in rows if covers(recorded.vector, row.topic, row.partition, row.offset)]
    return fold((row.posted for row in rows), whole=whole)


class Position(NamedTuple):
    """A page of a position: lines by section, in the order of a position, each with what holds on a day.

    All on one page they stand in a section with the latest first, else by counterpart. `lines`: how many
    there are in all, where that is counted; `next`: behind which section and counterpart there are more.
    """

    sections: dict[str, list[dict[str, Any]]]
    lines: int | None
    next: tuple[str, str] | None


def position(
    at: Snapshot, company: str, day: date, recorded: Recorded | None = None, asked: Asked = FIRST
) -> Position:
    """Read a page of the lines of a company."""
    found, behind = _page(at, company, recorded, asked)
    is_all = asked.after is None and behind is None
    names = Names(at, recorded)
    sections: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for line, view in found:
        said = held(at, line, view, day, recorded)
        sections[line.section].append(
            {
                "line": str(line),
                "counterpart": line.counterpart,
                "name": names.of_counterpart(line),
                **said,
                **view,
            }
        )
    if is_all:
        for lines in sections.values():
            lines.sort(key=lambda line: (_latest(line), line["counterpart"]), reverse=True)
    number = len(found) if is_all else None
    if number is None and recorded is None and at.views is not None:
        number = line_pages.number(at.views, company)
    return Position({section: lines for section, lines in sections.items() if lines}, number, behind)


def _page(
    at: Snapshot, company: str, recorded: Recorded | None, asked: Asked
) -> tuple[list[tuple[Line, View]], tuple[str, str] | None]:
    if at.views is None:
        return [], None
    if recorded is None:
        page = line_pages.now(at.views, company, asked)
    elif recorded.is_cut:
        page = line_pages.at_cut(at.views, at.events, company, recorded.cut, asked)
    else:  # beyond a cut each line is folded, and only those that had anything then are there
        order = {section: place for place, section in enumerate(SECTIONS)}
        lines = sorted(views_of(at, company, recorded), key=lambda f: (order[f[0].section], f[0].counterpart))
        after = (order[asked.after[0]], asked.after[1]) if asked.after else (-1, "")
        lines = [found for found in lines if (order[found[0].section], found[0].counterpart) > after]
        page_of = lines[: asked.limit]
        last = page_of[-1][0] if len(lines) > asked.limit else None
        return page_of, (last.section, last.counterpart) if last else None
    return _read(company, page.lines), page.next


def _read(company: str, stored: list[Stored]) -> list[tuple[Line, View]]:
    return [(Line(company, one.section, one.counterpart), orjson.loads(one.view)) for one in stored]


def held(at: Snapshot, line: Line, view: View, day: date, recorded: Recorded | None) -> View:
    """Say what holds on a day, also where that is a step that the view only counts."""
    return holding(complete(at, line, view, day, recorded), day)


def map_of(at: Snapshot, recorded: Recorded | None) -> EntityMap:
    """Give the entity map that the views show now, or of a moment."""
    if recorded is not None:
        return entity_map(at.events, next_offset(recorded.vector, "entities", 0))
    # That of the file: one that is frozen, or a moment behind, does not show what was merged since.
    return entity_map(at.events, int(store.get_meta(at.views, "entities") or 0) if at.views else None)


class Names:
    """Names of entities, now or as of a moment, each looked up once."""

    def __init__(self, at: Snapshot, recorded: Recorded | None) -> None:
        self._events = at.events
        self._entities = map_of(at, recorded)
        self._cut = recorded.cut if recorded else None
        self._known: dict[str, str | None] = {}

    def of(self, entity_id: str) -> str | None:
        """Name an entity; none if it had no name then."""
        if entity_id not in self._known:
            renamed = self._entities.name(entity_id)
            self._known[entity_id] = renamed[0] if renamed else self._as_mentioned(entity_id)
        return self._known[entity_id]

    def _as_mentioned(self, entity_id: str) -> str | None:
        row = self._events.execute(
            "SELECT name, known, named FROM entities WHERE id = ?", (entity_id,)
        ).fetchone()
        return row[0] if row and had_name(row[1], row[2], self._cut) else None

    def of_counterpart(self, line: Line) -> str | None:
        """Name the entity in a line's counterpart."""
        return next(
            (name for part in reversed(entities_of(line)) if (name := self.of(part)) is not None), None
        )


def _between_cuts(
    at: Snapshot, company: str, recorded: Recorded, at_cut: list[tuple[Line, View]]
) -> list[tuple[Line, View]]:
    """Go on from a cut to the places of a token a little beyond it."""
    views_file, entities = at.views or at.events, map_of(at, recorded)
    rows = views_file.execute("SELECT section, counterpart FROM lines WHERE company = ?", (company,))
    lines = {line for line, _ in at_cut} | {Line(company, *row) for row in rows}
    if entities.ids() or map_of(at, None).ids():  # then lines may have come and gone between the cuts
        posted = {line for source in entities.sources(company) for line in lines_of(views_file, source)}
        lines |= {line for one in posted for line in lines_showing(views_file, one, entities)}
    views = ((line, view_of(at, line, recorded)) for line in sorted(lines) if line.company == company)
    return [(line, view) for line, view in views if view["events"] or view["retracted"]]


def _latest(line: dict[str, Any]) -> str:
    return str(line["steps"][-1]["date"]) if line["steps"] else ""
