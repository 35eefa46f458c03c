"""What changed: along either axis, between two moments, and from cut to cut."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson

from api.read_model.event_queries import moment
from api.read_model.position_queries import Names, map_of, view_of, views_of
from streams.changes import along, same, value
from streams.entries import KEY_ID_BYTES
from streams.lines import Line

if TYPE_CHECKING:
    from api.as_of import Recorded
    from api.read_model.reading import Snapshot


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
        }


def recorded_changes(
    at: Snapshot, company: str | None, after: tuple[int, str, str, str], until: int, day: date | None
) -> Iterator[tuple[tuple[int, str, str, str], Change | None]]:
    """Walk the versions behind a point (cut, company, section, counterpart) up to a cut, in that order.

    Yields each point, with the change of the value on `day` (else on the day of its cut) if there is one.
    """
    if at.views is None:
        return
    of_company = "AND company = ?" if company is not None else ""
    sql = f"""SELECT cut, company, section, counterpart, events, view FROM line_versions
              WHERE (cut, company, section, counterpart) > (?, ?, ?, ?) AND cut <= ? {of_company}
              ORDER BY cut, company, section, counterpart"""  # noqa: S608  # no value in it
    times: dict[int, int] = {}
    rows = at.views.execute(sql, [*after, until, *([company] if company is not None else [])])
    for cut, *name, events, view in rows:
        line = Line(*name)
        if cut not in times:
            times[cut] = at.events.execute("SELECT ms FROM cuts WHERE number = ?", (cut,)).fetchone()[0]
        on = day or datetime.fromtimestamp(times[cut] / 1000, UTC).date()
        before = value(_version_before(at.views, line, cut), on)
        since = value(orjson.loads(view) if view is not None else None, on)
        change = None
        if not same(before, since):
            ids = _event_ids(at.events, events)
            change = Change(line, cut, moment(times[cut]), before, since, ids)
        yield (cut, *line), change


def valid_changes(
    at: Snapshot, company: str, after: date, until: date, recorded: Recorded | None
) -> list[Change]:
    """List the changes of a company's lines on the days after `after` up to `until`, in their order."""
    found = []
    for line, view in views_of(at, company, recorded):
        if view["older"]:
            view = view_of(at, line, recorded, until)
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
    names = Names(at, map_of(at, recorded))
    first, last = (one[1].cut if one[1] else 0), (recorded.cut if recorded else None)
    found = []
    for line in sorted(befores.keys() | afters.keys()):
        before, after = value(befores.get(line), one[0]), value(afters.get(line), day)
        if not same(before, after):
            events = _events_between(at, line, first, last) if one[1] != recorded else []
            if not events and after:
                events = [after["event"]]
            told = Change(line, None, day.isoformat(), before, after, events).to_json(names)
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


def _version_before(views: sqlite3.Connection, line: Line, cut: int) -> dict[str, Any] | None:
    row = views.execute(
        """SELECT view FROM line_versions WHERE company = ? AND section = ? AND counterpart = ? AND cut < ?
           ORDER BY cut DESC LIMIT 1""",
        (*line, cut),
    ).fetchone()
    return orjson.loads(row[0]) if row and row[0] is not None else None


def _event_ids(events: sqlite3.Connection, halves: bytes) -> list[str]:
    """Give the whole ids of events that are named by their halves."""
    found = []
    for at in range(0, len(halves), KEY_ID_BYTES):
        key = halves[at : at + KEY_ID_BYTES]
        row = events.execute("SELECT data FROM events WHERE key = ?", (key,)).fetchone()
        if row:
            found.append(str(orjson.loads(row[0])["id"]))
    return found
