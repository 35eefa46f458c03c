"""What each line said at each cut at which that changed: the answer to "as far as the log knew then".

A version is made once, when what is served covers its cut and the proof holds, and is never changed: later
events, retractions and merges make later versions. Which changed lines still lack versions is kept in
`touched`, under the names that their entries were posted with.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.read_model import store
from api.read_model.entity_maps import Epoch, epochs, ids_in_changes, last_change
from api.read_model.line_rows import EVENTS_MAX, Arrival, Version, versions
from api.read_model.places import cut_of, read_cut
from api.read_model.shown import Row, lines_showing, on_line, places_on
from streams.entries import KEY_ID_BYTES
from streams.lines import Line, entities_of
from streams.vectors import covers, next_offset

if TYPE_CHECKING:
    from streams.cuts import Cut
    from streams.documents import Place

CUTS_MAX = 100  # settled in one transaction


class LineVersions:
    """Works in the transactions of the generation file's writer."""

    def __init__(self, views: sqlite3.Connection, events: sqlite3.Connection) -> None:
        self._views = views
        self._events = events

    def touched(self, names: Iterable[bytes]) -> None:
        """Note lines whose entries, or the way these are shown, have changed."""
        self._views.executemany(
            "INSERT OR IGNORE INTO touched (line) VALUES (?)", [(name,) for name in names]
        )

    def number(self) -> int:
        """Give the number of the last cut that has its versions."""
        return int(store.get_meta(self._views, "versioned") or 0)

    def settle(self, cut: Cut, *, at_once: bool = False) -> None:
        """Make the versions of CUTS_MAX cuts (`at_once`: of all) up to one that what is served covers."""
        done = read_cut(self._events, self.number())
        if done is None or cut.number <= done.number:
            return
        if (
            cut.number > done.number + CUTS_MAX and not at_once
        ):  # far behind: a stretch now, the next one at the next look
            cut = read_cut(self._events, done.number + CUTS_MAX) or cut
        times = epochs(self._events, done.number, cut.number)
        shown: set[Line] = set()
        names = [row[0] for row in self._views.execute("SELECT line FROM touched")]
        for name in names:
            shown |= self._shown(name, times)
        ahead = self._ids_ahead(cut)
        later = {line for line in sorted(shown) if self._line(line, done, cut.number, times, ahead)}
        self._views.executemany(
            "DELETE FROM touched WHERE line = ?",
            [
                (name,)
                for name in names
                if not self._shown(name, times[-1:]) & later and ahead.isdisjoint(_ids(_line(name)))
            ],
        )
        store.set_meta(self._views, "versioned", str(cut.number))

    def _shown(self, name: bytes, times: list[Epoch]) -> set[Line]:
        line = _line(name)
        return {shown for at in times for shown in lines_showing(self._views, line, at.entities)}

    def _line(self, line: Line, done: Cut, last: int, times: list[Epoch], ahead: frozenset[str]) -> bool:
        """Make the versions of a line after cut `done`; say whether entries are left for a later cut."""
        if len(times) == 1 and not times[0].entities.concerns(line) and ahead.isdisjoint(_ids(line)):
            left = self._as_served(line, done, last)
            if left is not None:
                return left
        shown = [(at.cut, self._arrivals(on_line(self._views, line, at.entities), done)) for at in times]
        for version in versions(shown, done.number, last, self._last(line)):
            self._store(line, version)
        return any(a.cut is None or a.cut > last for _, arrivals in shown for a in arrivals)

    def _arrivals(self, rows: list[Row], done: Cut) -> list[Arrival]:
        """Tell when each entry was recorded; where an event is there twice, it is so under two keys."""
        return [Arrival(row.key, row.posted, self._arrived(row.place, done)) for row in rows]

    def _as_served(self, line: Line, done: Cut, last: int) -> bool | None:
        """Make the version of a line where all that is new came at one cut: it is the line as served.

        Says whether entries are left for a later cut; none where it is not so simple.
        """
        arrived = {key: self._arrived(place, done) for key, place in places_on(self._views, line)}
        new = set(arrived.values()) - {done.number}
        if all(cut is None or cut > last for cut in new):
            return bool(new)
        if len(new) > 1:
            return None
        (moment,) = new
        view = self._views.execute(
            "SELECT view FROM lines WHERE company = ? AND section = ? AND counterpart = ?", line
        ).fetchone()[0]
        if view != self._last(line):
            events = sorted(key[-KEY_ID_BYTES:] for key, cut in arrived.items() if cut == moment)
            self._store(line, Version(moment or last, b"".join(events[:EVENTS_MAX]), view))
        return False

    def _store(self, line: Line, version: Version) -> None:
        self._views.execute(
            """INSERT INTO line_versions (company, section, counterpart, cut, events, view)
               VALUES (?, ?, ?, ?, ?, ?)""",
            (*line, *version),
        )

    def _ids_ahead(self, cut: Cut) -> frozenset[str]:
        """List the ids whose lines stay touched, where a cut does not cover all changes of entities."""
        ahead = last_change(self._events) > next_offset(cut.vector, "entities", 0)
        return ids_in_changes(self._events) if ahead else frozenset()

    def _arrived(self, place: Place, done: Cut) -> int | None:
        """Give the cut at which an entry was recorded, or cut `done` if that was earlier."""
        return done.number if covers(done.vector, *place) else cut_of(self._events, *place)

    def _last(self, line: Line) -> bytes | None:
        found = self._views.execute(
            """SELECT view FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?
               ORDER BY cut DESC LIMIT 1""",
            line,
        ).fetchone()
        return found[0] if found else None


def _ids(line: Line) -> set[str]:
    return {line.company, *entities_of(line)}


def _line(name: bytes) -> Line:
    """Read a name; where it is none, something is found, and versions wait until that is settled."""
    return Line.parse(name.decode())
