"""What all entries of a line make: the line as served, and its versions. The same that the reader makes.

Pure: `tests/api/test_bulk.py` holds it equal to what the reader's own steps make of generated histories.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import orjson

from api.read_model.line_versions import EVENTS_MAX
from streams.entries import KEY_ID_BYTES, line_name
from streams.fold import Posted, fold
from streams.lines import Line, entities_of

if TYPE_CHECKING:
    from streams.replay import TableRow

Arrived = Callable[[str, int], int | None]
"""Topic and offset of an event → the cut at which it was recorded; none while no cut covers it."""


class Made(NamedTuple):
    """The view of a line; cut, events and view of each version; whether entries lie behind the last cut."""

    view: bytes
    versions: list[tuple[int, bytes, bytes]]
    is_ahead: bool


def by_line(rows: Iterable[TableRow]) -> Iterator[tuple[bytes, list[TableRow]]]:
    """Yield the rows of each line, with its name, from rows in the order of their keys."""
    for name, group in groupby(rows, lambda row: line_name(row[0])):
        yield name, list(group)


def made(rows: list[TableRow], arrived: Arrived, last: int) -> Made:
    """Fold the rows of one line, as it is now and as it was at each cut up to `last` at which it changed.

    Raises ValueError for what is no entry.
    """
    posted = [Posted(orjson.loads(entry), ms) for _, ms, _, _, entry in rows]
    view = orjson.dumps(fold(posted))
    cuts = [arrived(topic, offset) for _, _, topic, offset, _ in rows]
    moments = sorted({cut for cut in cuts if cut is not None and cut <= last})
    is_ahead = any(cut is None or cut > last for cut in cuts)
    versions: list[tuple[int, bytes, bytes]] = []
    before = None
    for moment in moments:
        if moment == moments[-1] and not is_ahead:
            then = view
        else:
            there = zip(posted, cuts, strict=True)
            then = orjson.dumps(fold(one for one, cut in there if (cut or last + 1) <= moment))
        if then != before:
            keys = [row[0][-KEY_ID_BYTES:] for row, cut in zip(rows, cuts, strict=True) if cut == moment]
            versions.append((moment, b"".join(sorted(keys)[:EVENTS_MAX]), then))
            before = then
    return Made(view, versions, is_ahead)


def line(name: bytes) -> Line:
    """Read the name of a line. Raises ValueError."""
    return Line.parse(name.decode())


def ids_of(line: Line) -> set[str]:
    """List the ids of the entities that a line names."""
    return {line.company, *entities_of(line)}


class Cuts:
    """The cuts of one partition number: next offsets and cut numbers by topic, ascending."""

    def __init__(self, moves: Iterable[tuple[str, int, int]]) -> None:
        self._moves: dict[str, tuple[list[int], list[int]]] = {}
        for topic, next_, cut in moves:
            nexts, cuts = self._moves.setdefault(topic, ([], []))
            nexts.append(next_)
            cuts.append(cut)

    def arrived(self, topic: str, offset: int) -> int | None:
        """Find the cut at which a place was recorded; none while no cut covers it."""
        nexts, cuts = self._moves.get(topic, ((), ()))
        at = bisect_right(nexts, offset)
        return cuts[at] if at < len(cuts) else None
