"""Progress rows: in a generation's changelog, behind the entries, how far a partition has been posted.

Key: zero byte, "progress", zero byte, partition in two bytes. Value: the vector of that partition number.
No line starts with a zero byte, so a progress row is never taken for an entry.
"""

from __future__ import annotations

import orjson

from streams.ids import canonical
from streams.vectors import Vector, read

PREFIX = b"\0progress\0"


def key(partition: int) -> bytes:
    """Give the key of a partition's progress row."""
    return PREFIX + partition.to_bytes(2, "big")


def is_progress(row_key: bytes) -> bool:
    """Tell a progress row from an entry."""
    return row_key.startswith(PREFIX)


def encode(posted: dict[str, int], partition: int) -> bytes:
    """Write how far the fact topics have been posted: topic → next offset, in this partition."""
    return canonical({topic: {str(partition): offset} for topic, offset in posted.items()})


def decode(value: bytes) -> Vector:
    """Read a progress row. Raises ValueError."""
    return read(orjson.loads(value))
