"""Lines of a moment as rows, a row a step: what a position shows, in the order of companies and lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import merge
from itertools import groupby

import orjson

from api.as_of import Recorded
from api.export.columns import Row, amounts
from api.read_model import unwritten
from api.read_model.event_queries import moment
from api.read_model.position_queries import Names, held, map_of, views_of
from api.read_model.reading import Snapshot
from streams.entity_map import EntityMap
from streams.fold import View
from streams.lines import Line


def rows(at: Snapshot, recorded: Recorded, day: date, companies: frozenset[str]) -> Iterator[Row]:
    """Read the lines as they stood at a moment; of `companies` only, if there are any."""
    entities = map_of(at, recorded)
    names, company = Names(at, recorded), ""
    for line, view in _views(at, recorded, sorted(companies)):
        if line.company != company:  # it remembers all that it named: of one company that is bounded
            names, company = Names(at, recorded), line.company
        said = held(at, line, view, day, recorded)
        for step in _steps(view, said):
            yield {
                "company": line.company,
                "company_name": names.of(line.company),
                "section": line.section,
                "counterpart": line.counterpart,
                "name": names.of_counterpart(line),
                "is_current": step == said["current"],
                "possibly": said["possibly"] and step == said["current"],
                "is_otherwise": step == said["otherwise"],
                "steps_left_out": view["older"],
                **_row(step, entities),
            }


def _row(step: View, entities: EntityMap) -> Row:
    entry = step["entry"]
    by = entry.get("attributed_to")
    told = ("date", "certain", "until", "precision", "type", "weak", "closing", "events", "origins")
    return {
        **{name: step[name] for name in told},
        "stage": entry["stage"],
        "modality": entry["modality"],
        "attributed_to": entities.resolve(by["id"], entry["id"]) if by else None,
        "event": entry["id"],
        "recorded_at": moment(step["recorded_ms"]),
        "confidence": float(entry["confidence"]),
        **amounts(entry["slots"]),
        "slots": orjson.dumps(entry["slots"]).decode(),
    }


def _steps(view: View, said: View) -> list[View]:
    """List the steps shown, and what holds on the day where that is older than those."""
    older = [step for step in (said["otherwise"], said["current"]) if step and step not in view["steps"]]
    return [*older, *view["steps"]]


def _views(at: Snapshot, recorded: Recorded, companies: list[str]) -> Iterator[tuple[Line, View]]:
    """Walk the lines that were there at a moment, in the order of the key and one at a time."""
    if at.views is None:
        return
    if not recorded.is_cut:  # no versions are kept of that: made anew, a company at a time
        for company in companies or _companies(at):
            yield from sorted(views_of(at, company, recorded), key=lambda found: found[0])
        return
    chosen = f"company IN ({', '.join('?' * len(companies))})" if companies else "1"
    # "+": should SQLite take the index of cuts, it would have to sort all views.
    sql = f"""SELECT company, section, counterpart, view, max(cut) FROM line_versions
              WHERE +cut <= ? AND {chosen} GROUP BY company, section, counterpart
              ORDER BY company, section, counterpart"""  # noqa: S608  # no value in it
    for *name, stored, cut in at.views.execute(sql, (recorded.cut, *companies)):
        found = unwritten.at_cuts(at.views, at.events, [(Line(*name), stored, cut)])
        yield from ((line, orjson.loads(view)) for line, view in found.items())


def _companies(at: Snapshot) -> Iterator[str]:
    """List, in order, whoever has a line now, had one at a cut, or may have had one before a merge."""
    sql = """SELECT DISTINCT company FROM line_versions UNION SELECT DISTINCT company FROM lines
             ORDER BY company"""
    known = (row[0] for row in (at.views or at.events).execute(sql))
    return (company for company, _ in groupby(merge(known, sorted(map_of(at, None).ids()))))
