"""The fold of a line that is told of very often, kept in small rows: an entry more changes a few of them.

What it serves is to the byte what `streams.fold` makes of the same entries. It takes in what joins a step,
makes or extends one, and takes back what leaves a step whole. Where it is not sure (a late entry joins two
steps or parts one, talk may belong elsewhere now) it says so, and is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import orjson

from streams.fold import retracted
from streams.line_view import STEPS_MAX, fitting, line_json
from streams.preference import Posted, Told, told
from streams.state_rows import DAY_BYTES, ID_BYTES, MemoryRows, Rows, Value, day_bytes, day_of, kind_bytes
from streams.step_state import StepState, as_bytes, crossed, origin_key, telling_key, way_key
from streams.steps import NEIGHBOURS_DAYS_MAX, Kind, steps

__all__ = ["LineState", "Unsure"]

HEAD = b"h"
COUNTED = ("events", "retracted", "origins", "denied", "steps", "made", "against")
STRONG, WEAK = b"s1", b"s0"
SHOWN = b"v"
LAST = b"\xff"


class Unsure(Exception):
    """When the state does not tell what the line is now: it is to be made anew from the entries."""


Run = tuple[bytes, StepState]
"""A step under its key: class, first day, kind."""


class Gap(NamedTuple):
    """Keys from `first` to before `end`, and the runs around them: the last that begins before, the next."""

    first: bytes
    end: bytes
    before: Run | None
    behind: Run | None


class LineState:
    """The state of one line in its rows. `posted` gives an entry that was added, by its id.

    After Unsure, or any other error, its rows mean nothing: `build` makes them anew.
    """

    def __init__(self, rows: Rows, posted: Callable[[str], Posted]) -> None:
        self._rows = rows
        self._posted = posted
        self._steps: dict[bytes, StepState] = {}
        self._changed: set[bytes] = set()
        """Keys of the steps that have changed since the last `view`."""
        self._new: dict[str, Posted] = {}
        self._gaps: dict[bytes, Gap] = {}
        """Where the last tellings belonged, by class: the next one often belongs there, too."""
        head = rows.get(HEAD)
        self._head: dict[str, int] = (
            orjson.loads(head) if isinstance(head, bytes) else dict.fromkeys(COUNTED, 0)
        )

    @staticmethod
    def build(items: Iterable[Posted]) -> MemoryRows:
        """Make the rows of a line out of all of its entries. Raises whatever a fold of them might."""
        rows = MemoryRows()
        entries: dict[str, Posted] = {}
        for item in items:
            known = entries.get(item.entry["id"])
            if known is None or item.recorded_ms < known.recorded_ms:
                entries[item.entry["id"]] = item
        state = LineState(rows, entries.__getitem__)
        state._fill(entries)
        state.view()
        return rows

    def _fill(self, entries: dict[str, Posted]) -> None:
        dead, living = retracted(entries.values()), list[Told]()
        for event, item in entries.items():
            if item.entry["type"] == "retraction":
                self._against(item.entry["retracts"], event)
            elif event in dead:
                self._bury(event)
            else:
                living.append(told(item))
        living.sort()
        for telling in living:
            self._count(telling)
        for group in steps(living):
            run = [one.day.toordinal() for one in group if one.strong == group[0].strong and not one.denied]
            _, step = self._put(StepState(self._number(), group[0].strong, group[0].kind, min(run), max(run)))
            for telling in group:
                step.add(self._rows, telling)

    def add(self, item: Posted) -> None:
        """Take an entry in, whatever came before; what is there already changes nothing. Raises Unsure."""
        entry = item.entry
        event = entry["id"]
        if entry["type"] == "retraction":
            self._retraction(event, entry["retracts"], entry["fact"])
            return
        telling = told(item)
        if self._rows.get(telling_key(telling)) is not None:
            return
        if self._is_dead(event):
            if self._rows.get(_dead(event)) is None:
                self._bury(event)
        else:
            self._new[event] = item
            self._add(telling)

    def view(self) -> bytes:
        """Write the line as it is served."""
        for key in self._changed:
            self._rows.put(key, self._steps[key].encode())
            self._rows.put(_shown(key), self._steps[key].view(self._rows, self._entry))
        self._changed.clear()
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
            run: Run | None = self._placed(STRONG, telling, b"tx")
        else:
            run = self._joined(STRONG, telling)
            if run is None and telling.denied:
                run = self._joined(WEAK, telling)
            elif run is None:
                run = self._placed(WEAK, telling, b"x")
        if run is not None:
            run[1].add(self._rows, telling)
            self._changed.add(run[0])

    def _take(self, telling: Told) -> None:
        self._count(telling, -1)
        run = None if telling.strong else self._joined(STRONG, telling)
        if run is None and telling.denied:
            run = self._joined(WEAK, telling)
            if run is None:
                return
        is_part = run is None
        if run is None:
            run = self._around(STRONG if telling.strong else WEAK, telling)[0]
        if run is None:
            raise Unsure
        run[1].remove(self._rows, telling)
        self._changed.add(run[0])
        days, day = _days(telling), telling.day.toordinal()
        if is_part and not self._rows.span(days + day_bytes(day), days + day_bytes(day + 1), 1):
            self._without_day(run, telling, b"tx" if telling.strong else b"x")

    def _without_day(self, run: Run, telling: Told, others: bytes) -> None:
        """Let a run do without its tellings of a day. Raises Unsure where that parts it, or joins others."""
        (key, step), day, days = run, telling.day.toordinal(), _days(telling)
        before = self._rows.span(days + day_bytes(step.first), days + day_bytes(day), 1, last=True)
        after = self._rows.span(days + day_bytes(day + 1), days + day_bytes(step.last + 1), 1)
        if before and after:
            if _day(after) - _day(before) > NEIGHBOURS_DAYS_MAX:
                raise Unsure
        elif before:
            self._nothing_told(step.kind, others, _day(before) + 31, day + 30)
            step.last = _day(before)
        elif after:
            self._nothing_told(step.kind, others, day - 30, _day(after) - 31)
            self._begin(key, step, _day(after))
        else:
            self._nothing_told(step.kind, others, day - 30, day + 30)
            self._drop(key)
            pred, succ = self._around(key[: len(STRONG)], telling)
            is_one = pred and succ and pred[1].kind == succ[1].kind
            if is_one and pred and succ and succ[1].first - pred[1].last <= NEIGHBOURS_DAYS_MAX:
                raise Unsure

    def _retraction(self, event: str, target: str, fact: str) -> None:
        was = self._is_dead(fact)
        if not self._against(target, event) or was == self._is_dead(fact):
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
        if self._rows.get(telling_key(telling)) is not None:
            self._bury(fact)
            self._take(telling)

    def _bury(self, event: str) -> None:
        self._rows.put(_dead(event), 1)
        self._head["retracted"] += 1

    def _against(self, target: str, retraction: str) -> bool:
        """Note a retraction of an event; say whether that is news."""
        key = _against(target)
        known = orjson.loads(as_bytes(self._rows.get(key) or b"[]"))
        if retraction in known:
            return False
        self._rows.put(key, orjson.dumps([*known, retraction]))
        self._head["against"] += 1
        return True

    def _is_dead(self, event: str) -> bool:
        if not self._head["against"]:  # of most lines, nothing was ever taken back
            return False
        against = orjson.loads(as_bytes(self._rows.get(_against(event)) or b"[]"))
        return any(not self._is_dead(one) for one in against)

    def _count(self, telling: Told, by: int = 1) -> None:
        """Count a telling in or out."""
        head, rows, key = self._head, self._rows, telling_key(telling)
        head["events"] += by
        head["denied"] += by * telling.denied
        head["origins"] += crossed(rows.count(origin_key(telling), by), by)
        if by > 0:
            rows.put(key, telling.precision.encode())
        else:
            rows.delete(key)

    # Where a telling belongs

    def _placed(self, of: bytes, telling: Told, others: bytes) -> Run:
        """Find the run that a telling is part of, or make or extend one. Raises Unsure.

        `others`: how the tellings are told that may belong to it then; where there are such, it is not sure.
        """
        pred, succ = self._around(of, telling)
        day, kind = telling.day.toordinal(), telling.kind
        if pred is not None:
            step = pred[1]
            if step.kind == kind and day <= step.last:
                return pred
            if (step.last, step.kind[1], step.kind[0]) > (day, kind[1], kind[0]):
                raise Unsure  # it parts a run of another kind
        follows = pred is not None and pred[1].kind == kind and day - pred[1].last <= NEIGHBOURS_DAYS_MAX
        leads = succ is not None and succ[1].kind == kind and succ[1].first - day <= NEIGHBOURS_DAYS_MAX
        if follows and leads:
            raise Unsure  # it joins two
        if follows and pred is not None:
            self._nothing_told(kind, others, pred[1].last + 31, day + 30)
            pred[1].last = day
            return pred
        if leads and succ is not None:
            self._nothing_told(kind, others, day - 30, succ[1].first - 31)
            return self._begin(*succ, day)
        self._nothing_told(kind, others, day - 30, day + 30)
        return self._put(StepState(self._number(), of == STRONG, kind, day, day))

    def _put(self, step: StepState) -> Run:
        key = (STRONG if step.strong else WEAK) + day_bytes(step.first) + kind_bytes(step.kind)
        self._rows.put(key, step.encode())
        self._steps[key] = step
        self._gaps.clear()
        self._changed.add(key)
        self._head["steps"] += 1
        return key, step

    def _begin(self, key: bytes, step: StepState, first: int) -> Run:
        """Have a step begin on another day."""
        self._drop(key)
        step.first = first
        return self._put(step)

    def _drop(self, key: bytes) -> None:
        self._rows.delete(key)
        self._rows.delete(_shown(key))
        self._steps.pop(key, None)
        self._gaps.clear()
        self._changed.discard(key)
        self._head["steps"] -= 1

    def _number(self) -> int:
        self._head["made"] += 1
        return self._head["made"]

    def _around(self, of: bytes, telling: Told) -> tuple[Run | None, Run | None]:
        """Find the runs that begin at or before a telling and behind it, in the order of tellings."""
        key = of + day_bytes(telling.day.toordinal()) + kind_bytes(telling.kind)
        if (gap := self._gaps.get(of)) is None or not gap.first <= key < gap.end:
            before = self._rows.span(of, key + b"\0", 1, last=True)
            after = self._rows.span(key + b"\0", of + LAST, 1)
            gap = self._gaps[of] = Gap(
                before[0][0] if before else of,
                after[0][0] if after else of + LAST,
                self._read(*before[0]) if before else None,
                self._read(*after[0]) if after else None,
            )
        return gap.before, gap.behind

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

    def _read(self, key: bytes, value: Value) -> Run:
        if key not in self._steps:
            self._steps[key] = StepState.decode(value)
        return key, self._steps[key]

    def _nothing_told(self, kind: Kind, ways: bytes, first: int, last: int) -> None:
        """Make sure that nothing of a kind is told in these ways on these days. Raises Unsure."""
        for way in ways:
            key = way_key(bytes([way]), kind)
            if self._rows.span(key + day_bytes(first), key + day_bytes(last + 1), 1):
                raise Unsure

    def _entry(self, event: str) -> Posted:
        return self._new.get(event) or self._posted(event)


def _dead(event: str) -> bytes:
    return b"d" + bytes.fromhex(event)


def _against(event: str) -> bytes:
    return b"a" + bytes.fromhex(event)


def _shown(key: bytes) -> bytes:
    """Give the key under which the view of a step is: those of both classes are in one order."""
    return SHOWN + key[len(STRONG) :]


def _days(telling: Told) -> bytes:
    """Begin the keys of the tellings among which a telling is in the order of days."""
    return telling_key(telling)[: -ID_BYTES - 1 - DAY_BYTES]


def _day(found: list[tuple[bytes, Value]]) -> int:
    return day_of(found[0][0][: -ID_BYTES - 1])
