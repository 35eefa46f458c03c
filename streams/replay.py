"""Build the next generation of the views from the log, beside the live one, at exactly one vector.

The log is read partition number by partition number, so that memory is bounded by the lines of one. What is
made of it: the changelog of the new generation and its group's offsets. Faust goes on from there, and
readers follow the changelog as they follow any.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.structs import RecordMetadata

from streams import progress
from streams.consumers import reading
from streams.digest import Digest
from streams.errors import CodecError, NewerVersion
from streams.posting import postings
from streams.publish import producer
from streams.topics import changelog_name, fact_topics, topic_name, views_app_id
from streams.vectors import Vector, next_offset

if TYPE_CHECKING:
    from streams.settings import Settings

BULK = {"fetch_max_bytes": 64 << 20, "max_partition_fetch_bytes": 8 << 20, "fetch_min_bytes": 64 << 10}
RECORDS_MAX = 10_000
LINGER_MS = 20
SENT_MAX = 20_000  # rows on their way to Kafka


@dataclass(frozen=True)
class Built:
    """What a rebuild read and wrote, and its digest for each partition."""

    records: int
    rows: int
    digests: dict[int, Digest]


def size(vector: Vector) -> int:
    """Give the number of records below a vector, for a progress bar."""
    return sum(offset for offsets in vector.values() for offset in offsets.values())


async def rebuild(
    settings: Settings, generation: int, vector: Vector, progressed: Callable[[int], None]
) -> Built:
    """Post what the log says below `vector` to a generation's changelog; `progressed(n)` after n records.

    Raises NewerVersion where the log holds what only a newer khabar can read, KafkaError.
    """
    records = rows = 0
    digests: dict[int, Digest] = {}
    sender = producer(settings, LINGER_MS)
    await sender.start()
    try:
        for partition in range(settings.partitions):
            made: dict[bytes, bytes] = {}
            async for batch in _below(settings, partition, vector):
                for record in batch:
                    _post(record, settings.partitions, made)
                records += len(batch)
                progressed(len(batch))
            digests[partition] = Digest()
            for key, entry in made.items():
                digests[partition].add(key, entry)
            await _write(sender, settings, generation, partition, made, vector)
            rows += len(made)
    finally:
        await sender.stop()
    await _commit(settings, generation, vector)
    return Built(records, rows, digests)


def _post(record: ConsumerRecord, partitions: int, made: dict[bytes, bytes]) -> None:
    """Add what a record posts, as the position agents do: a dead letter posts nothing."""
    try:
        for posting in postings(record.value, record.partition, partitions):
            made.setdefault(posting.key, posting.entry)
    except NewerVersion:
        raise
    except CodecError:
        return


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


async def _write(
    sender: AIOKafkaProducer,
    settings: Settings,
    generation: int,
    partition: int,
    made: dict[bytes, bytes],
    vector: Vector,
) -> None:
    """Write one partition of the changelog; its progress row comes last, when all before it is there.

    Raises KafkaError where a row was not taken.
    """
    topic = changelog_name(settings, generation)
    sent: list[asyncio.Future[RecordMetadata]] = []
    for key in sorted(made):
        sent.append(await sender.send(topic, key=key, value=made[key], partition=partition))
        if len(sent) == SENT_MAX:
            await asyncio.gather(*sent)
            sent.clear()
    await asyncio.gather(*sent)
    posted = {name: next_offset(vector, name, partition) for name in vector}
    row = progress.encode({name: offset for name, offset in posted.items() if offset}, partition)
    await sender.send_and_wait(topic, key=progress.key(partition), value=row, partition=partition)


async def _commit(settings: Settings, generation: int, vector: Vector) -> None:
    """Give the new generation's group the vector as its committed offsets: there Faust begins."""
    async with reading(settings, group_id=views_app_id(settings, generation)) as consumer:
        offsets = {
            TopicPartition(topic_name(settings, topic), partition): next_offset(vector, topic, partition)
            for topic in fact_topics()
            for partition in range(settings.partitions)
        }
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
