"""Entries of a line → the line, as a timeline. One definition; its hosts are the reader, queries and replay.

The result depends on the set of entries alone: in any order, with any repetition, it is the same.
The rules, and why, are in docs/design/fold.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from streams.ids import canonical, meaning

NEIGHBOURS_DAYS_MAX = 30
SAMPLES = 5  # rivals, earliest and latest entries named in a step
STEPS_MAX = 40  # steps kept whole; of the others only the number
LINE_BYTES_MAX = 60 << 10

CLOSING_TYPES = frozenset({"departure", "customer_pullback"})
CLOSING_STAGES = frozenset({"ended", "cancelled"})
FORWARD_STAGES = frozenset({"considering", "planned"})
STAGE_RANK = {"ended": 3, "cancelled": 3, "completed": 3, "agreed": 2, "planned": 1}
MODALITY_RANK = {"asserted": 3, "reported": 2, "possible": 1}


class Posted(NamedTuple):
    """An entry, and when the log took its event first (milliseconds)."""

    entry: dict[str, Any]
    recorded_ms: int


class _Told(NamedTuple):
    """A living fact of the line with what ordering it needs."""

    day: date
    closing: bool
    type: str
    id: str
    strong: bool
    denied: bool
    recency: date
    recorded_ms: int
    entry: dict[str, Any]
    value: bytes

    @property
    def kind(self) -> tuple[str, bool]:
        """What makes two neighbours tellings of one thing."""
        return self.type, self.closing


def fold(posted: Iterable[Posted]) -> dict[str, Any]:
    """Fold the entries of one line.

    Returns {"events", "retracted", "origins", "denied", "older": numbers, "steps": [step …]}, at most
    LINE_BYTES_MAX as JSON. A step is {"date", "until", "type", "weak", "recorded_ms", "events", "origins",
    "entry": the preferred one, "rivals", "earliest", "latest": ids}, the steps in the order of time.
    """
    entries: dict[str, Posted] = {}
    for item in posted:
        known = entries.get(item.entry["id"])
        if known is None or item.recorded_ms < known.recorded_ms:
            entries[item.entry["id"]] = item
    facts = [item for item in entries.values() if item.entry["type"] != "retraction"]
    dead = _retracted(entries)
    living = sorted(_told(item) for item in facts if item.entry["id"] not in dead)
    steps = [_step(group) for group in _groups(living)]
    steps.sort(key=lambda step: (step["date"], step["closing"], step["type"], step["entry"]["id"]))
    older, kept = max(0, len(steps) - STEPS_MAX), steps[-STEPS_MAX:]
    view: dict[str, Any] = {
        "events": len(living),
        "retracted": len(facts) - len(living),
        "origins": len({told.entry["origin"] for told in living}),
        "denied": sum(told.denied for told in living),
        "older": older,
        "steps": kept,
    }
    while len(kept) > 1 and len(canonical(view)) > LINE_BYTES_MAX:
        kept.pop(0)
        view["older"] += 1
    return view


def value_at(view: dict[str, Any], day: date) -> dict[str, Any] | None:
    """Give the step that holds on a day: the last that is more than talk; failing that, the last talk."""
    past: list[dict[str, Any]] = [step for step in view["steps"] if step["date"] <= day.isoformat()]
    strong = [step for step in past if not step["weak"]]
    return (strong or past)[-1] if past else None


def _retracted(entries: dict[str, Posted]) -> set[str]:
    """Collect the ids that are taken back by a retraction which is not itself taken back."""
    against: dict[str, list[str]] = {}
    for item in entries.values():
        if item.entry["type"] == "retraction":
            against.setdefault(item.entry["retracts"], []).append(item.entry["id"])

    @cache
    def is_dead(event_id: str) -> bool:
        # An event names what it retracts by hash, so there is no circle; depth is bounded by its size.
        return any(not is_dead(retraction) for retraction in against.get(event_id, ()))

    return {event_id for event_id in against if is_dead(event_id)}


def _told(item: Posted) -> _Told:
    entry = item.entry
    recorded = datetime.fromtimestamp(item.recorded_ms / 1000, UTC).date()
    published = date.fromisoformat(entry["published_at"][:10]) if "published_at" in entry else recorded
    stage, modality = entry["stage"], entry["modality"]
    forward = stage in FORWARD_STAGES or entry["type"] == "forecast"
    begins = (entry.get("valid") or {}).get("from")
    return _Told(
        day=date.fromisoformat(begins) if begins and not forward else published,
        closing=entry["type"] in CLOSING_TYPES or stage in CLOSING_STAGES,
        type=entry["type"],
        id=entry["id"],
        strong=STAGE_RANK.get(stage, 0) >= 2 and MODALITY_RANK.get(modality, 0) >= 2,
        denied=modality == "denied",
        recency=min(published, recorded),
        recorded_ms=item.recorded_ms,
        entry=entry,
        value=canonical(meaning(entry["slots"], quotes=False)),
    )


def _groups(living: Sequence[_Told]) -> list[list[_Told]]:
    """Part the tellings into steps.

    What is told as happened makes the steps: neighbours of one kind at most 30 days apart. Talk and denials
    join the step of their kind that is near; talk that is near none makes steps of its own, and a denial
    of nothing that is told makes none.
    """
    strong = _runs([told for told in living if told.strong])
    talk: list[_Told] = []
    for told in living:
        if not told.strong and not _join(told, strong):
            talk.append(told)
    weak = _runs([told for told in talk if not told.denied])
    for told in talk:
        if told.denied:
            _join(told, weak)
    return [group for _, _, group in strong + weak]


_Run = tuple[date, date, list[_Told]]


def _runs(ordered: Sequence[_Told]) -> list[_Run]:
    runs: list[list[_Told]] = []
    for told in ordered:
        last = runs[-1][-1] if runs else None
        if last and last.kind == told.kind and (told.day - last.day).days <= NEIGHBOURS_DAYS_MAX:
            runs[-1].append(told)
        else:
            runs.append([told])
    return [(run[0].day, run[-1].day, run) for run in runs]


def _join(told: _Told, runs: list[_Run]) -> bool:
    """Add a telling to the latest run of its kind that is near it, if there is one."""
    near = timedelta(days=NEIGHBOURS_DAYS_MAX)
    for first, last, run in reversed(runs):
        if run[0].kind == told.kind and first - near <= told.day <= last + near:
            run.append(told)
            return True
    return False


def _step(group: list[_Told]) -> dict[str, Any]:
    """Make a step of its tellings; the first of the preference order stands for it, the others are rivals."""
    candidates = [told for told in group if not told.denied]
    origins: dict[bytes, set[str]] = {}
    for told in candidates:
        origins.setdefault(told.value, set()).add(told.entry["origin"])
    ranked = sorted(candidates, key=lambda told: _preference(told, len(origins[told.value])), reverse=True)
    best = ranked[0]
    days = sorted(told.day for told in candidates if told.strong == best.strong)
    by_time = sorted(candidates, key=lambda told: (told.recorded_ms, told.id))
    rivals = [told.id for told in ranked[1:] + sorted(told for told in group if told.denied)]
    return {
        "date": days[0].isoformat(),
        "until": days[-1].isoformat(),
        "type": best.type,
        "closing": best.closing,
        "weak": not best.strong,
        "recorded_ms": best.recorded_ms,
        "events": len(group),
        "origins": len({told.entry["origin"] for told in candidates}),
        "entry": best.entry,
        "rivals": rivals[:SAMPLES],
        "earliest": [told.id for told in by_time[:SAMPLES]],
        "latest": [told.id for told in by_time[-SAMPLES:]],
    }


def _preference(told: _Told, origins: int) -> tuple[bool, int, int, int, Decimal, date, str]:
    """Order tellings of one thing: stage and modality, independent origins, confidence, recency, id."""
    entry = told.entry
    stage, modality = STAGE_RANK.get(entry["stage"], 0), MODALITY_RANK.get(entry["modality"], 0)
    return told.strong, stage, modality, origins, Decimal(entry["confidence"]), told.recency, told.id
