"""Small rows under ordered keys, in which the state of a line is kept; here in memory."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Protocol

Value = bytes | int
INSERTED_MAX = 16  # keys; more are sorted at once
ID_BYTES = 32
DAY_BYTES = 4
DAY_SHIFT = 100  # so that a stretch around the first days of the calendar has a key


class Rows(Protocol):
    """What a state needs of its store. Keys are in the order of their bytes."""

    def get(self, key: bytes) -> Value | None:
        """Give the value of a row."""

    def put(self, key: bytes, value: Value) -> None:
        """Write a row."""

    def delete(self, key: bytes) -> None:
        """Delete a row, if it is there."""

    def count(self, key: bytes, by: int) -> int:
        """Add to a number, and give what it is then; the row of a zero is deleted."""

    def span(self, first: bytes, end: bytes, limit: int, *, last: bool = False) -> list[tuple[bytes, Value]]:
        """List the rows from `first` to before `end`, which begin with the same byte: the first so many, or
        the `last`, in order.
        """

    def flush(self) -> None:
        """Write what has not been written yet."""


class MemoryRows:
    """Rows in memory. Keys are sorted when they are first asked for in order, by their first byte."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Value] = {}
        self._keys: dict[int, list[bytes]] = {}
        self._unsorted: dict[int, list[bytes]] = {}

    def get(self, key: bytes) -> Value | None:
        """Give the value of a row."""
        return self.rows.get(key)

    def put(self, key: bytes, value: Value) -> None:
        """Write a row."""
        if key not in self.rows:
            self._unsorted.setdefault(key[0], []).append(key)
        self.rows[key] = value

    def delete(self, key: bytes) -> None:
        """Delete a row, if it is there."""
        if self.rows.pop(key, None) is not None:
            keys = self._sorted(key[0])
            del keys[bisect_left(keys, key)]

    def count(self, key: bytes, by: int) -> int:
        """Add to a number, and give what it is then; the row of a zero is deleted."""
        before = self.rows.get(key, 0)
        number = (before if isinstance(before, int) else 0) + by
        if number:
            self.put(key, number)
        else:
            self.delete(key)
        return number

    def span(self, first: bytes, end: bytes, limit: int, *, last: bool = False) -> list[tuple[bytes, Value]]:
        """List the rows from `first` to before `end`: the first so many, or the `last`, in order."""
        keys = self._sorted(first[0])
        at, until = bisect_left(keys, first), bisect_left(keys, end)
        at, until = (max(at, until - limit), until) if last else (at, min(until, at + limit))
        return [(key, self.rows[key]) for key in keys[at:until]]

    def flush(self) -> None:
        """Do nothing: all is in memory."""

    def _sorted(self, of: int) -> list[bytes]:
        keys, new = self._keys.setdefault(of, []), self._unsorted.pop(of, ())
        if len(new) > INSERTED_MAX:
            keys += new
            keys.sort()
        else:
            for key in new:
                insort(keys, key)
        return keys


def day_bytes(ordinal: int) -> bytes:
    """Write a day so that days sort."""
    return (ordinal + DAY_SHIFT).to_bytes(DAY_BYTES)


def kind_bytes(kind: tuple[str, bool]) -> bytes:
    """Write a kind so that kinds sort as tellings of one day do: what closes behind, then by type."""
    return bytes([kind[1]]) + kind[0].encode() + b"\0"


def day_of(key: bytes) -> int:
    """Read the day at the end of a key."""
    return int.from_bytes(key[-DAY_BYTES:]) - DAY_SHIFT
