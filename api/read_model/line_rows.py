"""The rows that a generation file keeps of one line, out of all of its entries: pure, for who writes them."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

import orjson

from api.read_model import unwritten
from api.read_model.growing import FOLDED_MAX, Growing
from streams.entries import KEY_ID_BYTES
from streams.fold import Posted, fold
from streams.folding import Folding
from streams.lines import Line

FOLDING_MAX = 512
"""Entries of a line that is gone through again at each cut; of a longer one a state is kept."""

EVENTS_MAX = 50  # of those that made a version, so many are named

log = logging.getLogger(__name__)


class Arrival(NamedTuple):
    """An entry that is shown on a line: its table key, and the cut that recorded it (none: none has yet)."""

    key: bytes
    posted: Posted
    cut: int | None


class Version(NamedTuple):
    """What a line said from a cut on (none: it was gone), and the events that made it so, 16 bytes each.

    The view is as it is stored (see `api.read_model.unwritten`), but for being packed.
    """

    cut: int
    events: bytes
    view: bytes | None

    def row(self, line: Line) -> tuple[object, ...]:
        """Give the row of `line_versions`."""
        return (*line, self.cut, self.events, unwritten.packed(self.view))


class LineRows(NamedTuple):
    """The `view` of a row of `lines` (none: no row), the rows of `line_versions`, keys for `touched`.

    Views are as they are stored, but for being packed.
    """

    view: bytes | None
    versions: list[Version]
    touched: list[bytes]


class Epoch(NamedTuple):
    """From which cut on which entries are shown on a line; `plain`: those that were posted to it."""

    first: int
    arrivals: Sequence[Arrival]
    plain: bool


def line_rows(arrivals: Sequence[Arrival], last: int) -> LineRows:
    """Give all rows of a line of which no entity was ever merged or split; versions up to cut `last`.

    It has more than one entry (else see `lone_rows`). Raises ValueError where they cannot be folded.
    """
    left = [arrival.key for arrival in arrivals if arrival.cut is None or arrival.cut > last]
    made = versions([Epoch(0, arrivals, plain=True)], 0, last, lambda: None)
    # A version that has all entries and is written out says what the line says.
    view = made[-1].view if not left and len(arrivals) > unwritten.FEW_MAX else None
    return LineRows(view or orjson.dumps(fold(one.posted for one in arrivals)), made, left)


def lone_rows(key: bytes, cut: int | None, last: int) -> LineRows:
    """Give all rows of such a line with one entry, as most are: nothing has to be folded for that."""
    view = unwritten.mark(key)
    if cut is not None and cut <= last:
        return LineRows(view, [Version(cut, view, view)], [])
    return LineRows(view, [], [key])


def versions(
    epochs: Sequence[Epoch], after: int, last: int, before: Callable[[], bytes | None]
) -> list[Version]:
    """Make the versions of a line at the cuts behind `after` up to `last`; `before`: what it said until then.

    There is one wherever an entry arrived at a plain line, else where what it says has changed.
    """
    made: list[Version] = []
    ends = [epoch.first - 1 for epoch in epochs[1:]] + [last]
    for number, (epoch, end) in enumerate(zip(epochs, ends, strict=True)):
        cuts = {arrival.cut for arrival in epoch.arrivals if arrival.cut is not None}
        begun = {epoch.first} if number else set()
        line = _Arriving(epoch.arrivals)
        for moment in sorted(cuts | begun):
            if not max(epoch.first, after + (number == 0)) <= moment <= end:
                continue
            line.go_on(moment)
            if epoch.plain and moment in cuts:
                stored = unwritten.version(*line.size())
                said = line.view() if stored is None else stored
                before = line.asked()
            elif (said := line.view()) == before():
                continue
            else:
                before = line.asked()
            made.append(Version(moment, events_at(line.new, moment), said))
    return made


class _Arriving:
    """A line as its entries arrive, cut by cut."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self._arrivals = sorted((a for a in arrivals if a.cut is not None), key=lambda a: a.cut or 0)
        self._cuts = [arrival.cut or 0 for arrival in self._arrivals]
        self._there = self._grown = 0
        self._folding = self._growing = None
        if FOLDED_MAX < len(arrivals) <= FOLDING_MAX:
            self._folding = Folding()
        elif len(arrivals) > FOLDING_MAX:
            posted = {arrival.posted.entry["id"]: arrival.posted for arrival in arrivals}
            self._growing = Growing(None, posted.__getitem__)
        self.new: Sequence[Arrival] = ()
        """What has arrived since the last moment."""

    def go_on(self, moment: int) -> None:
        """Let arrive what has arrived by a cut; moments ascend."""
        before, self._there = self._there, bisect_right(self._cuts, moment)
        self.new = self._arrivals[before : self._there]

    def size(self) -> tuple[int, bytes]:
        """Say how many entries have arrived, and give the key of the first."""
        return self._there, self._arrivals[0].key

    def view(self) -> bytes | None:
        """Give the line as it is now. What cannot be folded has no line, as in what is served."""
        if not self._there:
            return None
        try:
            new = [arrival.posted for arrival in self._arrivals[self._grown : self._there]]
            self._grown = self._there
            if self._growing is not None:
                return self._growing.with_new(new, self._posted)
            if self._folding is not None:
                with suppress(Exception):  # the plain fold says what there is to say
                    return self._folding.with_new(new)
                self._folding = None
            return orjson.dumps(fold(self._posted()))
        except Exception as error:
            log.warning("a line could not be folded at a cut: %r", error)
            return None

    def asked(self) -> Callable[[], bytes | None]:
        """Give a function that gives the line as it is now, whatever arrives later."""
        return partial(_view, self._arrivals, self._there)

    def _posted(self) -> list[Posted]:
        return [arrival.posted for arrival in self._arrivals[: self._there]]


def _view(arrivals: Sequence[Arrival], number: int) -> bytes | None:
    line = _Arriving(arrivals[:number])
    line.go_on(max((arrival.cut or 0 for arrival in arrivals[:number]), default=0))
    return line.view()


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
