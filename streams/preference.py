"""What one telling of a thing is worth beside the others: a total order, told in docs/design/fold.md."""

from __future__ import annotations

from collections.abc import Sequence
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
PRECISION_RANK = {precision.value: rank for rank, precision in enumerate(Precision)}


class Posted(NamedTuple):
    """An entry, and when the log took its event first (milliseconds)."""

    entry: dict[str, Any]
    recorded_ms: int


class Told(NamedTuple):
    """A living fact of a line, with what ordering it needs. Tuples of it sort by day first, then by kind."""

    day: date
    closing: bool
    type: str
    id: str
    precision: str
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
    """Read what ordering needs out of an entry.

    Its day is `valid.from`; else that of publication; else that on which the log took it. Plans and
    forecasts stand on the day of publication: what they are about has not happened.
    """
    entry = item.entry
    recorded = datetime.fromtimestamp(item.recorded_ms / 1000, UTC).date()
    published = _day(entry.get("published_at")) or recorded
    stage, modality = entry["stage"], entry["modality"]
    forward = stage in FORWARD_STAGES or entry["type"] == "forecast"
    valid = {} if forward else entry.get("valid") or {}
    begins = _day(valid.get("from"))
    return Told(
        day=begins or published,
        closing=entry["type"] in CLOSING_TYPES or stage in CLOSING_STAGES,
        type=entry["type"],
        id=entry["id"],
        precision=valid.get("precision", "day") if begins else "day",
        strong=STAGE_RANK.get(stage, 0) >= 2 and MODALITY_RANK.get(modality, 0) >= 2,
        denied=modality == "denied",
        recency=min(published, recorded),
        recorded_ms=item.recorded_ms,
        entry=entry,
    )


def ranked(tellings: Sequence[Told]) -> list[Told]:
    """Order tellings of one thing, the preferred first."""
    if len(tellings) == 1:
        return list(tellings)
    values = [canonical(meaning(told.entry["slots"], quotes=False)) for told in tellings]
    origins: dict[bytes, set[str]] = {}
    for told_, value in zip(tellings, values, strict=True):
        origins.setdefault(value, set()).add(told_.entry["origin"])
    keys = {t.id: _key(t, len(origins[value])) for t, value in zip(tellings, values, strict=True)}
    return sorted(tellings, key=lambda telling: keys[telling.id], reverse=True)


def dating(tellings: Sequence[Told]) -> Told:
    """Pick the telling that dates a step: the earliest, and of one day the most precise."""
    return min(tellings, key=lambda t: (t.day, PRECISION_RANK.get(t.precision, len(PRECISION_RANK)), t.id))


def _key(telling: Told, origins: int) -> tuple[bool, int, int, int, Decimal, date, str]:
    """Stage and modality, independent origins that tell this value, confidence, recency, id."""
    entry = telling.entry
    stage, modality = STAGE_RANK.get(entry["stage"], 0), MODALITY_RANK.get(entry["modality"], 0)
    confidence = Decimal(entry["confidence"])
    return telling.strong, stage, modality, origins, confidence, telling.recency, telling.id


def _day(text: Any) -> date | None:
    """Read the day of an ISO day or time; none if there is none such, as in `2025-02-30`."""
    try:
        return date.fromisoformat(text[:10])
    except (TypeError, ValueError):
        return None
