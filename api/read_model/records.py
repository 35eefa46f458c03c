"""A record of the log as the reader gets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Record(NamedTuple):
    """Topic without prefix, partition, offset, the broker's time, the bytes, and headers."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


Offsets = dict[tuple[str, int], int]
"""(topic, partition) → next offset."""
