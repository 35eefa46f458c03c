"""The rows that a generation file keeps of one line, out of all of its entries: pure, for who writes them."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import orjson

from api.read_model import alone
from api.read_model.growing import FOLDED_MAX, Growing
from streams.entries import KEY_ID_BYTES
from streams.fold import Posted, fold
from streams.lines import Line

EVENTS_MAX = 50  # of those that made a version, so many are named

log = logging.getLogger(__name__)


class Arrival(NamedTuple):
    """An entry that is shown on a line: its table key, and the cut that recorded it (none: none has yet)."""

    key: bytes
    posted: Posted
    cut: int | None


class Version(NamedTuple):
    """What a line said from a cut on (none: it was gone), and the events that made it so, 16 bytes each.

    The view is as it is stored (see `api.read_model.alone`).
    """

    cut: int
    events: bytes
    view: bytes | None


class LineRows(NamedTuple):
    """The `view` of a row of `lines` (none: no row), the rows of `line_versions`, keys for `touched`.

    Views are as they are stored.
    """

    view: bytes | None
    versions: list[Version]
    touched: list[bytes]


def line_rows(line: Line, arrivals: Sequence[Arrival], last: int) -> LineRows:
    """Give all rows of a line of which no entity was ever merged or split; versions up to cut `last`.

    It has more than one entry (else see `lone_rows`). Raises ValueError where they cannot be folded.
    """
    view = orjson.dumps(fold(arrival.posted for arrival in arrivals))
    cuts = {arrival.cut for arrival in arrivals}
    if len(cuts) == 1 and (cut := cuts.pop()) is not None and cut <= last:
        return LineRows(view, [Version(cut, events_at(arrivals, cut), view)], [])
    left = [arrival.key for arrival in arrivals if arrival.cut is None or arrival.cut > last]
    return LineRows(view, versions(line, [(0, arrivals)], 0, last, None), left)


def lone_rows(key: bytes, cut: int | None, last: int) -> LineRows:
    """Give all rows of such a line with one entry, as most are: nothing has to be folded for that."""
    view = alone.mark(key)
    if cut is not None and cut <= last:
        return LineRows(view, [Version(cut, view, view)], [])
    return LineRows(view, [], [key])


def versions(
    line: Line,
    epochs: Sequence[tuple[int, Sequence[Arrival]]],
    after: int,
    last: int,
    before: bytes | None,
) -> list[Version]:
    """Make the versions of a line at the cuts behind `after` up to `last`; `before`: what it said until then.

    `epochs`: from which cut on which entries are shown on it. There is a new one where entities changed.
    """
    made: list[Version] = []
    ends = [cut - 1 for cut, _ in epochs[1:]] + [last]
    for number, ((first, arrivals), end) in enumerate(zip(epochs, ends, strict=True)):
        moments = {arrival.cut for arrival in arrivals if arrival.cut is not None} | {first} - {epochs[0][0]}
        arriving = _Arriving(arrivals)
        for moment in sorted(cut for cut in moments if max(first, after + (number == 0)) <= cut <= end):
            view = arriving.at(moment)
            if view != before:
                stored = alone.to_store(line, arriving.keys(), view) if view is not None else None
                made.append(Version(moment, events_at(arriving.new, moment), stored))
                before = view
    return made


class _Arriving:
    """A line as its entries arrive, cut by cut."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self._arrivals = sorted((a for a in arrivals if a.cut is not None), key=lambda a: a.cut or 0)
        self._cuts = [arrival.cut or 0 for arrival in self._arrivals]
        self._there = 0
        self._growing = None
        if len(arrivals) > FOLDED_MAX:
            posted = {arrival.posted.entry["id"]: arrival.posted for arrival in arrivals}
            self._growing = Growing(None, posted.__getitem__)
        self.new: list[Arrival] = []
        """What has arrived since the last moment that was asked about."""

    def at(self, moment: int) -> bytes | None:
        """Give the line at a cut; moments ascend. What cannot be folded has no line, as in what is served."""
        before, self._there = self._there, bisect_right(self._cuts, moment)
        self.new = self._arrivals[before : self._there]
        if not self._there:
            return None
        try:
            if self._growing is None:
                return orjson.dumps(fold(self._posted()))
            return self._growing.with_new((arrival.posted for arrival in self.new), self._posted)
        except Exception as error:
            log.warning("a line could not be folded at a cut: %r", error)
            return None

    def keys(self) -> list[bytes]:
        """Name the entries that have arrived."""
        return [arrival.key for arrival in self._arrivals[: self._there]]

    def _posted(self) -> list[Posted]:
        return [arrival.posted for arrival in self._arrivals[: self._there]]


class Recorded(Protocol):
    """What has a table key and the cut that recorded it."""

    @property
    def key(self) -> bytes:
        """The key of the table."""

    @property
    def cut(self) -> int | None:
        """The number of the cut."""


def events_at(arrivals: Iterable[Recorded], moment: int) -> bytes:
    """Name the events of a cut by the halves of their ids, EVENTS_MAX at most."""
    new = sorted(arrival.key[-KEY_ID_BYTES:] for arrival in arrivals if arrival.cut == moment)
    return b"".join(new[:EVENTS_MAX])
