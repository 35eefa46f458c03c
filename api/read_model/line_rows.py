"""The rows that a generation file keeps of one line, out of all of its entries: pure, for who writes them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from streams.entries import KEY_ID_BYTES
from streams.fold import Posted, fold

EVENTS_MAX = 50  # of those that made a version, so many are named

log = logging.getLogger(__name__)


class Arrival(NamedTuple):
    """An entry that is shown on a line: its table key, and the cut that recorded it (none: none has yet)."""

    key: bytes
    posted: Posted
    cut: int | None


class Version(NamedTuple):
    """What a line said from a cut on (none: it was gone), and the events that made it so, 16 bytes each."""

    cut: int
    events: bytes
    view: bytes | None


class LineRows(NamedTuple):
    """The `view` of a row of `lines` (none: no row), the rows of `line_versions`, keys for `touched`."""

    view: bytes | None
    versions: list[Version]
    touched: list[bytes]


def line_rows(arrivals: Sequence[Arrival], last: int) -> LineRows:
    """Give all rows of a line of which no entity was ever merged or split; versions up to cut `last`.

    Raises ValueError where what is served now cannot be folded.
    """
    view = orjson.dumps(fold(arrival.posted for arrival in arrivals)) if arrivals else None
    cuts = {arrival.cut for arrival in arrivals}
    if len(cuts) == 1 and (cut := cuts.pop()) is not None and cut <= last:  # most lines were told of once
        return LineRows(view, [Version(cut, events_at(arrivals, cut), view)], [])
    left = [arrival.key for arrival in arrivals if arrival.cut is None or arrival.cut > last]
    return LineRows(view, versions([(0, arrivals)], 0, last, None), left)


def versions(
    epochs: Sequence[tuple[int, Sequence[Arrival]]], after: int, last: int, before: bytes | None
) -> list[Version]:
    """Make the versions of a line at the cuts behind `after` up to `last`; `before`: what it said until then.

    `epochs`: from which cut on which entries are shown on it. There is a new one where entities changed.
    """
    made: list[Version] = []
    moments = {cut for cut, _ in epochs[1:]}
    moments |= {a.cut for _, arrivals in epochs for a in arrivals if a.cut is not None}
    for moment in sorted(cut for cut in moments if after < cut <= last):
        arrivals = max((epoch for epoch in epochs if epoch[0] <= moment), key=lambda epoch: epoch[0])[1]
        there = [arrival for arrival in arrivals if arrival.cut is not None and arrival.cut <= moment]
        view = _folded(arrival.posted for arrival in there) if there else None
        if view != before:
            made.append(Version(moment, events_at(arrivals, moment), view))
            before = view
    return made


def events_at(arrivals: Iterable[Arrival], moment: int) -> bytes:
    """Name the events of a cut by the halves of their ids, EVENTS_MAX at most."""
    new = sorted(arrival.key[-KEY_ID_BYTES:] for arrival in arrivals if arrival.cut == moment)
    return b"".join(new[:EVENTS_MAX])


def _folded(posted: Iterable[Posted]) -> bytes | None:
    """Fold what was there at a cut. What cannot be folded has no line, here as in what is served."""
    try:
        return orjson.dumps(fold(posted))
    except Exception as error:
        log.warning("a line could not be folded at a cut: %r", error)
        return None
