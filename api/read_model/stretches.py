"""Which cuts get their line versions at once, and what may have changed at them."""

from __future__ import annotations

from typing import NamedTuple

from api.read_model.entity_maps import Epoch
from api.read_model.places import CutMoves
from streams.cuts import Cut
from streams.documents import Place
from streams.lines import Line
from streams.vectors import covers


class Touched(NamedTuple):
    """A row of `touched`: the line as it was posted to, and of a new entry the cut that recorded it, if any.

    `place` is absent for a line that has changed otherwise than by a new entry.
    """

    key: bytes
    line: Line
    place: Place | None
    cut: int | None


class Stretch(NamedTuple):
    """Cuts that get their versions: those behind `done` up to `last`, and how entities stood meanwhile.

    `ahead`: ids of which the views know changes that no such cut covers; `moves`: those of these cuts.
    """

    done: Cut
    last: Cut
    times: list[Epoch]
    ahead: frozenset[str]
    moves: CutMoves

    def shifts(self, line: Line) -> bool:
        """Say whether entries of a line may have moved from or to it meanwhile."""
        return len(self.times) > 1 and any(at.entities.concerns(line) for at in self.times)

    @property
    def numbers(self) -> tuple[int, int]:
        """Behind which cut they are, and up to which."""
        return self.done.number, self.last.number

    def new(self, touched: list[Touched]) -> list[Touched]:
        """List the new entries that were recorded at these cuts."""
        first, last = self.numbers
        return [one for one in touched if one.cut is not None and first < one.cut <= last]

    def arrived(self, place: Place) -> int | None:
        """Give the cut at which an entry was recorded, or cut `done` if that was earlier; none if later."""
        return self.done.number if covers(self.done.vector, *place) else self.moves.cut_of(*place)
