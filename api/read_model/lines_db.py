"""The lines of a generation file: entries folded to the rows that are served.

A line that cannot be folded has no row, rather than one that pretends to be current, and is a finding
until it can be folded again.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

import orjson

from api.read_model.findings import Finding, Findings
from api.read_model.shown import keys_of, lines_showing, on_line
from streams.entity_map import EntityMap
from streams.fold import fold
from streams.lines import Line

log = logging.getLogger(__name__)


class Lines:
    """Folds lines within the transactions of the file's writer."""

    def __init__(self, connection: sqlite3.Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings

    def fold(
        self, names: Iterable[bytes], maps: list[EntityMap], now_ms: int
    ) -> tuple[list[Finding], set[tuple[int, bytes]]]:
        """Fold the lines anew that show what was posted to these; `maps`: entities as before, and as now.

        Returns what is newly found, and the keys behind it: one of them may be the cause. A name that is
        none is not ours to tell of: its row is one that the log does not give.
        """
        unfoldable = self._findings.unfoldable()
        findings: list[Finding] = []
        suspects: set[tuple[int, bytes]] = set()
        folded: list[tuple[str, str, str, bytes]] = []
        gone: list[Line] = []
        for line in sorted(self._showing(names, maps)):
            name = str(line).encode()
            view, behind = self._folded(line, maps[-1])
            if view is not None:
                folded.append((*line, view))
            else:
                gone.append(line)
            if behind:
                findings += self._findings.note(min(behind)[0], name, "unfoldable", now_ms)
                suspects |= behind
            else:
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

    def _folded(self, line: Line, entities: EntityMap) -> tuple[bytes | None, set[tuple[int, bytes]]]:
        """Fold a line to JSON; where that cannot be done, whatever the reason is, give the keys behind it."""
        try:
            rows = on_line(self._connection, line, entities)
            return (orjson.dumps(fold(row.posted for row in rows)) if rows else None), set()
        except Exception as error:
            log.warning("line %s cannot be folded: %r", line, error)
            return None, set().union(*(keys_of(self._connection, one) for one in entities.sources_of(line)))

    def _write(self, folded: list[tuple[str, str, str, bytes]], gone: list[Line]) -> None:
        self._connection.executemany(
            "DELETE FROM lines WHERE company = ? AND section = ? AND counterpart = ?", gone
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO lines (company, section, counterpart, view) VALUES (?, ?, ?, ?)", folded
        )
