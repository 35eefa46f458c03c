"""The fold of a line that is told of very often, kept in small rows: an entry more changes a few of them.

What it serves is to the byte what `streams.fold` makes of the same entries. It takes in what joins a step,
makes or extends one, and takes back what leaves a step whole. Where it is not sure (a late entry joins two
steps or parts one, talk may belong elsewhere now, samples have run out) it says so, and is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from streams.fold import retracted
from streams.line_view import STEPS_MAX, fitting, line_json
from streams.preference import Posted, Told, told
from streams.state_rows import DAY_BYTES, DAY_SHIFT, MemoryRows, Rows, day_bytes, kind_bytes
from streams.step_state import StepState, Unsure, hashed, summed
from streams.steps import NEIGHBOURS_DAYS_MAX, Kind, steps

__all__ = ["LineState", "Unsure"]

HEAD = b"h"
COUNTED = ("events", "retracted", "origins", "denied", "steps", "made")
STRONG, WEAK = b"s1", b"s0"
SHOWN = b"v"
LAST = b"\xff"
Run = tuple[bytes, StepState]
"""A step under its key: class, first day, kind."""


class LineState:
    """The state of one line in its rows. `posted` gives an entry that was added, by its id.

    After Unsure, or any other error, its rows mean nothing: `build` makes them anew.
    """

    def __init__(self, rows: Rows, posted: Callable[[str], Posted]) -> None:
        self._rows = rows
        self._posted = posted
        self._steps: dict[bytes, StepState] = {}
        """Those that have changed since the last `view`."""
        self._new: dict[str, Posted] = {}
        head = rows.get(HEAD)
        self._head: dict[str, int] = (
            orjson.loads(head) if isinstance(head, bytes) else dict.fromkeys(COUNTED, 0)
        )

    @staticmethod
    def build(items: Iterable[Posted]) -> MemoryRows:
        """Make the rows of a line out of all of its entries. Raises as `fold` does not: any error."""
        rows = MemoryRows()
        entries: dict[str, Posted] = {}
        for item in items:
            known = entries.get(item.entry["id"])
            if known is None or item.recorded_ms < known.recorded_ms:
                entries[item.entry["id"]] = item
        dead = retracted(entries.values())
        living: list[Told] = []
        for event, item in entries.items():
            if item.entry["type"] == "retraction":
                key = _against(item.entry["retracts"])
                against = orjson.loads(_bytes(rows.get(key)) or b"[]")
                rows.put(key, orjson.dumps([*against, event]))
            elif event in dead:
                rows.put(_dead(event), 1)
            else:
                living.append(told(item))
        living.sort()
        state = LineState(rows, lambda event: entries[event])
        head = state._head
        head["retracted"] = sum(item.entry["type"] != "retraction" for item in entries.values()) - len(living)
        for telling in living:
            state._count(telling)
        for group in steps(living):
            state._put(summed(rows, state._number(), group))
        state.view()
        return rows

    def add(self, item: Posted) -> None:
        """Take an entry in, whatever came before; what is there already changes nothing. Raises Unsure."""
        entry = item.entry
        event = entry["id"]
        if entry["type"] == "retraction":
            self._retraction(event, entry["retracts"], entry["fact"])
            return
        telling = told(item)
        if self._rows.get(_living(telling)) is not None or self._rows.get(_dead(event)) is not None:
            return
        if self._is_dead(event):
            self._head["retracted"] += 1
            self._rows.put(_dead(event), 1)
        else:
            self._new[event] = item
            self._add(telling)

    def view(self) -> bytes:
        """Write the line as it is served."""
        for key, step in self._steps.items():
            self._rows.put(key, step.encode())
            self._rows.put(_shown(key), step.view(self._entry))
        self._steps.clear()
        self._new.clear()
        head = self._head
        self._rows.put(HEAD, orjson.dumps(head))
        latest = self._rows.span(SHOWN, SHOWN + LAST, STEPS_MAX, last=True)
        value = [_shown(key) for key, _ in self._rows.span(STRONG, STRONG + LAST, 1, last=True)]
        if value and value[0] not in dict(latest):
            latest[0] = value[0], self._rows.get(value[0]) or b""
        shown = [view for _, view in latest if isinstance(view, bytes)]
        place = next((n for n, (key, _) in enumerate(latest) if [key] == value), -1)
        kept = fitting(list(range(len(shown))), [len(view) for view in shown], place)
        counts = (head["events"], head["retracted"], head["origins"], head["denied"])
        return line_json(counts, head["steps"], [shown[n] for n in kept])

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was ever told on the line."""
        return not (self._head["events"] or self._head["retracted"])

    # What a telling changes

    def _add(self, telling: Told) -> None:
        self._count(telling)
        if telling.strong:
            self._placed(STRONG, telling, b"tx").add(self._rows, telling)
            return
        run = self._joined(STRONG, telling)
        if run is None and telling.denied:
            run = self._joined(WEAK, telling)
            if run is None:
                return
        (run[1] if run else self._placed(WEAK, telling, b"x")).add(self._rows, telling)

    def _take(self, telling: Told) -> None:
        left = self._count(telling, -1)
        if telling.strong:
            run = self._around(STRONG, telling)[0]
        else:
            run = self._joined(STRONG, telling)
            if run is None and telling.denied:
                run = self._joined(WEAK, telling)
                if run is None:
                    return
            elif run is None:
                run = self._around(WEAK, telling)[0]
                left = left if run else 0
        if run is None:
            raise Unsure
        key, step = run
        if not left and telling.strong == (key[:2] == STRONG) and not telling.denied:
            self._shorten(key, step, telling)
        step.remove(self._rows, telling)

    def _shorten(self, key: bytes, step: StepState, telling: Told) -> None:
        """Let a run do without the one telling of a day. Raises Unsure where that may part or move it."""
        day, prefix = telling.day.toordinal(), _day_prefix(telling)
        before = self._rows.span(prefix + day_bytes(step.first), prefix + day_bytes(day), 1, last=True)
        after = self._rows.span(prefix + day_bytes(day + 1), prefix + day_bytes(step.last + 1), 1)
        if not before or (not after and day != step.last):
            raise Unsure
        if after:
            if _day_of(after[0][0]) - _day_of(before[0][0]) > NEIGHBOURS_DAYS_MAX:
                raise Unsure
            return
        last = _day_of(before[0][0])
        self._nothing_told(telling.kind, b"tx" if key[:2] == STRONG else b"x", last + 31, day + 30)
        step.last = last

    def _retraction(self, event: str, target: str, fact: str) -> None:
        key = _against(target)
        known = orjson.loads(_bytes(self._rows.get(key)) or b"[]")
        if event in known:
            return
        was = self._is_dead(fact)
        self._rows.put(key, orjson.dumps([*known, event]))
        if was == self._is_dead(fact):
            return
        if was:
            if self._rows.get(_dead(fact)) is not None:
                self._rows.delete(_dead(fact))
                self._head["retracted"] -= 1
                self._add(told(self._entry(fact)))
            return
        try:
            item = self._entry(fact)
        except LookupError:
            return  # it has not come yet
        telling = told(item)
        if self._rows.get(_living(telling)) is not None:
            self._rows.put(_dead(fact), 1)
            self._head["retracted"] += 1
            self._take(telling)

    def _is_dead(self, event: str) -> bool:
        against = orjson.loads(_bytes(self._rows.get(_against(event))) or b"[]")
        return any(not self._is_dead(one) for one in against)

    def _count(self, telling: Told, by: int = 1) -> int:
        """Count a telling in or out; give how many of its day and kind are told in its way."""
        head, rows = self._head, self._rows
        head["events"] += by
        head["denied"] += by * telling.denied
        origins = rows.count(b"o" + hashed(telling.entry["origin"].encode()), by)
        head["origins"] += (by == 1 and origins == 1) - (by == -1 and origins == 0)
        rows.count(_living(telling), by)
        return rows.count(_day_prefix(telling) + day_bytes(telling.day.toordinal()), by)

    # Where a telling belongs

    def _placed(self, of: bytes, telling: Told, others: bytes) -> StepState:
        """Find the run that a telling is part of, or make or extend one. Raises Unsure.

        `others`: how the tellings are told that may belong to it then; where there are such, it is not sure.
        """
        pred, succ = self._around(of, telling)
        day, kind = telling.day.toordinal(), telling.kind
        if pred is not None:
            step = pred[1]
            if step.kind == kind and day <= step.last:
                return step
            if (step.last, step.kind[1], step.kind[0]) > (day, kind[1], kind[0]):
                raise Unsure  # it parts a run of another kind
        follows = pred is not None and pred[1].kind == kind and day - pred[1].last <= NEIGHBOURS_DAYS_MAX
        leads = succ is not None and succ[1].kind == kind and succ[1].first - day <= NEIGHBOURS_DAYS_MAX
        if follows and leads:
            raise Unsure  # it joins two
        if follows and pred is not None:
            self._nothing_told(kind, others, pred[1].last + 31, day + 30)
            pred[1].last = day
            return pred[1]
        if leads and succ is not None:
            key, step = succ
            self._nothing_told(kind, others, day - 30, step.first - 31)
            self._rows.delete(key)
            self._rows.delete(_shown(key))
            self._steps.pop(key, None)
            self._head["steps"] -= 1
            step.first = day
            return self._put(step)
        self._nothing_told(kind, others, day - 30, day + 30)
        return self._put(StepState(self._number(), of == STRONG, kind, day, day))

    def _put(self, step: StepState) -> StepState:
        key = (STRONG if step.strong else WEAK) + day_bytes(step.first) + kind_bytes(step.kind)
        self._rows.put(key, step.encode())
        self._steps[key] = step
        self._head["steps"] += 1
        return step

    def _number(self) -> int:
        self._head["made"] += 1
        return self._head["made"]

    def _around(self, of: bytes, telling: Told) -> tuple[Run | None, Run | None]:
        """Find the runs that begin at or before a telling and behind it, in the order of tellings."""
        key = of + day_bytes(telling.day.toordinal()) + kind_bytes(telling.kind)
        before = self._rows.span(of, key + b"\0", 1, last=True)
        after = self._rows.span(key + b"\0", of + LAST, 1)
        return (
            self._read(*before[0]) if before else None,
            self._read(*after[0]) if after else None,
        )

    def _joined(self, of: bytes, telling: Told) -> Run | None:
        """Find the run that a telling joins without being part of it, by the rule of `streams.steps`."""
        day = telling.day.toordinal()
        end = of + day_bytes(day + NEIGHBOURS_DAYS_MAX) + LAST
        while found := self._rows.span(of, end, 1, last=True):
            key, step = self._read(*found[0])
            if step.kind == telling.kind:
                return (key, step) if step.last >= day - NEIGHBOURS_DAYS_MAX else None
            if step.first < day - NEIGHBOURS_DAYS_MAX:
                return None  # those before it end where it begins
            end = key
        return None

    def _read(self, key: bytes, value: Any) -> Run:
        if key not in self._steps:
            self._steps[key] = StepState.decode(value)
        return key, self._steps[key]

    def _nothing_told(self, kind: Kind, ways: bytes, first: int, last: int) -> None:
        """Make sure that nothing of a kind is told in these ways on these days. Raises Unsure."""
        for way in ways:
            prefix = _days(way, kind)
            if self._rows.span(prefix + day_bytes(first), prefix + day_bytes(last + 1), 1):
                raise Unsure

    def _entry(self, event: str) -> Posted:
        return self._new.get(event) or self._posted(event)


def _living(telling: Told) -> bytes:
    return b"l" + bytes.fromhex(telling.id)


def _dead(event: str) -> bytes:
    return b"d" + bytes.fromhex(event)


def _against(event: str) -> bytes:
    return b"a" + bytes.fromhex(event)


def _shown(key: bytes) -> bytes:
    """Give the key under which the view of a step is: those of both classes are in one order."""
    return SHOWN + key[len(STRONG) :]


def _day_prefix(telling: Told) -> bytes:
    return _days(b"s"[0] if telling.strong else b"x"[0] if telling.denied else b"t"[0], telling.kind)


def _days(way: int, kind: Kind) -> bytes:
    return b"n" + bytes([way]) + kind_bytes(kind)


def _day_of(key: bytes) -> int:
    return int.from_bytes(key[-DAY_BYTES:]) - DAY_SHIFT


def _bytes(value: bytes | int | None) -> bytes:
    return value if isinstance(value, bytes) else b""
