"""The proof: what was posted must be what the log says, bucket by bucket; a difference is named by its key.

Differences stay in the file until they are settled. The sums are compared with the known ones taken out, so
that a further difference is seen beside them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

import orjson

from api.read_model.pending import Pending
from streams.digest import Digest, bucket
from streams.entries import KEY_ID_BYTES, entries, table_key
from streams.upcast import upcast
from streams.vectors import Vector, next_offset

Kind = Literal["missing", "altered", "extra", "unknown"]
UNKNOWN_MS_MAX = 60_000
"""How long an entry may wait for its event to show up in the log."""


@dataclass(frozen=True)
class Finding:
    """A difference that was not known before. `key` is that of the table: line, zero byte, half an id."""

    partition: int
    bucket: int
    key: bytes
    kind: Kind

    def __str__(self) -> str:
        line, event = self.key[: -KEY_ID_BYTES - 1], self.key[-KEY_ID_BYTES:]
        where = f"partition {self.partition}, bucket {self.bucket}"
        return f"{self.kind} entry: {where}, line {line.decode('utf-8', 'replace')}, event {event.hex()}…"


def entries_of(data: bytes) -> dict[bytes, bytes]:
    """Give the table rows of an event that was accepted before, from its bytes as written."""
    event = upcast(orjson.loads(data))
    return {table_key(line, event["id"]): entry for line, entry in entries(event)}


class Differences:
    """The proof of one generation file; works in its writer's transactions."""

    def __init__(self, connection: sqlite3.Connection, events: sqlite3.Connection, pending: Pending) -> None:
        self._connection = connection
        self._events = events
        self._pending = pending

    def prove(
        self,
        digests: dict[int, tuple[Digest, Digest]],
        suspects: set[tuple[int, bytes]],
        partitions: set[int],
        exposed: Vector,
        now_ms: int,
    ) -> list[Finding]:
        """Look at the suspects and at the open differences of the partitions, then compare the sums."""
        found = self._look(suspects | self._open(partitions), exposed, now_ms)
        for partition in partitions:
            buckets = self._unexplained(partition, *digests[partition], exposed)
            if buckets:
                found += self._look(self._keys_of(partition, buckets, exposed), exposed, now_ms)
        return found

    def unknown(self, now_ms: int, wait_ms: int = UNKNOWN_MS_MAX) -> list[Finding]:
        """Find entries whose event the log has not shown within `wait_ms`."""
        found = []
        for (partition, _), key in self._pending.older_than(now_ms - wait_ms):
            if not self._event(partition, key) and self._note(partition, key, "unknown", now_ms):
                found.append(Finding(partition, bucket(key), key, "unknown"))
        return found

    def _look(self, keys: set[tuple[int, bytes]], exposed: Vector, now_ms: int) -> list[Finding]:
        """Compare single rows with the log; note and return what differs and was not known."""
        found = []
        for partition, key in sorted(keys):
            kind = self._judge(partition, key, exposed)
            if kind is None:
                self._connection.execute(
                    """UPDATE differences SET settled_ms = ?
                       WHERE partition = ? AND key = ? AND settled_ms IS NULL""",
                    (now_ms, partition, key),
                )
            elif self._note(partition, key, kind, now_ms):
                found.append(Finding(partition, bucket(key), key, kind))
        return found

    def _judge(self, partition: int, key: bytes, exposed: Vector) -> Kind | None:
        wanted, posted = self._wanted(partition, key, exposed), self._posted(partition, key)
        if posted is None and wanted is None:
            waits = self._pending.holds((partition, key[-KEY_ID_BYTES:]), key)
            return "unknown" if waits and not self._event(partition, key) else None
        if wanted is None:
            return "extra"
        if posted is None:
            return "missing"
        return None if posted == wanted else "altered"

    def _event(self, partition: int, key: bytes) -> tuple[str, int, bytes] | None:
        found: tuple[str, int, bytes] | None = self._events.execute(
            "SELECT topic, offset, data FROM events WHERE key = ? AND partition = ?",
            (key[-KEY_ID_BYTES:], partition),
        ).fetchone()
        return found

    def _wanted(self, partition: int, key: bytes, exposed: Vector) -> bytes | None:
        """Give the entry that the log says stands under a key, if its event is served."""
        event = self._event(partition, key)
        if event is None or event[1] >= next_offset(exposed, event[0], partition):
            return None
        return entries_of(event[2]).get(key)

    def _posted(self, partition: int, key: bytes) -> bytes | None:
        found = self._connection.execute(
            "SELECT entry FROM entries WHERE key = ? AND partition = ?", (key, partition)
        ).fetchone()
        return found[0] if found else None

    def _note(self, partition: int, key: bytes, kind: Kind, now_ms: int) -> bool:
        """Write a difference down; say whether it is news."""
        known = self._connection.execute(
            "SELECT kind FROM differences WHERE partition = ? AND key = ? AND settled_ms IS NULL",
            (partition, key),
        ).fetchone()
        if known and known[0] == kind:
            return False
        self._connection.execute(
            """INSERT OR REPLACE INTO differences (partition, key, kind, bucket, found_ms)
               VALUES (?, ?, ?, ?, ?)""",
            (partition, key, kind, bucket(key), now_ms),
        )
        return True

    def _open(self, partitions: set[int]) -> set[tuple[int, bytes]]:
        open_ = self._connection.execute("SELECT partition, key FROM differences WHERE settled_ms IS NULL")
        return {(partition, key) for partition, key in open_ if partition in partitions}

    def _unexplained(self, partition: int, posted: Digest, of_log: Digest, exposed: Vector) -> list[int]:
        """List the buckets that differ by more than the known differences."""
        explained = Digest(posted.to_bytes())
        for at, key in self._open({partition}):
            row, wanted = self._posted(at, key), self._wanted(at, key, exposed)
            if row is not None:
                explained.remove(key, row)
            if wanted is not None:
                explained.add(key, wanted)
        return explained.differing(of_log)

    def _keys_of(self, partition: int, buckets: list[int], exposed: Vector) -> set[tuple[int, bytes]]:
        """List all keys of some buckets, of either side: a scan, for when no suspect explains a sum."""
        keys = {
            k
            for (k,) in self._connection.execute("SELECT key FROM entries WHERE partition = ?", (partition,))
        }
        events = self._events.execute(
            "SELECT topic, offset, data FROM events WHERE partition = ?", (partition,)
        )
        for topic, offset, data in events:
            if offset < next_offset(exposed, topic, partition):
                keys |= entries_of(data).keys()
        return {(partition, key) for key in keys if bucket(key) in buckets}
