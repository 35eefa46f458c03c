"""The fold of a line again and again as its entries arrive: what has stayed as it was is not made again.

What it gives is to the byte what `streams.fold` makes of the same entries. Each time costs as much as the
line has entries, though little for each: where they are thousands, a `LineState` is faster.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable

import orjson

from streams.fold import retracted, step_of, value_among
from streams.line_view import chosen, fitting, line_json
from streams.preference import Posted, Told, told, value_of
from streams.steps import steps

Group = tuple[str, ...]
"""The ids of the tellings of a step, in its order."""


class Folding:
    """The entries of a line so far, and what was made of them. After an error, it means nothing."""

    def __init__(self) -> None:
        self._entries: dict[str, Posted] = {}
        self._told: dict[str, Told] = {}  # of the facts
        self._living: list[Told] | None = []  # sorted; none: to be found anew
        self._values: dict[str, bytes] = {}
        self._made: dict[Group, bytes] = {}  # the steps that were shown last

    def with_new(self, new: Iterable[Posted]) -> bytes:
        """Give the line with entries more. Raises what `told` and the like raise for what is none."""
        for item in new:
            self._add(item)
        return self._view()

    def _add(self, item: Posted) -> None:
        event, is_fact = item.entry["id"], item.entry["type"] != "retraction"
        known = self._entries.get(event)
        if known is not None and item.recorded_ms >= known.recorded_ms:
            return
        self._entries[event] = item
        if is_fact:
            self._told[event] = told(item)
        if known is not None:
            self._made.clear()  # it is recorded earlier, and shown so
        if known is not None or not is_fact or len(self._told) < len(self._entries):
            self._living = None  # who lives is to be asked again
        elif self._living is not None:
            insort(self._living, self._told[event])

    def _view(self) -> bytes:
        if self._living is None:
            dead = retracted(self._entries.values())
            self._living = sorted(one for event, one in self._told.items() if event not in dead)
        living = self._living
        parted = steps(living)
        value = value_among(parted)
        kept = chosen(len(parted), value)
        before, self._made = self._made, {}
        for number in kept:
            group = tuple(telling.id for telling in parted[number])
            self._made[group] = before.get(group) or orjson.dumps(step_of(parted[number], self._value))
        shown = list(self._made.values())
        fit = fitting(kept, [len(step) for step in shown], value)
        counts = (
            len(living),
            len(self._told) - len(living),
            len({telling.entry["origin"] for telling in living}),
            sum(telling.denied for telling in living),
        )
        return line_json(counts, len(parted), [step for n, step in zip(kept, shown, strict=True) if n in fit])

    def _value(self, telling: Told) -> bytes:
        if telling.id not in self._values:
            self._values[telling.id] = value_of(telling)
        return self._values[telling.id]
