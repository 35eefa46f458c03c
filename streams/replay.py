"""Post what the log says below a vector to a new generation: sorted rows, changelog, the group's offsets.

The log is read partition number by partition number. Faust goes on from where this ends, and readers follow
the changelog as they follow any.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.structs import RecordMetadata

from streams import progress
from streams.consumers import reading
from streams.errors import CodecError, NewerVersion, StreamsError
from streams.posting import postings
from streams.publish import producer
from streams.runs import CHUNK, Runs
from streams.topics import changelog_name, fact_topics, topic_name, views_app_id
from streams.vectors import Vector, next_offset

if TYPE_CHECKING:
    from aiokafka.producer.message_accumulator import BatchBuilder

    from streams.settings import Settings

BULK = {"fetch_max_bytes": 64 << 20, "max_partition_fetch_bytes": 8 << 20, "fetch_min_bytes": 64 << 10}
RECORDS_MAX = 10_000
BATCH_BYTES = 512 << 10
FAR_RECORDS = 100_000
"""A generation so far behind the log comes up to it sooner by being built anew."""
BATCHES_MAX = 16  # on their way to Kafka

TableRow = tuple[bytes, int, str, int, bytes]
"""A row of the table, and where its event stands: key, recorded ms, topic, offset, entry."""


class NotAcknowledged(StreamsError):
    """When a row of the changelog cannot be packed, so that Kafka would never get it."""


def size(vector: Vector) -> int:
    """Give the number of records below a vector, for a progress bar."""
    return sum(offset for offsets in vector.values() for offset in offsets.values())


async def read_rows(
    settings: Settings, partition: int, vector: Vector, rows: Runs, progressed: Callable[[int], None]
) -> int:
    """Give `rows` what one partition number of all fact topics posts below the vector.

    `progressed(n)` is told after n records; returns how many there were. Raises NewerVersion where the log
    holds what only a newer khabar can read, KafkaError.
    """
    records = 0
    async for batch in _below(settings, partition, vector):
        for record in batch:
            rows.add(_posted(settings, record))
        records += len(batch)
        progressed(len(batch))
    return records


def _posted(settings: Settings, record: ConsumerRecord) -> list[TableRow]:
    """Give what a record posts, as the position agents do: a dead letter posts nothing."""
    try:
        found = postings(record.key, record.value, record.partition, settings.partitions)
    except NewerVersion:
        raise
    except CodecError:
        return []
    topic = record.topic.removeprefix(settings.topic_prefix)
    return [(key, record.timestamp, topic, record.offset, entry) for _, key, entry in found]


def chunks(rows: Iterable[TableRow]) -> Iterator[list[TableRow]]:
    """Yield sorted rows in lists of CHUNK; of one key the first: an event counts where it stands first."""
    before = b""
    chunk: list[TableRow] = []
    for row in rows:
        if row[0] != before:
            before = row[0]
            chunk.append(row)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    yield chunk


class Changelog:
    """Writes one partition of a generation's changelog, packed; an async context manager."""

    def __init__(self, settings: Settings, generation: int, partition: int) -> None:
        self._topic = changelog_name(settings, generation)
        self._partition = partition
        self._producer: AIOKafkaProducer = producer(settings, batch_bytes=BATCH_BYTES)
        self._batch: BatchBuilder | None = None
        self._sent: list[asyncio.Future[RecordMetadata]] = []

    async def __aenter__(self) -> Changelog:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def add(self, rows: list[TableRow]) -> None:
        """Append rows. Raises KafkaError where one was not taken."""
        for key, *_, entry in rows:
            if self._batch is None or self._batch.append(key=key, value=entry, timestamp=None) is None:
                await self._send()
                self._batch = self._producer.create_batch()
                if self._batch.append(key=key, value=entry, timestamp=None) is None:
                    message = f"a row of {len(key) + len(entry)} bytes fits in no batch of {BATCH_BYTES}"
                    raise NotAcknowledged(message)

    async def end(self, vector: Vector) -> int:
        """Write the progress row, when all before it is there; return its offset. Raises KafkaError."""
        await self._send()
        await asyncio.gather(*self._sent)
        row = progress_row(vector, self._partition)
        done = await self._producer.send_and_wait(
            self._topic, key=progress.key(self._partition), value=row, partition=self._partition
        )
        return int(done.offset)

    async def _send(self) -> None:
        if self._batch is None:
            return
        if len(self._sent) >= BATCHES_MAX:
            await asyncio.gather(*self._sent)
            self._sent.clear()
        self._batch.close()
        sent = await self._producer.send_batch(self._batch, self._topic, partition=self._partition)
        self._sent.append(sent)
        self._batch = None


def progress_row(vector: Vector, partition: int) -> bytes:
    """Write how far a partition is posted when all below the vector is."""
    posted = {topic: next_offset(vector, topic, partition) for topic in vector}
    return progress.encode({topic: offset for topic, offset in posted.items() if offset}, partition)


async def _below(settings: Settings, partition: int, vector: Vector) -> AsyncIterator[list[ConsumerRecord]]:
    """Yield the records of one partition number of all fact topics, up to the vector."""
    ends = {
        TopicPartition(topic_name(settings, topic), partition): next_offset(vector, topic, partition)
        for topic in vector
    }
    unread = {tp for tp, end in ends.items() if end > 0}
    if not unread:
        return
    async with reading(settings, **BULK) as consumer:
        consumer.assign(sorted(unread))
        await consumer.seek_to_beginning(*unread)
        while unread:
            batches = await consumer.getmany(timeout_ms=1000, max_records=RECORDS_MAX)
            for tp, batch in batches.items():
                yield [record for record in batch if record.offset < ends[tp]]
            # The position, not the last record: offsets have gaps.
            unread = {tp for tp in unread if await consumer.position(tp) < ends[tp]}


async def commit(settings: Settings, generation: int, vector: Vector) -> None:
    """Give the new generation's group the vector as its committed offsets: there Faust begins."""
    async with reading(settings, group_id=views_app_id(settings, generation)) as consumer:
        offsets = {
            TopicPartition(topic_name(settings, topic), partition): next_offset(vector, topic, partition)
            for topic in fact_topics()
            for partition in range(settings.partitions)
        }
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
