"""What one telling of a thing is worth beside the others: a total order, told in docs/design/fold.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from seeds.facts import Precision
from streams.ids import canonical, meaning

CLOSING_TYPES = frozenset({"departure", "customer_pullback"})
CLOSING_STAGES = frozenset({"ended", "cancelled"})
FORWARD_STAGES = frozenset({"considering", "planned"})
STAGE_RANK = {"ended": 3, "cancelled": 3, "completed": 3, "agreed": 2, "planned": 1}
MODALITY_RANK = {"asserted": 3, "reported": 2, "possible": 1}
REASONS = ("happened", "stage", "modality", "origins", "confidence", "recency", "id")
"""What the places of a preference key compare, in their order."""

_Key = tuple[bool, int, int, int, Decimal, date, str]
PRECISION_RANK = {precision.value: rank for rank, precision in enumerate(Precision)}


class Posted(NamedTuple):
    """An entry, and when the log took its event first (milliseconds)."""

    entry: dict[str, Any]
    recorded_ms: int


class Effective(NamedTuple):
    """When a fact took effect: on `day` at the earliest, by `certain` in any case."""

    day: date
    certain: date
    precision: str


class Told(NamedTuple):
    """A living fact of a line, with what ordering it needs. Tuples of it sort by day first, then by kind."""

    day: date
    closing: bool
    type: str
    id: str
    precision: str
    certain: date
    strong: bool
    denied: bool
    recency: date
    recorded_ms: int
    entry: dict[str, Any]

    @property
    def kind(self) -> tuple[str, bool]:
        """What makes two neighbours tellings of one thing."""
        return self.type, self.closing


def told(item: Posted) -> Told:
    """Read what ordering needs out of an entry."""
    entry = item.entry
    stage, modality = entry["stage"], entry["modality"]
    when = effective(entry, entry.get("published_at"), item.recorded_ms)
    recorded = _recorded(item.recorded_ms)
    return Told(
        day=when.day,
        closing=entry["type"] in CLOSING_TYPES or stage in CLOSING_STAGES,
        type=entry["type"],
        id=entry["id"],
        precision=when.precision,
        certain=when.certain,
        strong=STAGE_RANK.get(stage, 0) >= 2 and MODALITY_RANK.get(modality, 0) >= 2,
        denied=modality == "denied",
        recency=min(_day(entry.get("published_at")) or recorded, recorded),
        recorded_ms=item.recorded_ms,
        entry=entry,
    )


def effective(fact: Mapping[str, Any], published_at: Any, recorded_ms: int) -> Effective:
    """Say when an event or entry took effect.

    Its day is `valid.from`; else that of publication; else that on which the log took it. Plans and
    forecasts stand on the day of publication: what they are about has not happened. What was told less
    precisely than to the day ("in June") is certain only from the last day of that stretch on.
    """
    forward = fact["stage"] in FORWARD_STAGES or fact["type"] == "forecast"
    valid = {} if forward else fact.get("valid") or {}
    begins, ends = _day(valid.get("from")), _day(valid.get("to"))
    if begins is None:
        day = _day(published_at) or _recorded(recorded_ms)
        return Effective(day, day, "day")
    precision = str(valid.get("precision", "day"))
    vague = precision != "day" and ends is not None and ends > begins
    return Effective(begins, ends if vague and ends else begins, precision)


def value_of(telling: Told) -> bytes:
    """Write what a telling says, so that equal values are equal bytes."""
    return canonical(meaning(telling.entry["slots"], quotes=False))


def ranked(tellings: Sequence[Told], value: Callable[[Told], bytes] = value_of) -> list[Told]:
    """Order tellings of one thing, the preferred first; `value`: how `value_of` is asked."""
    if len(tellings) == 1:
        return list(tellings)
    keys = {telling.id: key for telling, key in zip(tellings, _keys(tellings, value), strict=True)}
    return sorted(tellings, key=lambda telling: keys[telling.id], reverse=True)


def lost_by(tellings: Sequence[Told]) -> list[tuple[Told, str | None]]:
    """Order tellings as `ranked` does; with each of the others, by what the preferred one goes before it."""
    order = ranked([telling for telling in tellings if not telling.denied])
    keys = {telling.id: key for telling, key in zip(order, _keys(order, value_of), strict=True)}
    best = keys[order[0].id]
    reasons: list[tuple[Told, str | None]] = [(order[0], None)]
    for other in order[1:]:
        first = next(n for n, (a, b) in enumerate(zip(best, keys[other.id], strict=True)) if a != b)
        reasons.append((other, REASONS[first]))
    return reasons + [(telling, "denied") for telling in sorted(tellings) if telling.denied]


def dating(tellings: Sequence[Told]) -> Told:
    """Pick the telling that dates a step: the earliest, and of one day the most precise."""
    return min(tellings, key=lambda t: (t.day, PRECISION_RANK.get(t.precision, len(PRECISION_RANK)), t.id))


def _keys(tellings: Sequence[Told], value: Callable[[Told], bytes]) -> list[_Key]:
    values = [value(telling) for telling in tellings]
    origins: dict[bytes, set[str]] = {}
    for telling, says in zip(tellings, values, strict=True):
        origins.setdefault(says, set()).add(telling.entry["origin"])
    return [_key(t, len(origins[says])) for t, says in zip(tellings, values, strict=True)]


def _key(telling: Told, origins: int) -> _Key:
    """Stage and modality, independent origins that tell this value, confidence, recency, id."""
    entry = telling.entry
    stage, modality = STAGE_RANK.get(entry["stage"], 0), MODALITY_RANK.get(entry["modality"], 0)
    confidence = Decimal(entry["confidence"])
    return telling.strong, stage, modality, origins, confidence, telling.recency, telling.id


def _recorded(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, UTC).date()


def _day(text: Any) -> date | None:
    """Read the day of an ISO day or time; none if there is none such, as in `2025-02-30`."""
    try:
        return date.fromisoformat(text[:10])
    except (TypeError, ValueError):
        return None
