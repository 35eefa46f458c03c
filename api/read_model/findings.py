"""What the proof found, in the file: noted once, open until it is settled.

A row is named by partition and key. For what is wrong with a single entry that is the key of the table; a
line that cannot be folded is named by itself, a bucket whose sums differ by its one byte. No key of the
table is so short.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from streams.digest import bucket
from streams.entries import KEY_ID_BYTES

EntryKind = Literal["missing", "altered", "extra", "unknown"]
"""Of one entry: the log says it and it was not posted; says another; says none; its event is not there."""

Kind = Literal[EntryKind, "sum", "unfoldable"]
"""`sum`: a bucket differs and no key says why; `unfoldable`: the entries of a line make no line."""

KINDS: tuple[Kind, ...] = (*get_args(EntryKind), "sum", "unfoldable")
_OF_ENTRIES = f"kind IN ({', '.join(repr(kind) for kind in get_args(EntryKind))})"


@dataclass(frozen=True)
class Finding:
    """A difference that was not known before."""

    partition: int
    key: bytes
    kind: Kind

    def __str__(self) -> str:
        named = named_by(self.kind, self.key)
        where = [f"partition {self.partition}"]
        where += [f"bucket {named.bucket}"] if named.bucket is not None else []
        where += [f"line {named.line}"] if named.line is not None else []
        where += [f"event {named.event}…"] if named.event is not None else []
        return f"{self.kind}: {', '.join(where)}"


@dataclass(frozen=True)
class Named:
    """What the key of a finding names; `event` is the first half of an id, in hexadecimal."""

    bucket: int | None = None
    line: str | None = None
    event: str | None = None


def named_by(kind: str, key: bytes) -> Named:
    """Read the key of a finding."""
    if kind == "sum":
        return Named(bucket=key[0])
    if kind == "unfoldable":
        return Named(line=key.decode("utf-8", "replace"))
    line = key[: -KEY_ID_BYTES - 1].decode("utf-8", "replace")
    return Named(bucket(key), line, key[-KEY_ID_BYTES:].hex())


class Findings:
    """The findings of one generation file; works in its writer's transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def note(self, partition: int, key: bytes, kind: Kind, now_ms: int) -> list[Finding]:
        """Write a finding down; give it if it is news."""
        known = self._connection.execute(
            "SELECT kind FROM differences WHERE partition = ? AND key = ? AND settled_ms IS NULL",
            (partition, key),
        ).fetchone()
        if known and known[0] == kind:
            return []
        self._connection.execute(
            """INSERT OR REPLACE INTO differences (partition, key, kind, bucket, found_ms)
               VALUES (?, ?, ?, ?, ?)""",
            (partition, key, kind, key[0] if kind == "sum" else bucket(key), now_ms),
        )
        return [Finding(partition, key, kind)]

    def settle(self, found: Iterable[tuple[int, bytes]], now_ms: int) -> None:
        """Note that these findings are true no more."""
        self._connection.executemany(
            """UPDATE differences SET settled_ms = ?
               WHERE partition = ? AND key = ? AND settled_ms IS NULL""",
            [(now_ms, partition, key) for partition, key in found],
        )

    def open_entries(self, partitions: set[int]) -> set[tuple[int, bytes]]:
        """List partition and key of the entries that differ."""
        return {row for row in self._open(_OF_ENTRIES) if row[0] in partitions}

    def open_sums(self, partition: int) -> set[int]:
        """List the buckets that differ for no known reason."""
        return {key[0] for at, key in self._open("kind = 'sum'") if at == partition}

    def unfoldable(self) -> set[tuple[int, bytes]]:
        """List partition and name of the lines that cannot be folded."""
        return set(self._open("kind = 'unfoldable'"))

    def any_open(self) -> bool:
        """Say whether anything is found that is not settled."""
        return bool(
            self._connection.execute("SELECT 1 FROM differences WHERE settled_ms IS NULL LIMIT 1").fetchone()
        )

    def _open(self, condition: str) -> list[tuple[int, bytes]]:
        sql = f"SELECT partition, key FROM differences WHERE settled_ms IS NULL AND {condition}"  # noqa: S608  # a constant
        return self._connection.execute(sql).fetchall()
