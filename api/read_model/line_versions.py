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

from api.read_model import entity_maps, store, unwritten
from api.read_model.entity_maps import epochs, ids_in_changes, last_change
from api.read_model.line_rows import Arrival, Epoch, Version, events_at, versions
from api.read_model.line_states import LineStates
from api.read_model.places import CutMoves, read_cut
from api.read_model.shown import lines_showing, number_on, on_line
from api.read_model.stretches import Stretch, Touched
from api.read_model.unwritten import FEW_MAX
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
        few = self._few({line: new for line, new in grown.items() if line not in anew}, stretch)
        for line in sorted(anew | grown.keys()):
            if line in anew:
                left |= self._anew(line, stretch)
            elif line not in few:
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

    def _shown(self, line: Line, times: list[entity_maps.Epoch]) -> set[Line]:
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
        shown = [self._epoch(line, at, stretch) for at in stretch.times]
        self._store(line, versions(shown, *stretch.numbers, partial(self._last, line)))
        arrivals = (arrival for epoch in shown for arrival in epoch.arrivals)
        return {one.key for one in arrivals if one.cut is None or one.cut > stretch.last.number}

    def _epoch(self, line: Line, at: entity_maps.Epoch, stretch: Stretch) -> Epoch:
        rows = on_line(self._views, line, at.entities)
        arrivals = [Arrival(row.key, row.posted, stretch.arrived(row.place)) for row in rows]
        return Epoch(at.cut, arrivals, plain=not at.entities.concerns(line))

    def _few(self, grown: dict[Line, list[Touched]], stretch: Stretch) -> set[Line]:
        """Make the versions of lines that have new entries, and few in all; list them.

        That is not written out, so of most lines nothing has to be read.
        """
        entities = stretch.times[-1].entities
        plain = [line for line in grown if not entities.concerns(line) and not self._is_kept(line)]
        known = unwritten.with_versions(self._views, plain)
        few = set()
        for line in plain:
            new = stretch.new(grown[line])
            number = number_on(self._views, line, FEW_MAX + 1) if line in known else len(grown[line])
            if number > FEW_MAX:
                continue
            few.add(line)
            # What had arrived before; none where the versions are of what was posted to other lines.
            there = number - sum(one.cut is None or one.cut > stretch.done.number for one in grown[line])
            for moment in sorted({one.cut or 0 for one in new}):
                arrived = [one for one in new if one.cut == moment]
                there += len(arrived)
                stored = unwritten.version(there, arrived[0].key)
                self._store(line, [Version(moment, events_at(arrived, moment), stored)])
        return few

    def _grown(self, line: Line, touched: list[Touched], stretch: Stretch) -> None:
        """Make the versions of another line that has new entries and is otherwise as it was."""
        new = stretch.new(touched)
        if new and self._is_kept(line):
            self._go_on(line, new, stretch)
        elif new:
            epoch = self._epoch(line, stretch.times[-1], stretch)._replace(first=stretch.done.number)
            self._store(line, versions([epoch], *stretch.numbers, partial(self._last, line)))

    def _go_on(self, line: Line, new: list[Touched], stretch: Stretch) -> None:
        """Make the versions of a line with many entries, from the state that it had at the last cut."""
        at = stretch.times[-1]
        growing = self._states.growing(line, "cut", at.entities)
        is_plain = not at.entities.concerns(line)
        before = None if is_plain else self._last(line)

        def everything(moment: int) -> list[Arrival]:
            arrivals = self._epoch(line, at, stretch).arrivals
            return [one for one in arrivals if one.cut is not None and one.cut <= moment]

        def posted(moment: int) -> list[Posted]:
            return [one.posted for one in everything(moment)]

        for moment in sorted({one.cut or 0 for one in new}):
            arrived = [one for one in new if one.cut == moment]
            if is_plain and not self._states.has(line, "cut"):
                there = everything(moment)
                if (stored := unwritten.version(len(there), there[0].key)) is not None:
                    self._store(line, [Version(moment, events_at(arrived, moment), stored)])
                    continue
            try:
                entries = [self._posted(one) for one in arrived]
                view = growing.with_new(entries, partial(posted, moment))
            except Exception as error:
                log.warning("line %s could not be folded at a cut: %r", line, error)
                self._states.drop(line, "cut")
                view = None
            if is_plain or view != before:
                self._store(line, [Version(moment, events_at(arrived, moment), view)])
                before = view

    def _is_kept(self, line: Line) -> bool:
        return self._states.has(line, "served") or self._states.has(line, "cut")

    def _posted(self, touched: Touched) -> Posted:
        row = self._views.execute(
            "SELECT entry, recorded_ms FROM entries WHERE key = ?", (touched.key,)
        ).fetchone()
        return Posted(orjson.loads(row[0]), row[1])

    def _store(self, line: Line, made: Iterable[Version]) -> None:
        self._made += [version.row(line) for version in made]

    def _write(self) -> None:
        rows, self._made = self._made, []
        self._views.executemany(
            """INSERT INTO line_versions (company, section, counterpart, cut, events, view)
               VALUES (?, ?, ?, ?, ?, ?)""",
            rows,
        )
        self._views.executemany(  # of a line they come in the order of cuts
            "INSERT OR IGNORE INTO line_firsts (company, section, counterpart, cut) VALUES (?, ?, ?, ?)",
            [row[:4] for row in rows],
        )

    def _ids_ahead(self, cut: Cut) -> frozenset[str]:
        """List the ids whose lines stay touched, where a cut does not cover all changes of entities."""
        ahead = last_change(self._events) > next_offset(cut.vector, "entities", 0)
        return ids_in_changes(self._events) if ahead else frozenset()

    def _last(self, line: Line) -> bytes | None:
        """Give what the last version says."""
        found = self._views.execute(
            """SELECT view, cut FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?
               ORDER BY cut DESC LIMIT 1""",
            line,
        ).fetchone()
        if found is None or found[0] is None:
            return None
        return unwritten.at_cuts(self._views, self._events, [(line, *found)]).get(line)


def _ids(line: Line) -> set[str]:
    return {line.company, *entities_of(line)}


def _line(name: bytes) -> Line:
    """Read a name; where it is none, something is found, and versions wait until that is settled."""
    return Line.parse(name.decode())
