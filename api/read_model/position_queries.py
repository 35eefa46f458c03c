"""Positions out of the generation file: as they are served now, or as they were at a moment of the log."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from api.read_model import store
from api.read_model.entities import had_name
from api.read_model.entity_maps import entity_map
from api.read_model.shown import lines_of, lines_showing, on_line
from streams.fold import View, fold, holding
from streams.lines import SECTIONS, Line, entities_of
from streams.vectors import covers, next_offset

if TYPE_CHECKING:
    from api.as_of import Recorded
    from api.read_model.reading import Snapshot
    from streams.entity_map import EntityMap


def views_of(at: Snapshot, company: str, recorded: Recorded | None = None) -> list[tuple[Line, View]]:
    """Read the lines of a company with what they hold, now or at a moment."""
    if at.views is None:
        return []
    if recorded is None:
        rows = at.views.execute(
            "SELECT section, counterpart, view FROM lines WHERE company = ?", (company,)
        ).fetchall()
    else:
        rows = at.views.execute(
            """SELECT section, counterpart, view FROM (
                 SELECT section, counterpart, max(cut), view FROM line_versions
                 WHERE company = ? AND cut <= ? GROUP BY section, counterpart) WHERE view IS NOT NULL""",
            (company, recorded.cut),
        ).fetchall()
    found = [(Line(company, section, counterpart), orjson.loads(view)) for section, counterpart, view in rows]
    return found if recorded is None or recorded.is_cut else _between_cuts(at, company, recorded, found)


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


def position(
    at: Snapshot, company: str, day: date, recorded: Recorded | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Read the lines of a company by section, in the order of a position, each with what holds on a day."""
    found = views_of(at, company, recorded)
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
    for lines in sections.values():
        lines.sort(key=lambda line: (_latest(line), line["counterpart"]), reverse=True)
    return {section: lines for section, lines in sections.items() if lines}


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
