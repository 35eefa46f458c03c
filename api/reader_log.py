"""Reading Kafka for the reader: all topics of the log and the changelogs, from the reader's own offsets.

There is no consumer group: the offsets stand in the files, beside what they brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from api.read_model.records import Offsets, Record
from streams.topics import fact_topics, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

OF_LOG = {"fetch_max_bytes": 16 << 20, "max_partition_fetch_bytes": 128 << 10}
"""Many partitions, read a little of each at a time: what was posted of them is then soon at hand."""
OF_ROWS = {"fetch_max_bytes": 16 << 20, "max_partition_fetch_bytes": 2 << 20}
AHEAD_BYTES_MAX = 16 << 20
"""So much is read and not yet taken, and what one poll brings beyond that."""
POLL_MS = 200
ANSWER_SECONDS_MAX = 5.0

Batch = tuple[list[Record], Offsets]
"""Records in the order of each partition, and the offsets after them."""


def log_partitions(settings: Settings) -> list[tuple[str, int]]:
    """List the partitions that the reader follows, changelogs apart; topics without prefix."""
    wide = ("documents", "parses", *fact_topics())
    return [(t, p) for t in wide for p in range(settings.partitions)] + [("entities", 0), ("cuts", 0)]


async def wait(came: asyncio.Event, seconds: float) -> None:
    """Wait for an event for so long at most.

    Not by `asyncio.wait_for`: of Python 3.11 it loses a cancellation that comes with the event, and whoever
    is stopped goes on.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await came.wait()


class LogFollower:
    """A consumer over changing sets of partitions, each read from where its file stands.

    It reads on while what was taken is being written: the longer that takes, the larger the next batch, and
    the less a record costs. `came` is set when there is something to take.
    """

    def __init__(
        self, settings: Settings, fetch: Mapping[str, int], records_max: int, came: asyncio.Event
    ) -> None:
        self._settings = settings
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap, enable_auto_commit=False, auto_offset_reset="none", **fetch
        )
        self._topics: dict[TopicPartition, tuple[str, int]] = {}
        self._records_max = records_max
        self._came = came
        self._room = asyncio.Event()
        self._read: Batch = [], {}
        self._bytes = 0
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._give_up()
        await self._consumer.stop()

    async def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions from these offsets; none: from the first."""
        await self._give_up()
        self._topics = {TopicPartition(topic_name(self._settings, t), p): (t, p) for t, p in offsets}
        self._consumer.assign(list(self._topics))
        starts = await self._consumer.beginning_offsets(list(self._topics))
        for tp, place in self._topics.items():
            # A compacted or deleted start is no reason to stop: what stood there is not needed any more.
            self._consumer.seek(tp, max(offsets[place], starts[tp]))
        self._room.set()
        if self._topics:
            self._reading = asyncio.create_task(self._read_on())

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

    def take(self) -> Batch:
        """Give what has been read since the last time.

        Raises OffsetOutOfRangeError where the log is shorter than what was read of it.
        """
        if self._reading is not None and self._reading.done():
            self._reading.result()
        read, self._read, self._bytes = self._read, ([], {}), 0
        self._room.set()
        return read

    async def _read_on(self) -> None:
        try:
            while True:
                await self._room.wait()
                room = self._records_max - len(self._read[0])
                found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=room)
                for tp, batch in found.items():
                    await self._add(tp, batch)
                if found:
                    self._came.set()
                if len(self._read[0]) >= self._records_max or self._bytes >= AHEAD_BYTES_MAX:
                    self._room.clear()
        finally:
            self._came.set()

    async def _add(self, tp: TopicPartition, batch: list[ConsumerRecord]) -> None:
        place = self._topics[tp]
        position = await self._consumer.position(tp)
        records, positions = self._read
        records.extend(Record(*place, r.offset, r.timestamp, r.key, r.value, r.headers) for r in batch)
        positions[place] = position
        self._bytes += sum(len(r.key or b"") + len(r.value or b"") for r in batch)

    async def _give_up(self) -> None:
        """Drop what was not taken: that is read again, since nobody wrote the offsets after it."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        self._read, self._bytes = ([], {}), 0


class LogEnds:
    """Asks where the log ends, on a connection of its own: a waiting fetch would hold the answer back."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None

    async def ends(self, partitions: Iterable[tuple[str, int]]) -> Offsets:
        """Give the end offsets. Raises KafkaError or TimeoutError while the broker does not answer."""
        if self._consumer is None:
            consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.bootstrap, enable_auto_commit=False)
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                await consumer.start()
            self._consumer = consumer
        names = {TopicPartition(topic_name(self._settings, t), p): (t, p) for t, p in partitions}
        async with asyncio.timeout(ANSWER_SECONDS_MAX):  # see `wait`
            found = await self._consumer.end_offsets(list(names))
        return {names[tp]: end for tp, end in found.items()}

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None
