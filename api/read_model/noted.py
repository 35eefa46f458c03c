"""What an answer was made of: every statement and what it gave, so that one can see later if it still holds.

An answer is a function of what its statements gave: while all of them give the same again, so does it. This
needs no knowledge of what any of them means.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

Statement = tuple[bool, str, tuple[Any, ...]]
"""Whether it is asked of the views, its text, its values."""

ROW_BYTES = 200
"""What a row takes besides its strings and blobs, about."""


class Rows:
    """What a statement gave; to be read as a cursor is."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give the rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows


class Noted:
    """The statements that were asked through `of`, in their order."""

    def __init__(self) -> None:
        self._asked: dict[Statement, list[tuple[Any, ...]]] = {}

    def of(self, at: Snapshot) -> Snapshot:
        """Give a snapshot that notes what is asked of it."""
        events, views = _Noting(at.events, self, of_views=False), at.views and _Noting(at.views, self, True)
        return replace(at, events=cast(sqlite3.Connection, events), views=cast(sqlite3.Connection, views))

    def rows(self, connection: sqlite3.Connection, statement: Statement) -> list[tuple[Any, ...]]:
        """Give the rows of a statement, and note them. In one snapshot it always gives the same."""
        rows = self._asked.get(statement)
        if rows is None:
            rows = self._asked[statement] = connection.execute(*statement[1:]).fetchall()
        return rows

    def hold(self, at: Snapshot) -> bool:
        """Say whether all that was noted is so in a snapshot, too."""
        for (of_views, sql, values), rows in self._asked.items():
            file = at.views if of_views else at.events
            if file is None or file.execute(sql, values).fetchall() != rows:
                return False
        return True

    def size(self) -> int:
        """Estimate how many bytes are kept."""
        noted = self._asked.values()
        cells = (cell for rows in noted for row in rows for cell in row)
        number = sum(1 + len(rows) for rows in noted)
        return number * ROW_BYTES + sum(len(cell) for cell in cells if isinstance(cell, (str, bytes)))


class _Noting:
    """Stands for a connection that is only read from."""

    def __init__(self, connection: sqlite3.Connection, noted: Noted, of_views: bool) -> None:
        self._connection = connection
        self._noted = noted
        self._of_views = of_views

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        return Rows(self._noted.rows(self._connection, (self._of_views, sql, tuple(values))))
