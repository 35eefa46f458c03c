"""Reading Kafka for the reader: all topics of the log and the changelogs, from the reader's own offsets.

There is no consumer group: the offsets stand in the files, beside what they brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition

from api.read_model.records import Offsets, Record
from streams.topics import fact_topics, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

FETCH = {"fetch_max_bytes": 32 << 20, "max_partition_fetch_bytes": 8 << 20, "fetch_max_wait_ms": 500}
ANSWER_SECONDS_MAX = 5.0


def log_partitions(settings: Settings) -> list[tuple[str, int]]:
    """List the partitions that the reader follows, changelogs apart; topics without prefix."""
    wide = ("documents", "parses", *fact_topics())
    return [(t, p) for t in wide for p in range(settings.partitions)] + [("entities", 0), ("cuts", 0)]


class LogFollower:
    """A consumer over changing sets of partitions, each read from where its file stands."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap, enable_auto_commit=False, auto_offset_reset="none", **FETCH
        )
        self._topics: dict[TopicPartition, tuple[str, int]] = {}

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions from these offsets; none: from the first."""
        self._topics = {TopicPartition(topic_name(self._settings, t), p): (t, p) for t, p in offsets}
        self._consumer.assign(list(self._topics))
        starts = await self._consumer.beginning_offsets(list(self._topics))
        for tp, place in self._topics.items():
            # A compacted or deleted start is no reason to stop: what stood there is not needed any more.
            self._consumer.seek(tp, max(offsets[place], starts[tp]))

    async def value_at(self, topic: str, partition: int, offset: int) -> bytes | None:
        """Read the value of one record; none if it is not there. Raises TimeoutError."""
        tp = TopicPartition(topic_name(self._settings, topic), partition)
        self._consumer.assign([tp])
        self._consumer.seek(tp, offset)
        found = await self._consumer.getmany(tp, timeout_ms=int(ANSWER_SECONDS_MAX * 1000), max_records=1)
        if not found.get(tp):
            message = f"{topic}/{partition}@{offset} was not answered in time"
            raise TimeoutError(message)  # a slow Kafka is no other log
        return next((r.value for r in found[tp] if r.offset == offset), None)

    async def poll(self, timeout_ms: int, records_max: int) -> tuple[list[Record], Offsets]:
        """Wait for records; give them in the order of each partition, with the offsets after them.

        Raises OffsetOutOfRangeError where the log is shorter than what was read of it.
        """
        found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=records_max)
        records: list[Record] = []
        positions: Offsets = {}
        for tp, batch in found.items():
            topic, partition = self._topics[tp]
            records.extend(
                Record(topic, partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in batch
            )
            positions[topic, partition] = await self._consumer.position(tp)
        return records, positions


class LogEnds:
    """Asks where the log ends, on a connection of its own: a waiting fetch would hold the answer back."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None

    async def ends(self, partitions: Iterable[tuple[str, int]]) -> Offsets:
        """Give the end offsets. Raises KafkaError or TimeoutError while the broker does not answer."""
        if self._consumer is None:
            consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.bootstrap, enable_auto_commit=False)
            await asyncio.wait_for(consumer.start(), ANSWER_SECONDS_MAX)
            self._consumer = consumer
        names = {TopicPartition(topic_name(self._settings, t), p): (t, p) for t, p in partitions}
        found = await asyncio.wait_for(self._consumer.end_offsets(list(names)), ANSWER_SECONDS_MAX)
        return {names[tp]: end for tp, end in found.items()}

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None
