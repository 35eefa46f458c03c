"""Build the next generation of the views from the log, beside the live one, at exactly one vector.

The log is read partition number by partition number, so that memory is bounded by one partition's lines.
What is made of it: the changelog of the new generation, its group's offsets, and rows for a `Sink`
(the reader's file, which this package knows nothing of). Faust then goes on from the same vector.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import progress
from streams.codec import CodecError, NewerVersion, decode_dict
from streams.entries import entries, table_key
from streams.lines import Line
from streams.topics import changelog_name, fact_topics, partition_of, topic_name, views_app_id
from streams.vectors import Vector, next_offset

if TYPE_CHECKING:
    from streams.settings import Settings

BULK = {"fetch_max_bytes": 64 << 20, "max_partition_fetch_bytes": 8 << 20, "fetch_min_bytes": 64 << 10}


@dataclass(frozen=True)
class Row:
    """An entry with the first place of its event: what both the changelog and the reader's file take."""

    line: Line
    event_id: str
    entry: bytes
    topic: str
    offset: int
    recorded_ms: int


class Sink(Protocol):
    """Takes the rows of a whole partition at a time."""

    def add(self, partition: int, rows: Iterable[Row]) -> None:
        """Store the rows of one partition number; each (line, event) comes once."""


@dataclass(frozen=True)
class Built:
    """What a rebuild read and wrote."""

    events: int
    rows: int
    changelog_ends: dict[int, int]


async def rebuild(
    settings: Settings, generation: int, vector: Vector, sink: Sink, progressed: Callable[[int], None]
) -> Built:
    """Fold the log below `vector` into generation `generation`; `progressed(n)` after n more records."""
    events = rows = 0
    ends: dict[int, int] = {}
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap, acks="all", enable_idempotence=True, linger_ms=20,
        max_batch_size=1 << 20, compression_type=None,
    )  # fmt: skip
    await producer.start()
    try:
        for partition in range(settings.partitions):
            made: dict[bytes, Row] = {}
            seen = 0
            async for record in _below(settings, partition, vector):
                seen += 1
                for row in _rows(record, settings.partitions):
                    made.setdefault(table_key(row.line, row.event_id), row)
                if seen % 2000 == 0:
                    progressed(2000)
            progressed(seen % 2000)
            sink.add(partition, made.values())
            part = {topic: next_offset(vector, topic, partition) for topic in vector}
            ends[partition] = await _write(producer, settings, generation, partition, made, part)
            events, rows = events + seen, rows + len(made)
    finally:
        await producer.stop()
    await _commit(settings, generation, vector)
    return Built(events, rows, ends)


@dataclass(frozen=True)
class _Record:
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


async def _below(settings: Settings, partition: int, vector: Vector) -> AsyncIterator[_Record]:
    """Yield the records of one partition number of all fact topics, up to the vector."""
    ends = {
        TopicPartition(topic_name(settings, topic), partition): next_offset(vector, topic, partition)
        for topic in vector
    }
    names = {topic_name(settings, topic): topic for topic in vector}
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, enable_auto_commit=False, **BULK)
    await consumer.start()
    try:
        open_ = {tp for tp, end in ends.items() if end > 0}
        consumer.assign(sorted(open_))
        if open_:
            await consumer.seek_to_beginning(*open_)
        while open_:
            for tp, batch in (await consumer.getmany(timeout_ms=1000, max_records=10_000)).items():
                for r in batch:
                    if r.offset < ends[tp]:
                        yield _Record(names[tp.topic], partition, r.offset, r.timestamp, r.value)
            # the position, not the last record: offsets have gaps
            open_ = {tp for tp in open_ if await consumer.position(tp) < ends[tp]}
    finally:
        await consumer.stop()


def _rows(record: _Record, partitions: int) -> list[Row]:
    """Make the rows of one record, as the position agents do: what they dead-letter posts nothing here."""
    try:
        event = decode_dict(record.value)
    except NewerVersion:
        raise
    except CodecError:
        return []
    if partition_of(event["home"].encode(), partitions) != record.partition:
        return []
    return [
        Row(line, event["id"], entry, record.topic, record.offset, record.timestamp_ms)
        for line, entry in entries(event)
    ]


async def _write(
    producer: AIOKafkaProducer, settings: Settings, generation: int, partition: int,
    made: dict[bytes, Row], places: dict[str, int],
) -> int:  # fmt: skip
    """Write one partition of the changelog, its progress row last; return the offset after it."""
    topic = changelog_name(settings, generation)
    for key in sorted(made):
        await producer.send(topic, key=key, value=made[key].entry, partition=partition)
    await producer.flush()
    last = await producer.send_and_wait(
        topic, key=progress.key(partition), value=progress.encode(places, partition), partition=partition
    )
    return int(last.offset) + 1


async def _commit(settings: Settings, generation: int, vector: Vector) -> None:
    """Give the new generation's group the vector as its committed offsets, so that Faust starts there."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=views_app_id(settings, generation),
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        offsets = {
            TopicPartition(topic_name(settings, topic), partition): next_offset(vector, topic, partition)
            for topic in fact_topics()
            for partition in range(settings.partitions)
        }
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()
