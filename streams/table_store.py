"""The local stores behind Faust's table `positions`: RocksDB, or none at all.

`khabar-rocksdb` holds the view on disk. `khabar-write-only` keeps nothing: rows are put blind and never
read to go on, so a worker may as well start at the changelog's end (a third more rate, no recovery).
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.stores import STORES, base, rocksdb
from faust.streams import current_event
from faust.types import TP, EventT
from rocksdict import Options, Rdict

from streams import progress
from streams.consumers import reading
from streams.topics import changelog_name

if TYPE_CHECKING:
    from streams.settings import Settings

ROCKSDB, WRITE_ONLY = "khabar-rocksdb", "khabar-write-only"
BLOCK_CACHE_BYTES = 16 << 20
WRITE_BUFFER_BYTES = 16 << 20
READ_MS_MAX = 5_000
MARK_SECONDS = 1.0  # at most so often is the persisted offset of a partition written

log = logging.getLogger(__name__)


class RocksStore(rocksdb.Store):
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
        self, batch: Iterable[EventT[Any]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Write rows that a recovery has read, and mark them: it reads without gaps."""
        events = list(batch)
        super().apply_changelog_batch(events, to_key, to_value)
        for event in events:
            tp, offset = event.message.tp, event.message.offset
            self._through[tp] = max(offset, self._through.get(tp, -1))
        for tp in {event.message.tp for event in events}:
            super().set_persisted_offset(tp, self._through[tp])

    def _set(self, key: bytes, value: bytes | None) -> None:
        """Put blind: no index of keys to partitions, for reads that we never do."""
        event = current_event()
        if event is None:
            message = "rows are put while an event is being processed"
            raise RuntimeError(message)
        self._db_for_partition(event.message.partition).put(key, value)


class WriteOnlyStore(base.SerializedStore[Any, Any]):
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
        self, batch: Iterable[EventT[Any]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
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


async def drop_what_is_ahead(settings: Settings, generation: int, slot: Path) -> None:
    """Delete the files of partitions that hold another history than the changelog has.

    A Kafka restored or made anew under old files would else silently skip the offsets used again. The
    last applied record of each file is compared with the changelog's at the same offset.
    """
    files = {int(path.stem.rpartition("-")[2]): path for path in slot.glob("faust/**/positions-*.db")}
    topic = changelog_name(settings, generation)
    async with reading(settings) as consumer:
        for partition, path in sorted(files.items()):
            if not await _same_history(consumer, TopicPartition(topic, partition), path):
                log.warning("%s is not of this changelog's history: it is filled anew", path)
                shutil.rmtree(path)


async def _same_history(consumer: AIOKafkaConsumer, tp: TopicPartition, path: Path) -> bool:
    rows = Rdict(str(path), options=Options(raw_mode=True))
    try:
        mark = rows.get(RocksStore.offset_key)
        if mark is None:
            return True
        offset, end = int(mark), (await consumer.end_offsets([tp]))[tp]
        if offset >= end:
            return False
        consumer.assign([tp])
        consumer.seek(tp, offset)
        found = (await consumer.getmany(tp, timeout_ms=READ_MS_MAX, max_records=1)).get(tp, [])
        if not found or found[0].offset != offset or progress.is_progress(found[0].key):
            return True  # compacted away, or a row that changes all the time: nothing to compare
        return bool(rows.get(found[0].key) == found[0].value)
    finally:
        rows.close()


STORES.aliases[ROCKSDB] = "streams.table_store:RocksStore"
STORES.aliases[WRITE_ONLY] = "streams.table_store:WriteOnlyStore"
