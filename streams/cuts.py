"""Cuts: recorded vectors, the unit of recorded time.

While something moves, a reader appends the end offsets of `facts.*` and `entities` to the one-partition
topic `cuts`. Readers race; what makes it safe is that each of them numbers the cuts by the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from streams.ids import canonical
from streams.vectors import Vector, dominates, read


@dataclass(frozen=True)
class Cut:
    """A moment of recorded time: its number, its time in milliseconds, and what the log held below it."""

    number: int
    ms: int
    vector: Vector = field(hash=False)


START = Cut(0, 0, {})
"""Before anything was recorded."""


def encode(vector: Vector) -> bytes:
    """Write the value of a `cuts` record: number and time follow from its place in the topic."""
    return canonical({"vector": vector})


def decode(value: bytes | None) -> Vector:
    """Read the vector of a `cuts` record.

    What is none gives an empty one, and that is never a next cut: so every reader numbers on alike.
    """
    try:
        return read(orjson.loads(value or b"")["vector"])
    except (ValueError, KeyError, TypeError):
        return {}


def next_cut(previous: Cut, vector: Vector, append_ms: int) -> Cut | None:
    """Give the next cut; none for a vector that goes back or does not move. Time never goes back."""
    if not dominates(vector, previous.vector) or dominates(previous.vector, vector):
        return None
    return Cut(previous.number + 1, max(append_ms, previous.ms), vector)
