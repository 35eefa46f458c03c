"""What changed: along either axis, between two moments, and from cut to cut."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from api.as_of import Recorded, day_of
from api.read_model import unwritten
from api.read_model.entity_maps import placed_changes
from api.read_model.event_queries import moment
from api.read_model.places import read_cut
from api.read_model.position_queries import Names, complete, views_of, whole_views_of
from streams.changes import along, same, value
from streams.cuts import START
from streams.entries import KEY_ID_BYTES
from streams.fold import View
from streams.lines import Line, entities_of
from streams.vectors import next_offset

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot
    from streams.entity_changes import EntityChange

CUTS_KEPT = 64


@dataclass(frozen=True)
class Change:
    """A value of a line that became another: at a cut (recorded axis) or on a day (valid axis)."""

    line: Line
    cut: int | None
    at: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    events: list[str]
    """The events that came with it on the recorded axis; the one that it rests on, on the valid axis."""
    entity_changes: tuple[str, ...] = ()
    """The merges, splits and undoings that had a part in it."""

    def to_json(self, names: Names) -> dict[str, Any]:
        """Give the change as it is told of."""
        return {
            "line": str(self.line),
            "company": self.line.company,
            "section": self.line.section,
            "counterpart": self.line.counterpart,
            "name": names.of_counterpart(self.line),
            "at": self.at,
            "cut": self.cut,
            "before": self.before,
            "after": self.after,
            "events": self.events,
            "entity_changes": list(self.entity_changes),
        }


def recorded_changes(
    at: Snapshot, company: str | None, after: tuple[int, str, str, str], until: int, day: date | None
) -> Iterator[tuple[tuple[int, str, str, str], Change | None]]:
    """Walk the versions behind a point (cut, company, section, counterpart) up to a cut, in that order.

    Yields each point, with the change of the value on `day` (else on the day of its cut) if there is one:
    what the log changed, not what the calendar did.
    """
    if at.views is None:
        return
    condition = "(cut, company, section, counterpart) > (?, ?, ?, ?) AND cut BETWEEN ? AND ?"
    values: list[object] = [*after, after[0], until]
    if company is not None:
        condition += " AND company = ?"
        values.append(company)
    sql = f"""SELECT cut, company, section, counterpart FROM line_versions WHERE {condition}
              ORDER BY cut, company, section, counterpart"""  # noqa: S608  # no value in it
    cuts, entities = _Cuts(at), placed_changes(at.events)
    for cut, *name in at.views.execute(sql, values):
        line, recorded = Line(*name), cuts.at(cut)
        on = day or day_of(recorded.at_ms)
        versions = at.views.execute(
            """SELECT cut, events, view FROM line_versions WHERE company = ? AND section = ?
               AND counterpart = ? AND cut <= ? ORDER BY cut DESC LIMIT 2""",
            (*line, cut),
        ).fetchall()
        told = (
            (unwritten.at_cuts(at.views, at.events, [(line, stored, number)]).get(line), cuts.at(number))
            for number, _, stored in versions
        )
        since, before = (
            _value(at, line, orjson.loads(view) if view is not None else None, on, recorded_then)
            for view, recorded_then in (*told, (None, None))[:2]
        )
        change = None
        if not same(before, since):
            ids = _event_ids(at.events, versions[0][1])
            stretch = _entities_read(cuts.at(cut - 1)), _entities_read(recorded)
            merges = _entity_changes(entities, line, *stretch)
            change = Change(line, cut, moment(recorded.at_ms), before, since, ids, merges)
        yield (cut, *line), change


class _Cuts:
    """Cuts as moments, the last few of them read once: neighbours in a walk are of the same."""

    def __init__(self, at: Snapshot) -> None:
        self._events = at.events
        self._read: dict[int, Recorded] = {}

    def at(self, number: int) -> Recorded:
        if number not in self._read:
            if len(self._read) >= CUTS_KEPT:
                self._read.clear()
            cut = read_cut(self._events, number) or START
            self._read[number] = Recorded(cut.number, cut.ms, cut.vector, True, True)
        return self._read[number]


def _value(at: Snapshot, line: Line, view: View | None, day: date, recorded: Recorded | None) -> View | None:
    return value(complete(at, line, view, day, recorded), day) if view is not None else None


def valid_changes(
    at: Snapshot, company: str, after: date, until: date, recorded: Recorded | None
) -> list[Change]:
    """List the changes of a company's lines on the days after `after` up to `until`, in their order."""
    found = []
    for line, view in whole_views_of(at, company, recorded):
        for day, before, since in along(view, after, until):
            events = [since["event"]] if since else []
            found.append(Change(line, None, day.isoformat(), before, since, events))
    return sorted(found, key=lambda change: (change.at, change.line))


def difference(
    at: Snapshot,
    company: str,
    one: tuple[date, Recorded | None],
    other: tuple[date, Recorded | None],
) -> list[dict[str, Any]]:
    """List the lines whose value is not the same at two points, each a day and a moment of the log."""
    day, recorded = other
    befores = dict(views_of(at, company, one[1]))
    afters = dict(views_of(at, company, recorded))
    names, entities = Names(at, recorded), placed_changes(at.events)
    first, last = (one[1].cut if one[1] else 0), (recorded.cut if recorded else None)
    found = []
    for line in sorted(befores.keys() | afters.keys()):
        before = _value(at, line, befores.get(line), one[0], one[1])
        after = _value(at, line, afters.get(line), day, recorded)
        if not same(before, after):
            events = _events_between(at, line, first, last) if one[1] != recorded else []
            merges = _entity_changes(entities, line, _entities_read(one[1]), _entities_read(recorded))
            if not events and not merges and after:
                events = [after["event"]]
            told = Change(line, None, day.isoformat(), before, after, events, merges).to_json(names)
            found.append({key: told[key] for key in told if key not in ("at", "cut")})
    return found


def _events_between(at: Snapshot, line: Line, first: int, last: int | None) -> list[str]:
    if at.views is None:
        return []
    rows = at.views.execute(
        """SELECT events FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?
           AND cut > ? AND cut <= ? ORDER BY cut""",
        (*line, first, last if last is not None else 1 << 62),
    )
    return _event_ids(at.events, b"".join(row[0] for row in rows))


def _entities_read(recorded: Recorded | None) -> int:
    """Give the offset up to which a moment covers the changes of entities; none: all of them."""
    return next_offset(recorded.vector, "entities", 0) if recorded else 1 << 62


def _entity_changes(known: dict[int, EntityChange], line: Line, first: int, last: int) -> tuple[str, ...]:
    """List the changes of entities in a stretch of the log that name an entity of a line."""
    if first >= last:
        return ()
    by_id = {change.id: change for change in known.values()}
    found = []
    for offset, change in known.items():
        about = change
        while about.undoes in by_id:
            about = by_id[about.undoes]
        if first <= offset < last and {about.entity, about.into} & {line.company, *entities_of(line)}:
            found.append(change.id)
    return tuple(found)


def _event_ids(events: sqlite3.Connection, halves: bytes) -> list[str]:
    """Give the whole ids of events that are named by their halves."""
    found = []
    for at in range(0, len(halves), KEY_ID_BYTES):
        key = halves[at : at + KEY_ID_BYTES]
        row = events.execute("SELECT data FROM events WHERE key = ?", (key,)).fetchone()
        if row:
            found.append(str(orjson.loads(row[0])["id"]))
    return found
