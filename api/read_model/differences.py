"""The proof: what was posted must be what the log says, bucket by bucket; a difference is named by its key.

Differences stay in the file until they are settled. The sums are compared with the known ones taken out, so
that a further difference is seen beside them.
"""

from __future__ import annotations

import sqlite3

from api.read_model.findings import EntryKind, Finding, Findings
from api.read_model.pending import Pending
from streams.codec import decode_dict
from streams.digest import Digest, bucket
from streams.entries import KEY_ID_BYTES, entries, table_key
from streams.errors import CodecError, NewerVersion
from streams.upcast import STEPS, Steps
from streams.vectors import Vector, next_offset

UNKNOWN_MS_MAX = 60_000
"""How long an entry may wait for its event to show up in the log."""


def entries_of(data: bytes, steps: Steps = STEPS) -> dict[bytes, bytes]:
    """Give the table rows of an event that was accepted before, from its bytes as written.

    One that this version takes for no event posts nothing, here as in the worker. Raises NewerVersion.
    """
    try:
        event = decode_dict(data, steps)
    except NewerVersion:
        raise
    except CodecError:
        return {}
    return {table_key(line, event["id"]): entry for line, entry in entries(event)}


class Differences:
    """The proof of one generation file; works in its writer's transactions."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        events: sqlite3.Connection,
        pending: Pending,
        findings: Findings,
    ) -> None:
        self._connection = connection
        self._events = events
        self._pending = pending
        self._findings = findings

    def prove(
        self,
        digests: dict[int, tuple[Digest, Digest]],
        suspects: set[tuple[int, bytes]],
        partitions: set[int],
        exposed: Vector,
        now_ms: int,
    ) -> list[Finding]:
        """Look at the suspects and at the open differences of the partitions, then compare the sums."""
        found = self._look(suspects | self._findings.open_entries(partitions), exposed, now_ms)
        for partition in partitions:
            found += self._compare(partition, *digests[partition], exposed, now_ms)
        return found

    def unknown(self, now_ms: int, wait_ms: int = UNKNOWN_MS_MAX) -> list[Finding]:
        """Find entries whose event the log has not shown within `wait_ms`."""
        found = []
        for (partition, _), key in self._pending.older_than(now_ms - wait_ms):
            if not self._event(partition, key):
                found += self._findings.note(partition, key, "unknown", now_ms)
        return found

    def _look(self, keys: set[tuple[int, bytes]], exposed: Vector, now_ms: int) -> list[Finding]:
        """Compare single rows with the log; note and return what differs and was not known."""
        found = []
        for partition, key in sorted(keys):
            kind = self._judge(partition, key, exposed)
            if kind is None:
                self._findings.settle([(partition, key)], now_ms)
            else:
                found += self._findings.note(partition, key, kind, now_ms)
        return found

    def _compare(
        self, partition: int, posted: Digest, of_log: Digest, exposed: Vector, now_ms: int
    ) -> list[Finding]:
        """Compare the sums; where no key explains them, the bucket is the finding, until they agree."""
        known = self._findings.open_sums(partition)
        found = []
        differing = set(self._unexplained(partition, posted, of_log, exposed))
        if differing - known:  # all keys of those that are known have been looked at
            found += self._look(self._keys_of(partition, differing - known, exposed), exposed, now_ms)
            differing = set(self._unexplained(partition, posted, of_log, exposed))
        self._findings.settle([(partition, bytes([n])) for n in known - differing], now_ms)
        for number in sorted(differing):
            found += self._findings.note(partition, bytes([number]), "sum", now_ms)
        return found

    def _judge(self, partition: int, key: bytes, exposed: Vector) -> EntryKind | None:
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

    def _unexplained(self, partition: int, posted: Digest, of_log: Digest, exposed: Vector) -> list[int]:
        """List the buckets that differ by more than the known differences."""
        explained = Digest(posted.to_bytes())
        for at, key in self._findings.open_entries({partition}):
            row, wanted = self._posted(at, key), self._wanted(at, key, exposed)
            if row is not None:
                explained.remove(key, row)
            if wanted is not None:
                explained.add(key, wanted)
        return explained.differing(of_log)

    def _keys_of(self, partition: int, buckets: set[int], exposed: Vector) -> set[tuple[int, bytes]]:
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
