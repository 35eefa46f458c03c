"""A histogram that fits into the reader's status: how many observations fell up to which bound."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Any


class Distribution:
    """Counts observations by fixed upper bounds (inclusive, ascending; above the last is a bucket too)."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def to_json(self) -> dict[str, Any]:
        """Give bounds, cumulative counts (one more than bounds: the last is all) and the sum."""
        return {"bounds": self._bounds, "counts": list(accumulate(self._counts)), "sum": self._sum}
