"""How a line is served: one step, and as many of the steps as a row holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

SAMPLES = 5  # rivals, earliest and latest entries named in a step
STEPS_MAX = 40  # steps shown; of the others only the number
LINE_BYTES_MAX = 60 << 10
COUNTS_BYTES_MAX = 1 << 10  # of a line less its steps

View = dict[str, Any]


def step_view(
    *,
    date: str,
    certain: str,
    until: str,
    precision: str,
    kind: tuple[str, bool],
    weak: bool,
    counts: tuple[int, int],
    best: tuple[dict[str, Any], int],
    samples: Iterable[Sequence[str]],
) -> View:
    """Make the view of a step. `counts`: events, origins; `best`: its entry and when that was recorded.

    `samples`: rivals in the order of preference, earliest and latest recorded; of each SAMPLES at most.
    """
    rivals, earliest, latest = samples
    return {
        "date": date,
        "certain": certain,
        "until": until,
        "precision": precision,
        "type": kind[0],
        "closing": kind[1],
        "weak": weak,
        "recorded_ms": best[1],
        "events": counts[0],
        "origins": counts[1],
        "entry": best[0],
        "rivals": rivals,
        "earliest": earliest,
        "latest": latest,
    }


def chosen(number: int, value: int) -> list[int]:
    """Choose of so many steps those that may be shown: the latest, and the one that is the value (or -1)."""
    first = max(0, number - STEPS_MAX)
    kept = list(range(first, number))
    if 0 <= value < first:
        kept[0] = value
    return kept


def fitting(kept: list[int], sizes: Sequence[int], value: int) -> list[int]:
    """Leave out the oldest of the chosen steps until the row is short enough, never the value."""
    kept = kept.copy()
    size = COUNTS_BYTES_MAX + sum(sizes) + len(sizes)
    left = dict(zip(kept, sizes, strict=True))
    while size > LINE_BYTES_MAX and len(kept) > 1:
        size -= left[kept.pop(1 if kept[0] == value else 0)] + 1
    return kept


def line_json(counts: tuple[int, int, int, int], steps: int, shown: Sequence[bytes]) -> bytes:
    """Write a line as `fold` does; `counts`: events, retracted, origins, denied; `steps`: their number."""
    head = dict(zip(("events", "retracted", "origins", "denied"), counts, strict=True))
    told = orjson.dumps({**head, "older": steps - len(shown)})
    return told[:-1] + b',"steps":[' + b",".join(shown) + b"]}"
