"""Vectors: how far somebody has come in the log, as the *next* offset of each topic and partition.

Topics stand without prefix. A vector is plain JSON: {topic: {partition as a string: next offset}}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Vector = dict[str, dict[str, int]]
OFFSET_MAX = 1 << 53
PARTITION_MAX = 1 << 31


def read(data: Any) -> Vector:
    """Take a vector out of JSON, exactly as it is written. Raises ValueError."""
    if not isinstance(data, dict) or not all(isinstance(offsets, dict) for offsets in data.values()):
        message = "a vector is an object of topics, each an object of partitions"
        raise ValueError(message)  # one kind of error for all that cannot be read
    for offsets in data.values():
        for partition, offset in offsets.items():
            number(offset, OFFSET_MAX)
            if str(number(int(partition), PARTITION_MAX)) != partition:
                message = f"{partition!r} is not how a partition is written"
                raise ValueError(message)
    return data


def number(value: Any, limit: int) -> int:
    """Take a number in [0, limit) out of JSON. Raises ValueError."""
    if type(value) is not int or not 0 <= value < limit:
        message = f"{str(value)[:40]!r} is not a number from 0 up to {limit}"
        raise ValueError(message)
    return value


def next_offset(vector: Mapping[str, Mapping[str, int]], topic: str, partition: int) -> int:
    """Give the first offset that is not covered; 0 where the vector says nothing."""
    return vector.get(topic, {}).get(str(partition), 0)


def covers(vector: Mapping[str, Mapping[str, int]], topic: str, partition: int, offset: int) -> bool:
    """Tell whether the record at a place is below the vector."""
    return offset < next_offset(vector, topic, partition)


def advance(vector: Vector, other: Mapping[str, Mapping[str, int]]) -> bool:
    """Bring a vector, in place, to the pointwise maximum with another; tell whether it moved."""
    moved = False
    for topic, offsets in other.items():
        mine = vector.setdefault(topic, {})
        for partition, offset in offsets.items():
            if offset > mine.get(partition, 0):
                mine[partition] = offset
                moved = True
    return moved


def dominates(vector: Mapping[str, Mapping[str, int]], other: Mapping[str, Mapping[str, int]]) -> bool:
    """Tell whether a vector covers all that the other covers."""
    return all(
        offset <= next_offset(vector, topic, int(partition))
        for topic, offsets in other.items()
        for partition, offset in offsets.items()
    )


def copy(vector: Mapping[str, Mapping[str, int]]) -> Vector:
    """Give a vector that can be advanced on its own."""
    return {topic: dict(offsets) for topic, offsets in vector.items()}
