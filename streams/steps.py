"""Part the tellings of a line into steps: one thing that happened, told by several."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.preference import Told

NEIGHBOURS_DAYS_MAX = 30

Kind = tuple[str, bool]


def steps(tellings: Sequence[Told]) -> list[list[Told]]:
    """Part tellings, sorted, into steps, sorted; the first telling of a step is one that dates it.

    What is told as happened makes the steps: neighbours of one kind at most 30 days apart. Talk and denials
    join the step of their kind that is near; talk that is near none makes steps of its own, and a denial
    of nothing that is told makes none.
    """
    if len(tellings) == 1:  # most lines were told of once
        return [] if tellings[0].denied else [list(tellings)]
    strong = _Runs([telling for telling in tellings if telling.strong])
    talk = [telling for telling in tellings if not telling.strong and not strong.join(telling)]
    weak = _Runs([telling for telling in talk if not telling.denied])
    for telling in talk:
        if telling.denied:
            weak.join(telling)
    # No two have a day and a kind in common: they would be neighbours.
    return sorted(strong.groups + weak.groups, key=lambda group: group[0])


@dataclass
class _KindRuns:
    """The runs of one kind: first and last days as they were before anything joined, ascending."""

    firsts: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)
    groups: list[list[Told]] = field(default_factory=list)


class _Runs:
    """Stretches of neighbours, which more may join without making them longer."""

    def __init__(self, ordered: Sequence[Told]) -> None:
        self.groups: list[list[Told]] = []
        self._by_kind: dict[Kind, _KindRuns] = {}
        before: Told | None = None
        for telling in ordered:
            runs = self._by_kind.setdefault(telling.kind, _KindRuns())
            day = telling.day.toordinal()  # not dates: a day near year 1 or 9999 has no neighbour 30 days off
            if before and before.kind == telling.kind and day - runs.lasts[-1] <= NEIGHBOURS_DAYS_MAX:
                runs.lasts[-1] = day
                runs.groups[-1].append(telling)
            else:
                runs.firsts.append(day)
                runs.lasts.append(day)
                runs.groups.append([telling])
                self.groups.append(runs.groups[-1])
            before = telling

    def join(self, telling: Told) -> bool:
        """Add a telling to the latest run of its kind that is near it, if there is one."""
        runs = self._by_kind.get(telling.kind)
        if runs is None:
            return False
        day = telling.day.toordinal()
        latest = bisect_right(runs.firsts, day + NEIGHBOURS_DAYS_MAX) - 1
        if latest < 0 or runs.lasts[latest] < day - NEIGHBOURS_DAYS_MAX:
            return False
        runs.groups[latest].append(telling)
        return True
