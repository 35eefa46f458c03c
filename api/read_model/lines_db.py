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
from streams.entries import KEY_ID_BYTES
from streams.fold import Posted, fold
from streams.lines import Line

log = logging.getLogger(__name__)


class Lines:
    """Folds lines within the transactions of the file's writer."""

    def __init__(self, connection: sqlite3.Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings

    def fold(self, names: Iterable[bytes], now_ms: int) -> tuple[list[Finding], set[tuple[int, bytes]]]:
        """Fold lines anew; give what is newly found, and the keys behind it: one of them may be the cause.

        A name that is none is not ours to tell of: its row is one that the log does not give.
        """
        unfoldable = self._findings.unfoldable()
        findings: list[Finding] = []
        suspects: set[tuple[int, bytes]] = set()
        folded: list[tuple[str, str, str, bytes]] = []
        gone: list[Line] = []
        for name in sorted(names):
            try:
                line = Line.parse(name.decode())
            except ValueError:
                continue
            rows = self._connection.execute(
                "SELECT entry, recorded_ms, partition, key FROM entries WHERE key >= ? AND key < ?",
                (name + b"\0", name + b"\1"),
            ).fetchall()
            view = _folded(name, [row[:2] for row in rows]) if rows else None
            if view is not None:
                folded.append((*line, view))
            else:
                gone.append(line)
            if view is None and rows:
                findings += self._findings.note(min(row[2] for row in rows), name, "unfoldable", now_ms)
                suspects |= {(partition, key) for _, _, partition, key in rows}
            else:
                self._findings.settle([one for one in unfoldable if one[1] == name], now_ms)
        self._write(folded, gone)
        return findings, suspects

    def fold_again(self, now_ms: int) -> None:
        """Try the lines again that could not be folded: this may be a version that can."""
        self.fold({name for _, name in self._findings.unfoldable()}, now_ms)

    def _write(self, folded: list[tuple[str, str, str, bytes]], gone: list[Line]) -> None:
        self._connection.executemany(
            "DELETE FROM lines WHERE company = ? AND section = ? AND counterpart = ?", gone
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO lines (company, section, counterpart, view) VALUES (?, ?, ?, ?)", folded
        )


def line_name(key: bytes) -> bytes:
    """Give the name of the line in a key of the table."""
    return key[: -KEY_ID_BYTES - 1]


def _folded(name: bytes, rows: list[tuple[bytes, int]]) -> bytes | None:
    """Fold entries to JSON; none if that cannot be done, whatever the reason is."""
    try:
        return orjson.dumps(fold(Posted(orjson.loads(entry), recorded_ms) for entry, recorded_ms in rows))
    except Exception as error:
        log.warning("line %r cannot be folded: %r", name, error)
        return None
