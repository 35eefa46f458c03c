"""A line that is told of often, as it grows: its state goes on from what it was, or is made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streams.fold import Posted
from streams.line_state import LineState, Unsure
from streams.state_rows import MemoryRows, Rows

FOLDED_MAX = 16
"""Entries of a line that is folded anew at each change: for so few that is faster than keeping a state."""


class Growing:
    """Goes on with the rows of a state; without any, or where it is not sure, makes them of all entries."""

    def __init__(
        self,
        rows: Rows | None,
        posted: Callable[[str], Posted],
        keep: Callable[[MemoryRows], Rows] = lambda rows: rows,
    ) -> None:
        self._rows = rows
        self._posted = posted
        self._keep = keep

    def with_new(self, new: Iterable[Posted], everything: Callable[[], Iterable[Posted]]) -> bytes:
        """Give the line with entries more; `everything` is all of it. Raises whatever the fold raises."""
        rows, self._rows = self._rows, None  # after an error, what is kept means nothing
        view = None
        if rows is not None:
            state = LineState(rows, self._posted)
            try:
                for item in new:
                    state.add(item)
                view = state.view()
            except Unsure:
                rows = None
        if rows is None:
            rows = self._keep(LineState.build(everything()))
        if view is None:
            view = LineState(rows, self._posted).view()
        rows.flush()
        self._rows = rows
        return view
