"""The states of the lines that are told of often (see streams.line_state), in a generation file.

A line has two: of what is served, and of what had been recorded by the last cut that has its versions.
"""

from __future__ import annotations

import sqlite3
from typing import Literal

import orjson

from api.read_model.growing import Growing
from streams.entity_map import EntityMap
from streams.entries import table_key
from streams.fold import Posted
from streams.lines import Line
from streams.state_rows import MemoryRows, Rows, Value

Of = Literal["served", "cut"]


class StoredRows:
    """The rows of one state. What changes is held until `flush`, or until rows of its kind are listed.

    A kind is the first byte of a key.
    """

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._changed: dict[int, dict[bytes, Value | None]] = {}

    def get(self, key: bytes) -> Value | None:
        """Give the value of a row."""
        changed = self._changed.get(key[0])
        if changed is not None and key in changed:
            return changed[key]
        found = self._connection.execute(
            "SELECT value FROM line_states WHERE state = ? AND key = ?", (self._number, key)
        ).fetchone()
        return found[0] if found else None

    def put(self, key: bytes, value: Value) -> None:
        """Write a row."""
        self._set(key, value)

    def delete(self, key: bytes) -> None:
        """Delete a row, if it is there."""
        self._set(key, None)

    def count(self, key: bytes, by: int) -> int:
        """Add to a number, and give what it is then; the row of a zero is deleted."""
        before = self.get(key)
        number = (before if isinstance(before, int) else 0) + by
        self._set(key, number or None)
        return number

    def span(self, first: bytes, end: bytes, limit: int, *, last: bool = False) -> list[tuple[bytes, Value]]:
        """List the rows from `first` to before `end`: the first so many, or the `last`, in order."""
        if changed := self._changed.pop(first[0], None):
            self._write(changed)
        order = "DESC" if last else "ASC"
        sql = f"""SELECT key, value FROM line_states WHERE state = ? AND key >= ? AND key < ?
                  ORDER BY key {order} LIMIT ?"""  # noqa: S608  # no value in it
        found = self._connection.execute(sql, (self._number, first, end, limit)).fetchall()
        return found[::-1] if last else found

    def flush(self) -> None:
        """Write what has changed."""
        for changed in self._changed.values():
            self._write(changed)
        self._changed.clear()

    def _set(self, key: bytes, value: Value | None) -> None:
        self._changed.setdefault(key[0], {})[key] = value

    def _write(self, changed: dict[bytes, Value | None]) -> None:
        """Write rows in the order of their keys, so that each page is changed once."""
        rows = sorted(changed.items())
        if gone := [(self._number, key) for key, value in rows if value is None]:
            self._connection.executemany("DELETE FROM line_states WHERE state = ? AND key = ?", gone)
        self._connection.executemany(
            "INSERT OR REPLACE INTO line_states (state, key, value) VALUES (?, ?, ?)",
            [(self._number, key, value) for key, value in rows if value is not None],
        )


class LineStates:
    """Works in the transactions of the file's writer. One for a connection: it remembers what is there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[tuple[Line, str], int] = {
            (Line(*name), what): number
            for number, *name, what in connection.execute(
                "SELECT number, company, section, counterpart, what FROM states"
            )
        }

    def growing(self, line: Line, of: Of, entities: EntityMap) -> Growing:
        """Go on with a state of a line, if there is one; what it grows into is kept."""
        number = self._numbers.get((line, of))
        rows = StoredRows(self._connection, number) if number is not None else None
        sources = entities.sources_of(line) if entities.concerns(line) else [line]
        return Growing(
            rows, lambda event: self._posted(sources, event), lambda made: self._keep(line, of, made)
        )

    def has(self, line: Line, of: Of) -> bool:
        """Say whether there is a state."""
        return (line, of) in self._numbers

    def drop(self, line: Line, of: Of) -> None:
        """Forget a state, if there is one."""
        number = self._numbers.pop((line, of), None)
        if number is not None:
            self._connection.execute("DELETE FROM line_states WHERE state = ?", (number,))
            self._connection.execute("DELETE FROM states WHERE number = ?", (number,))

    def _keep(self, line: Line, of: Of, made: MemoryRows) -> Rows:
        self.drop(line, of)
        number = self._connection.execute(
            "INSERT INTO states (company, section, counterpart, what) VALUES (?, ?, ?, ?)", (*line, of)
        ).lastrowid
        self._connection.executemany(
            "INSERT INTO line_states (state, key, value) VALUES (?, ?, ?)",
            ((number, *row) for row in sorted(made.rows.items())),
        )
        self._numbers[line, of] = number or 0
        return StoredRows(self._connection, number or 0)

    def _posted(self, sources: list[Line], event: str) -> Posted:
        """Read an entry of a line. Raises LookupError."""
        for source in sources:
            found = self._connection.execute(
                "SELECT entry, recorded_ms FROM entries WHERE key = ?", (table_key(source, event),)
            ).fetchone()
            if found:
                return Posted(orjson.loads(found[0]), found[1])
        raise LookupError(event)
