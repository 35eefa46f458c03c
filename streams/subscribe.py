"""Read the fact topics as any subscriber would: from a point of history, in the order of each partition.

No consumer group: a subscriber's place is its own. `docs/subscribing.md` shows the same with plain aiokafka.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.consumers import reading
from streams.events import CATALOGUE
from streams.topics import fact_topic, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings


@dataclass(frozen=True)
class Beginning:
    """From the first event that the log holds."""


@dataclass(frozen=True)
class End:
    """Only what comes from now on."""


@dataclass(frozen=True)
class Since:
    """From the first event recorded at this time or later (milliseconds since 1970)."""

    ms: int


@dataclass(frozen=True)
class Places:
    """From these places: topic name without prefix → partition → next offset; others from their beginning."""

    next_offsets: Mapping[str, Mapping[int, int]]


Start = Beginning | End | Since | Places


@dataclass(frozen=True)
class Received:
    """One record of a fact topic: its bytes as published, its place, and when the log took it."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


async def records(settings: Settings, start: Start, types: frozenset[str]) -> AsyncGenerator[Received]:
    """Yield the records of the fact topics of `types` (all if empty) from `start`, then as they come."""
    names = {topic_name(settings, fact_topic(t)): fact_topic(t) for t in (types or CATALOGUE.keys())}
    async with reading(settings, *names, auto_offset_reset="earliest") as consumer:
        await _seek(consumer, sorted(consumer.assignment()), start, names)
        while True:
            for tp, batch in (await consumer.getmany(timeout_ms=500, max_records=1000)).items():
                for r in batch:
                    yield Received(names[tp.topic], tp.partition, r.offset, r.timestamp, r.value)


async def _seek(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], start: Start, names: Mapping[str, str]
) -> None:
    match start:
        case Beginning():
            await consumer.seek_to_beginning(*partitions)
        case End():
            await consumer.seek_to_end(*partitions)
        case Since(ms):
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, ms))
            ends = await consumer.end_offsets(partitions)
            for tp in partitions:
                consumer.seek(tp, found[tp].offset if found[tp] else ends[tp])
        case Places(next_offsets):
            for tp in partitions:
                consumer.seek(tp, next_offsets.get(names[tp.topic], {}).get(tp.partition, 0))
