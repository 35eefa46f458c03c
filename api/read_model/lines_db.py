"""The lines of a generation file: entries folded to the rows that are served.

A line that cannot be folded has no row, rather than one that pretends to be current, and is a finding
until it can be folded again.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Container, Iterable

import orjson

from api.read_model import unwritten
from api.read_model.entries_db import Served
from api.read_model.findings import Finding, Findings
from api.read_model.growing import FOLDED_MAX
from api.read_model.line_states import LineStates
from api.read_model.shown import Row, keys_of, lines_showing, on_line
from streams.entity_map import EntityMap
from streams.entries import KEY_ID_BYTES, line_name
from streams.fold import Posted, fold
from streams.lines import Line

log = logging.getLogger(__name__)


class Lines:
    """Folds lines within the transactions of the file's writer."""

    def __init__(self, connection: sqlite3.Connection, findings: Findings, states: LineStates) -> None:
        self._connection = connection
        self._findings = findings
        self._states = states
        self.companies: set[str] = set()
        """Of which the last `fold` wrote or deleted lines."""

    def fold(
        self,
        names: Iterable[bytes],
        maps: list[EntityMap],
        now_ms: int,
        new: Iterable[Served] = (),
        doubtful: Container[bytes] = (),
    ) -> tuple[list[Finding], set[tuple[int, bytes]]]:
        """Fold the lines anew that show what was posted to these; `maps`: entities as before, and as now.

        `new`: entries that are in the file now and were not before; on lines that are folded anew or not.
        `doubtful`: keys of those that are not known to be what the log says.
        Returns what is newly found, and the keys behind it: one of them may be the cause. A name that is
        none is not ours to tell of: its row is one that the log does not give.
        """
        unfoldable = self._findings.unfoldable()
        findings: list[Finding] = []
        suspects: set[tuple[int, bytes]] = set()
        folded: list[tuple[str, str, str, bytes]] = []
        gone: list[Line] = []
        anew = self._showing(names, maps)
        grown = self._with_new(new, maps[-1], anew)
        for line, key in self._lone(grown, doubtful, unfoldable):
            folded.append((*line, unwritten.mark(key)))
            del grown[line]
        for line in sorted(anew | grown.keys()):
            name = str(line).encode()
            view, behind = self._folded(line, maps[-1], None if line in anew else grown[line])
            if view is not None:
                folded.append((*line, view))
            else:
                gone.append(line)
            if behind:
                findings += self._findings.note(min(behind)[0], name, "unfoldable", now_ms)
                suspects |= behind
            elif unfoldable:
                self._findings.settle([one for one in unfoldable if one[1] == name], now_ms)
        self._write(folded, gone)
        return findings, suspects

    def fold_again(self, entities: EntityMap, now_ms: int) -> None:
        """Try the lines again that could not be folded: this may be a version that can."""
        self.fold({name for _, name in self._findings.unfoldable()}, [entities], now_ms)

    def _showing(self, names: Iterable[bytes], maps: list[EntityMap]) -> set[Line]:
        shown: set[Line] = set()
        for name in names:
            try:
                posted = Line.parse(name.decode())
            except ValueError:
                continue
            try:
                for entities in maps:
                    shown |= lines_showing(self._connection, posted, entities)
            except ValueError:
                shown.add(posted)
        return shown

    def _with_new(
        self, new: Iterable[Served], entities: EntityMap, anew: set[Line]
    ) -> dict[Line, dict[str, Served]]:
        """Sort new entries by the line that shows them; what cannot be sorted has its line folded anew."""
        grown: dict[Line, dict[str, Served]] = {}
        for served in new:
            try:
                line = Line.parse(line_name(served.key).decode())
            except ValueError:
                continue
            try:
                if entities.concerns(line):
                    entry = orjson.loads(served.entry)
                    line = entities.line(line, entry.get("fact") or entry["id"])
            except (ValueError, KeyError, TypeError, AttributeError):
                anew.add(line)
                continue
            grown.setdefault(line, {})[served.key[-KEY_ID_BYTES:].hex()] = served
        return grown

    def _lone(
        self,
        grown: dict[Line, dict[str, Served]],
        doubtful: Container[bytes],
        unfoldable: set[tuple[int, bytes]],
    ) -> list[tuple[Line, bytes]]:
        """List the lines that a single new entry has made, with its key: they need no folding."""
        lone = [(line, one.key) for line, new in grown.items() if len(new) == 1 for one in new.values()]
        lone = [(line, key) for line, key in lone if unwritten.is_of(line, key) and key not in doubtful]
        known = unwritten.stored(self._connection, [line for line, _ in lone])
        failing = {name for _, name in unfoldable}
        return [(line, key) for line, key in lone if line not in known and line_name(key) not in failing]

    def _folded(
        self, line: Line, entities: EntityMap, new: dict[str, Served] | None
    ) -> tuple[bytes | None, set[tuple[int, bytes]]]:
        """Fold a line to what is stored, all of it or what is new; if that fails, give the keys behind it."""
        try:
            return self._fold(line, entities, new), set()
        except Exception as error:
            log.warning("line %s cannot be folded: %r", line, error)
            self._states.drop(line, "served")
            return None, set().union(*(keys_of(self._connection, one) for one in entities.sources_of(line)))

    def _fold(self, line: Line, entities: EntityMap, new: dict[str, Served] | None) -> bytes | None:
        def everything() -> list[Posted]:
            return [row.posted for row in rows()]

        def rows() -> list[Row]:
            return on_line(self._connection, line, entities)

        is_kept = self._states.has(line, "served")
        if is_kept and new is not None:
            entries = (Posted(orjson.loads(served.entry), served.recorded_ms) for served in new.values())
            return self._states.growing(line, "served", entities).with_new(entries, everything)
        if is_kept:
            self._states.drop(line, "served")
        shown = rows()
        items = [row.posted for row in shown]
        if len(items) > FOLDED_MAX:
            return self._states.growing(line, "served", entities).with_new((), lambda: items)
        view = orjson.dumps(fold(items)) if items else None
        return unwritten.served(line, [row.key for row in shown], view) if view is not None else None

    def _write(self, folded: list[tuple[str, str, str, bytes]], gone: list[Line]) -> None:
        self.companies = {line[0] for line in folded} | {line.company for line in gone}
        self._connection.executemany(
            "DELETE FROM lines WHERE company = ? AND section = ? AND counterpart = ?", gone
        )
        self._connection.executemany(
            """INSERT INTO lines (company, section, counterpart, view) VALUES (?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET view = excluded.view""",
            [(*line, unwritten.packed(view)) for *line, view in folded],
        )
