"""What each line said at each cut at which that changed: the answer to "as far as the log knew then".

A version is made once, when what is served covers its cut and the proof holds, and is never changed: later
events, retractions and merges make later versions. What still lacks versions is kept in `touched`: keys of
new entries, and names of lines that changed otherwise, as they were posted to.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from functools import partial

import orjson

from api.read_model import alone, store
from api.read_model.entity_maps import Epoch, epochs, ids_in_changes, last_change
from api.read_model.line_rows import Arrival, Version, events_at, versions
from api.read_model.line_states import LineStates
from api.read_model.places import CutMoves, read_cut
from api.read_model.shown import Row, lines_showing, on_line
from api.read_model.stretches import Stretch, Touched
from streams.cuts import Cut
from streams.documents import Place
from streams.entity_map import EntityMap
from streams.entries import line_name
from streams.fold import Posted
from streams.lines import END, Line, entities_of
from streams.vectors import covers, next_offset

CUTS_MAX = 100  # settled in one transaction

log = logging.getLogger(__name__)


class LineVersions:
    """Works in the transactions of the generation file's writer."""

    def __init__(self, views: sqlite3.Connection, events: sqlite3.Connection, states: LineStates) -> None:
        self._views = views
        self._events = events
        self._states = states
        self._made: list[tuple[object, ...]] = []  # rows to write, of this settling

    def touched(self, names: Iterable[bytes]) -> None:
        """Note keys of new entries, and lines of which other entries, or how they are shown, have changed."""
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
        if cut.number > done.number + CUTS_MAX and not at_once:  # the next stretch at the next look
            cut = read_cut(self._events, done.number + CUTS_MAX) or cut
        times = epochs(self._events, done.number, cut.number)
        moves = CutMoves(self._events, done.number, cut.number)
        self._settle(Stretch(done, cut, times, self._ids_ahead(cut), moves))
        store.set_meta(self._views, "versioned", str(cut.number))

    def _settle(self, stretch: Stretch) -> None:
        anew: set[Line] = set()
        grown: dict[Line, list[Touched]] = {}
        settled: list[bytes] = []
        for touched in self._touched(stretch):
            is_later = touched.place is not None and (
                touched.cut is None or touched.cut > stretch.last.number
            )
            if not is_later and stretch.ahead.isdisjoint(_ids(touched.line)):
                settled.append(touched.key)
            if touched.place is None or stretch.shifts(touched.line):
                anew |= self._shown(touched.line, stretch.times)
            else:
                shown = self._shown_by(touched, stretch.times[-1].entities)
                grown.setdefault(shown, []).append(touched)
        left: set[bytes] = set()
        for line in self._lone(grown.keys() - anew, grown, stretch):
            del grown[line]
        for line in sorted(anew | grown.keys()):
            if line in anew:
                left |= self._anew(line, stretch)
            else:
                self._grown(line, grown[line], stretch)
        self._write()
        self._views.executemany("DELETE FROM touched WHERE line = ?", [(key,) for key in settled])
        self.touched(left)

    def _touched(self, stretch: Stretch) -> list[Touched]:
        """List what is touched; of what is for a later stretch, not which cut that will be."""
        rows = self._views.execute(
            """SELECT t.line, e.topic, e.partition, e.offset
               FROM touched t LEFT JOIN entries e ON e.key = t.line ORDER BY t.line"""
        ).fetchall()
        found = []
        for key, *place in rows:
            line = _line(line_name(key) if END.encode() in key else key)
            if place[0] is None:  # a line; or what was new is gone
                found.append(Touched(key, line, None, None))
                continue
            at = Place(*place)
            cut = stretch.arrived(at) if covers(stretch.last.vector, *at) else None
            found.append(Touched(key, line, at, cut))
        return found

    def _shown(self, line: Line, times: list[Epoch]) -> set[Line]:
        return {shown for at in times for shown in lines_showing(self._views, line, at.entities)}

    def _shown_by(self, touched: Touched, entities: EntityMap) -> Line:
        """Say which line shows a new entry."""
        if not entities.concerns(touched.line):
            return touched.line
        entry = self._posted(touched).entry
        return entities.line(touched.line, entry.get("fact") or entry["id"])

    def _anew(self, line: Line, stretch: Stretch) -> set[bytes]:
        """Make the versions of a line from all of its entries; give the keys of those for a later cut."""
        self._states.drop(line, "cut")
        shown = [
            (at.cut, [_arrival(row, stretch) for row in on_line(self._views, line, at.entities)])
            for at in stretch.times
        ]
        for version in versions(line, shown, stretch.done.number, stretch.last.number, self._last(line)):
            self._store(line, version)
        arrivals = (arrival for _, arrivals in shown for arrival in arrivals)
        return {
            arrival.key for arrival in arrivals if arrival.cut is None or arrival.cut > stretch.last.number
        }

    def _grown(self, line: Line, touched: list[Touched], stretch: Stretch) -> None:
        """Make the versions of a line that has new entries and is otherwise as it was."""
        entities, done = stretch.times[-1].entities, stretch.done
        later = [one for one in touched if one.cut != done.number]
        new = [one for one in later if one.cut is not None and one.cut <= stretch.last.number]
        if not new:
            return
        if self._states.has(line, "served") or self._states.has(line, "cut"):
            self._go_on(line, new, stretch)
            return
        is_plain = not entities.concerns(line) and stretch.ahead.isdisjoint(_ids(line))
        if is_plain and len({one.cut for one in later}) == 1 and (view := self._served(line)) is not None:
            made = [Version(new[0].cut or 0, events_at(new, new[0].cut or 0), view)]  # all of it is served
            before = self._last(line)
            made = [
                one for one in made if before is None or alone.view_of(self._views, line, one.view) != before
            ]
        else:
            arrivals = [_arrival(row, stretch) for row in on_line(self._views, line, entities)]
            made = versions(
                line, [(done.number, arrivals)], done.number, stretch.last.number, self._last(line)
            )
        for version in made:
            self._store(line, version)

    def _lone(self, lines: Iterable[Line], grown: dict[Line, list[Touched]], stretch: Stretch) -> list[Line]:
        """Make the versions of the lines that one new entry has made; list them. They had none before."""
        first, last, entities = stretch.done.number, stretch.last.number, stretch.times[-1].entities
        lone: dict[Line, Touched] = {}
        for line in lines:
            touched, *more = grown[line]
            is_plain = not entities.concerns(line) and stretch.ahead.isdisjoint(_ids(line))
            if not more and is_plain and touched.cut is not None and first < touched.cut <= last:
                lone[line] = touched
        stored = alone.stored(self._views, list(lone))
        lone = {line: one for line, one in lone.items() if stored.get(line) == alone.mark(one.key)}
        versioned = alone.with_versions(self._views, list(lone))
        lone = {line: one for line, one in lone.items() if line not in versioned}
        for line, one in lone.items():
            mark = alone.mark(one.key)
            self._store(line, Version(one.cut or 0, mark, mark))
        return list(lone)

    def _go_on(self, line: Line, new: list[Touched], stretch: Stretch) -> None:
        """Make the versions of a line with many entries, from the state that it had at the last cut."""
        entities = stretch.times[-1].entities
        before, growing = self._last(line), self._states.growing(line, "cut", entities)

        def everything(moment: int) -> list[Arrival]:
            arrivals = [_arrival(row, stretch) for row in on_line(self._views, line, entities)]
            return [one for one in arrivals if one.cut is not None and one.cut <= moment]

        def posted(moment: int) -> list[Posted]:
            return [one.posted for one in everything(moment)]

        for moment in sorted({one.cut or 0 for one in new}):
            arrived = [one for one in new if one.cut == moment]
            try:
                entries = [self._posted(one) for one in arrived]
                view = growing.with_new(entries, partial(posted, moment))
            except Exception as error:
                log.warning("line %s could not be folded at a cut: %r", line, error)
                self._states.drop(line, "cut")
                view = None
            if view != before:
                stored = view
                if view is not None and before is None:  # else it has more than one
                    stored = alone.to_store(line, [one.key for one in everything(moment)], view)
                self._store(line, Version(moment, events_at(arrived, moment), stored))
                before = view

    def _posted(self, touched: Touched) -> Posted:
        row = self._views.execute(
            "SELECT entry, recorded_ms FROM entries WHERE key = ?", (touched.key,)
        ).fetchone()
        return Posted(orjson.loads(row[0]), row[1])

    def _served(self, line: Line) -> bytes | None:
        found = self._views.execute(
            "SELECT view FROM lines WHERE company = ? AND section = ? AND counterpart = ?", line
        ).fetchone()
        return found[0] if found else None

    def _store(self, line: Line, version: Version) -> None:
        self._made.append((*line, *version))

    def _write(self) -> None:
        rows, self._made = self._made, []
        self._views.executemany(
            """INSERT INTO line_versions (company, section, counterpart, cut, events, view)
               VALUES (?, ?, ?, ?, ?, ?)""",
            rows,
        )

    def _ids_ahead(self, cut: Cut) -> frozenset[str]:
        """List the ids whose lines stay touched, where a cut does not cover all changes of entities."""
        ahead = last_change(self._events) > next_offset(cut.vector, "entities", 0)
        return ids_in_changes(self._events) if ahead else frozenset()

    def _last(self, line: Line) -> bytes | None:
        found = self._views.execute(
            """SELECT view FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?
               ORDER BY cut DESC LIMIT 1""",
            line,
        ).fetchone()
        return alone.view_of(self._views, line, found[0]) if found else None


def _arrival(row: Row, stretch: Stretch) -> Arrival:
    return Arrival(row.key, row.posted, stretch.arrived(row.place))


def _ids(line: Line) -> set[str]:
    return {line.company, *entities_of(line)}


def _line(name: bytes) -> Line:
    """Read a name; where it is none, something is found, and versions wait until that is settled."""
    return Line.parse(name.decode())
