"""The local stores behind Faust's table `positions`: RocksDB, or none at all.

`khabar-rocksdb` holds the view on disk. `khabar-write-only` keeps nothing: rows are put blind and never
read to go on, so a worker may as well start at the changelog's end (a third more rate, no recovery).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from faust.stores import STORES, base, rocksdb
from faust.streams import current_event
from faust.types import TP, EventT

ROCKSDB, WRITE_ONLY = "khabar-rocksdb", "khabar-write-only"
BLOCK_CACHE_BYTES = 16 << 20
WRITE_BUFFER_BYTES = 16 << 20
MARK_SECONDS = 1.0  # at most so often is the persisted offset of a partition written


class RocksStore(rocksdb.Store):  # type: ignore[misc]  # faust ships no usable types
    """Faust's RocksDB store, with a persisted offset that tells the truth.

    Faust marks every acknowledged row as "all of the changelog up to here is in the file". That is false
    when another worker wrote in between (ours was stopped, its partitions were taken over, and it woke
    up): the mark would hide the other's rows for good. Here the mark moves only over unbroken runs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._through: dict[TP, int] = {}  # all rows up to this offset are in the file
        self._marked_at: dict[TP, float] = {}

    def persisted_offset(self, tp: TP) -> int | None:
        """Read the mark at the start of a recovery."""
        offset = super().persisted_offset(tp)
        if offset is None:
            self._through.pop(tp, None)
        else:
            self._through[tp] = offset
        return offset

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Take the acknowledgement of one of our own rows."""
        if offset != self._through.get(tp, -1) + 1:
            return  # another's rows lie between (or a retry hid the offset): the next recovery reads them
        self._through[tp] = offset
        now = time.monotonic()
        if now - self._marked_at.get(tp, 0.0) >= MARK_SECONDS:
            self._marked_at[tp] = now
            super().set_persisted_offset(tp, offset)

    def apply_changelog_batch(
        self, batch: Iterable[EventT], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Write rows that a recovery has read, and mark them: it reads without gaps."""
        last: dict[TP, int] = {}
        dbs: dict[int, list[EventT]] = {}
        for event in batch:
            last[event.message.tp] = max(event.message.offset, last.get(event.message.tp, -1))
            dbs.setdefault(event.message.partition, []).append(event)
        for partition, events in dbs.items():
            rows = rocksdb.rocksdict.WriteBatch(raw_mode=True)
            for event in events:
                if event.message.value is None:
                    rows.delete(event.message.key)
                else:
                    rows.put(event.message.key, event.message.value)
            self._db_for_partition(partition).write(rows)
        for tp, offset in last.items():
            self._through[tp] = offset
            super().set_persisted_offset(tp, offset)

    def _set(self, key: bytes, value: bytes | None) -> None:
        """Put blind. (Faust's also keeps an index of keys to partitions, for reads that we never do.)"""
        self._db_for_partition(current_event().message.partition).put(key, value)


class WriteOnlyStore(base.SerializedStore):  # type: ignore[misc]  # faust ships no usable types
    """A store that keeps nothing and says that it holds all of the changelog."""

    def __post_init__(self) -> None:
        self._ends: dict[TP, int] = {}

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Look where the changelog ends: Faust asks for the persisted offsets right after this."""
        mine = [tp for tp in assigned if tp.topic in self.table.changelog_topic.topics]
        ends = await self.app.consumer.highwaters(*mine) if mine else {}
        self._ends = {tp: (end or 0) - 1 for tp, end in ends.items()}

    def persisted_offset(self, tp: TP) -> int | None:
        """Give the last offset of the changelog, so that nothing is recovered."""
        return self._ends.get(tp)

    def apply_changelog_batch(
        self, batch: Iterable[EventT], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Drop rows written between our look and Faust's."""

    def reset_state(self) -> None:
        """Nothing is kept."""

    async def backup_partition(
        self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1
    ) -> None:
        """Nothing is kept."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:
        """Nothing is kept."""

    def _get(self, key: bytes) -> bytes | None:
        return None

    def _set(self, key: bytes, value: bytes | None) -> None:
        pass

    def _del(self, key: bytes) -> None:
        pass

    def _iterkeys(self) -> Iterator[bytes]:
        return iter(())

    def _itervalues(self) -> Iterator[bytes | None]:
        return iter(())

    def _iteritems(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def _size(self) -> int:
        return 0

    def _contains(self, key: bytes) -> bool:
        return False

    def _clear(self) -> None:
        pass


STORES.aliases[ROCKSDB] = "streams.table_store:RocksStore"
STORES.aliases[WRITE_ONLY] = "streams.table_store:WriteOnlyStore"
