"""What the record at a place of a facts topic posts to the positions: one rule for worker, reader, replay.

They must agree to the byte on what is a posting and what is none: the proof compares them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from streams.codec import decode_dict
from streams.entries import entries, table_key
from streams.errors import Invalid, Misplaced
from streams.lines import Line, home
from streams.topics import partition_of


class Posting(NamedTuple):
    """One row of the table: the entry of an event on a line."""

    line: Line
    key: bytes
    entry: bytes


def postings(key: bytes | None, value: bytes | None, partition: int, partitions: int) -> list[Posting]:
    """Give what a record posts, in the order of putting.

    Raises a subclass of CodecError where it is a dead letter, NewerVersion where one has to stop.
    """
    try:
        return postings_of(read_event(key, value, partition, partitions), partition, partitions)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # What the models let through and the lines cannot use must not stop a worker at every start.
        message = f"it cannot be posted: {error!r}"
        raise Invalid(message) from error


def read_event(key: bytes | None, value: bytes | None, partition: int, partitions: int) -> dict[str, Any]:
    """Read the event of a record, valid, at its place and under its home. Raises as `postings` does.

    The headers are not asked: they say again what the value says, whose id proves it.
    """
    data = decode_dict(value)
    _must_be_in(partition, data["home"], partitions)
    if key != data["home"].encode():
        message = f"its key is {_shown(key)}, its home is {data['home'][:100]!r}"
        raise Misplaced(message)
    return data


def postings_of(event: dict[str, Any], partition: int, partitions: int) -> list[Posting]:
    """Give what an event that was read posts. Raises Misplaced, Invalid."""
    made = [Posting(line, table_key(line, event["id"]), entry) for line, entry in entries(event)]
    for posting in made:
        company, section, counterpart = posting.line
        _must_be_in(partition, home(section, company, counterpart), partitions)
    return made


def _shown(key: bytes | None) -> str:
    """Show a key in a message."""
    return "none" if key is None else repr(key[:100].decode("utf-8", "replace"))


def _must_be_in(partition: int, home_id: str, partitions: int) -> None:
    belongs = _partition_of(home_id, partitions)
    if belongs != partition:
        message = f"home {home_id[:100]!r} belongs to partition {belongs}, not {partition}"
        raise Misplaced(message)


@lru_cache(maxsize=1 << 16)
def _partition_of(home_id: str, partitions: int) -> int:
    """Hash once for each home: murmur2 in Python is slow."""
    return partition_of(home_id.encode(), partitions)
