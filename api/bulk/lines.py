"""From the sorted rows of a table to the rows of its lines: pure. What a line is, `line_rows` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import orjson

from api.read_model.line_rows import Arrival, LineRows, line_rows, lone_rows
from streams.entries import line_name
from streams.fold import Posted
from streams.lines import Line, entities_of

if TYPE_CHECKING:
    from streams.replay import TableRow

Arrived = Callable[[str, int], int | None]
"""Topic and offset of an event → the cut at which it was recorded; none while no cut covers it."""


def by_line(rows: Iterable[TableRow]) -> Iterator[tuple[bytes, list[TableRow]]]:
    """Yield the rows of each line, with its name, from rows in the order of their keys."""
    for name, group in groupby(rows, lambda row: line_name(row[0])):
        yield name, list(group)


def rows_of(rows: list[TableRow], arrived: Arrived, last: int) -> LineRows:
    """Make the rows of one line. Raises ValueError for what is no entry."""
    if len(rows) == 1:  # most lines: nothing has to be folded
        ((key, _, topic, offset, _),) = rows
        return lone_rows(key, arrived(topic, offset), last)
    return line_rows(
        [
            Arrival(key, Posted(orjson.loads(entry), ms), arrived(topic, offset))
            for key, ms, topic, offset, entry in rows
        ],
        last,
    )


def line(name: bytes) -> Line:
    """Read the name of a line. Raises ValueError."""
    return Line.parse(name.decode())


def ids_of(line: Line) -> set[str]:
    """List the ids of the entities that a line names."""
    return {line.company, *entities_of(line)}
