"""Entries of a line → the line, as a timeline. One definition; its hosts are the reader, queries and replay.

The result depends on the set of entries alone: in any order, with any repetition, it is the same.
The rules, and why, are in docs/design/fold.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache

from streams.ids import canonical
from streams.line_view import LINE_BYTES_MAX, SAMPLES, STEPS_MAX, View, chosen, fitting, step_view
from streams.preference import Posted, Told, dating, ranked, told, value_of
from streams.steps import steps

__all__ = ["LINE_BYTES_MAX", "SAMPLES", "STEPS_MAX", "Posted", "View", "fold", "holding", "value_at"]


def fold(posted: Iterable[Posted], until: date | None = None, *, whole: bool = False) -> View:
    """Fold the entries of one line; with `until`, show the steps up to that day; if `whole`, all of them.

    Returns {"events", "retracted", "origins", "denied", "older": numbers, "steps": [step …]}, at most
    LINE_BYTES_MAX as JSON. A step is {"date", "certain", "until": days, "precision" of the date, "type",
    "closing", "weak", "recorded_ms", "events", "origins": numbers, "entry": the preferred one, "rivals",
    "earliest", "latest": ids}; steps stand in the order of time, and `older` counts those left out.
    Raises ValueError for what is no entry.
    """
    try:
        return _fold(posted, until, whole)
    except (KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        message = f"not the entries of a line: {error!r}"
        raise ValueError(message) from error


def value_at(view: View, day: date) -> View | None:
    """Give the step that holds on a day: the last that is more than talk; failing that, the last talk.

    Where `older` steps were left out, a day before the last shown is answered by a view folded `until` it.
    """
    return _last([step for step in view["steps"] if step["date"] <= day.isoformat()])


def holding(view: View, day: date) -> View:
    """Say what holds on a day: {"current": a step or null, "possibly", "otherwise": a step or null}.

    What was told as "in June" holds only possibly on a day in June; `otherwise` is what holds if it had
    not happened yet.
    """
    current = value_at(view, day)
    possibly = current is not None and day.isoformat() < current["certain"]
    certain = [step for step in view["steps"] if step["certain"] <= day.isoformat()] if possibly else []
    return {"current": current, "possibly": possibly, "otherwise": _last(certain)}


def _last(past: list[View]) -> View | None:
    strong = [step for step in past if not step["weak"]]
    return (strong or past)[-1] if past else None


def _fold(posted: Iterable[Posted], until: date | None, whole: bool) -> View:
    entries: dict[str, Posted] = {}
    for item in posted:
        known = entries.get(item.entry["id"])
        if known is None or item.recorded_ms < known.recorded_ms:
            entries[item.entry["id"]] = item
    facts = [item for item in entries.values() if item.entry["type"] != "retraction"]
    dead = retracted(entries.values())
    living = sorted(told(item) for item in facts if item.entry["id"] not in dead)
    parted = [group for group in steps(living) if until is None or group[0].day <= until]
    shown = [step_of(group) for group in parted] if whole else _shown(parted)
    return {
        "events": len(living),
        "retracted": len(facts) - len(living),
        "origins": len({telling.entry["origin"] for telling in living}),
        "denied": sum(telling.denied for telling in living),
        "older": len(parted) - len(shown),
        "steps": shown,
    }


def retracted(entries: Iterable[Posted]) -> set[str]:
    """Collect the ids that are taken back by a retraction which is not itself taken back."""
    against: dict[str, list[str]] = {}
    for item in entries:
        if item.entry["type"] == "retraction":
            against.setdefault(item.entry["retracts"], []).append(item.entry["id"])
    if not against:  # of most lines nothing was ever taken back
        return set()

    @cache
    def is_dead(event_id: str) -> bool:
        # An event names what it retracts by hash, so there is no circle; depth is bounded by its size.
        return any(not is_dead(retraction) for retraction in against.get(event_id, ()))

    return {event_id for event_id in against if is_dead(event_id)}


def step_of(group: list[Told], value: Callable[[Told], bytes] = value_of) -> View:
    """Tell a step: the first of the preference order stands for it, the others are its rivals.

    `value`: how `value_of` is asked.
    """
    if len(group) == 1:  # as most are; what is below would say the same
        return _lone(group[0])
    candidates = ranked([telling for telling in group if not telling.denied], value)
    best = candidates[0]
    dated = [telling for telling in candidates if telling.strong == best.strong]
    first = dating(dated)
    by_time = sorted(candidates, key=lambda telling: (telling.recorded_ms, telling.id))
    rivals = candidates[1:] + sorted(telling for telling in group if telling.denied)
    return step_view(
        date=first.day.isoformat(),
        certain=min(telling.certain for telling in dated).isoformat(),
        until=max(telling.day for telling in dated).isoformat(),
        precision=first.precision,
        kind=best.kind,
        weak=not best.strong,
        counts=(len(group), len({telling.entry["origin"] for telling in candidates})),
        best=(best.entry, best.recorded_ms),
        samples=(
            [telling.id for telling in some]
            for some in (rivals[:SAMPLES], by_time[:SAMPLES], by_time[-SAMPLES:])
        ),
    )


def _lone(telling: Told) -> View:
    day = telling.day.isoformat()
    return step_view(
        date=day,
        certain=telling.certain.isoformat(),
        until=day,
        precision=telling.precision,
        kind=telling.kind,
        weak=not telling.strong,
        counts=(1, 1),
        best=(telling.entry, telling.recorded_ms),
        samples=([], [telling.id], [telling.id]),
    )


def value_among(parted: Sequence[list[Told]]) -> int:
    """Say which step is the last that is more than talk; none: -1."""
    return max((number for number, group in enumerate(parted) if group[0].strong), default=-1)


def _shown(parted: list[list[Told]]) -> list[View]:
    """Make the latest steps that fit, and in any case the last that is more than talk: it is the value."""
    if len(parted) == 1:  # most lines have one step, and one is always shown
        return [step_of(parted[0])]
    value = value_among(parted)
    kept = chosen(len(parted), value)
    made = {number: step_of(parted[number]) for number in kept}
    sizes = [len(canonical(step)) for step in made.values()]
    return [made[number] for number in fitting(kept, sizes, value)]
