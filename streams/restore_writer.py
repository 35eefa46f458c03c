"""Append records to the topics of a copy, under the time that they had, and be sure where each one stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from aiokafka.structs import RecordMetadata

from streams.errors import StreamsError, Unacknowledged
from streams.publish import producer, stop
from streams.topics import topic_name
from streams.vectors import Vector

if TYPE_CHECKING:
    from streams.settings import Settings

LINGER_MS = 5
BATCH_BYTES = 1 << 20
SENT_MAX = 5_000
SENT_BYTES_MAX = 32 << 20  # of which one request never takes more than Kafka allows
ACKNOWLEDGED_SECONDS_MAX = 60.0


class Disturbed(StreamsError):
    """When somebody else writes to a log that is being restored, or Kafka does not keep its times."""


class Writer:
    """Counts offsets from 0, and holds Kafka's answers against them; an async context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = producer(settings, LINGER_MS, BATCH_BYTES)
        self._next: dict[str, dict[int, int]] = {}
        self._sent: list[tuple[asyncio.Future[RecordMetadata], int]] = []
        self._bytes = 0

    async def __aenter__(self) -> Writer:
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for future, _ in self._sent:  # what is given up is no news
                future.add_done_callback(lambda each: each.cancelled() or each.exception())
        await stop(self._producer, ACKNOWLEDGED_SECONDS_MAX if error is None else 0)

    async def append(
        self,
        topic: str,
        partition: int,
        timestamp_ms: int,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]],
    ) -> int:
        """Send a record; return the offset that it gets. Raises as `settle` does, of earlier ones."""
        offsets = self._next.setdefault(topic, {})
        offset = offsets.get(partition, 0)
        name = topic_name(self._settings, topic)
        future = await self._producer.send(
            name, value, key, partition, timestamp_ms=timestamp_ms, headers=list(headers)
        )
        offsets[partition] = offset + 1
        self._sent.append((future, offset))
        self._bytes += len(value or b"")
        if len(self._sent) >= SENT_MAX or self._bytes >= SENT_BYTES_MAX:
            await self.settle()
        return offset

    async def settle(self) -> None:
        """Wait until Kafka has all that was sent, each where it should be.

        Raises Disturbed, KafkaError, Unacknowledged.
        """
        for future, offset in self._sent:
            try:
                async with asyncio.timeout(ACKNOWLEDGED_SECONDS_MAX):
                    done = await future
            except TimeoutError as error:
                message = "Kafka acknowledges nothing any more: the log is unfinished, restore again"
                raise Unacknowledged(message) from error
            if done.offset != offset or done.timestamp_type != 0:
                message = (
                    f"{done.topic}/{done.partition}@{done.offset} should be the record of offset {offset}, "
                    "with its own time: stop every khabar on this Kafka, then restore again"
                )
                raise Disturbed(message)
        self._sent, self._bytes = [], 0

    def next_offset(self, topic: str, partition: int) -> int:
        """Give the offset of the next record."""
        return self._next.get(topic, {}).get(partition, 0)

    def vector(self) -> Vector:
        """How far facts and entities are written, as a cut tells it."""
        return {
            topic: {str(p): next_ for p, next_ in sorted(offsets.items())}
            for topic, offsets in self._next.items()
            if topic == "entities" or topic.startswith("facts.")
        }
