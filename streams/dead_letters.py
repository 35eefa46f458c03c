"""Records that could not be used: kept for ever with their bytes, their place and the reason.

The value of a dead letter is the record's own value, its key the record's key; the rest stands in headers.
A letter about a `documents` record carries no bytes: they are still there, at its place.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, TopicPartition

from streams.consumers import reading
from streams.errors import StreamsError
from streams.topics import partition_of, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

TOPIC = "dead-letters"
REASON_MAX = 1000
READ_SECONDS_MAX = 60.0


class NoSuchLetter(StreamsError):
    """When a dead letter is asked for by a number that the topic does not hold."""

    exit_code = 2


@dataclass(frozen=True)
class Origin:
    """Where the unusable record stood: topic without prefix, partition, offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


@dataclass(frozen=True)
class DeadLetter:
    """A record that could not be used. `number` is its own offset in `dead-letters`."""

    number: int
    timestamp_ms: int
    origin: Origin
    reason: str
    key: bytes | None
    value: bytes | None


def headers(origin: Origin, reason: str) -> list[tuple[str, bytes]]:
    """Make the headers of a dead letter; the reason is cut to REASON_MAX code points."""
    return [
        ("khabar-topic", origin.topic.encode()),
        ("khabar-partition", str(origin.partition).encode()),
        ("khabar-offset", str(origin.offset).encode()),
        ("khabar-reason", reason[:REASON_MAX].encode("utf-8", "replace")),
    ]


async def letters(settings: Settings) -> AsyncIterator[DeadLetter]:
    """Yield all dead letters that the topic holds at the moment of asking, oldest first."""
    topic = TopicPartition(topic_name(settings, TOPIC), 0)
    async with reading(settings) as consumer:
        consumer.assign([topic])
        await consumer.seek_to_beginning(topic)
        end = (await consumer.end_offsets([topic]))[topic]
        deadline = time.monotonic() + READ_SECONDS_MAX
        while await consumer.position(topic) < end and time.monotonic() < deadline:
            for record in (await consumer.getmany(topic, timeout_ms=500)).get(topic, ()):
                said = dict(record.headers)
                origin = Origin(
                    said["khabar-topic"].decode(),
                    int(said["khabar-partition"]),
                    int(said["khabar-offset"]),
                )
                reason = said["khabar-reason"].decode("utf-8", "replace")
                yield DeadLetter(record.offset, record.timestamp, origin, reason, record.key, record.value)


async def send_again(settings: Settings, number: int) -> Origin:
    """Publish the record of a dead letter again, where its key belongs. Returns its new place."""
    async for letter in letters(settings):
        if letter.number == number:
            return await _publish(settings, letter)
    message = f"there is no dead letter {number}: `khabar dead-letters` lists them"
    raise NoSuchLetter(message)


async def _publish(settings: Settings, letter: DeadLetter) -> Origin:
    topic = topic_name(settings, letter.origin.topic)
    key, value = letter.key, letter.value
    if value is None:
        key, value = await _read_record(settings, letter.origin)
    # A `documents` key is document/revision, but its partition is that of the document alone.
    placed_by = (key or b"").rpartition(b"/")[0] if letter.origin.topic == "documents" else (key or b"")
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        done = await producer.send_and_wait(
            topic, key=key, value=value, partition=partition_of(placed_by, settings.partitions)
        )
    finally:
        await producer.stop()
    return Origin(letter.origin.topic, done.partition, done.offset)


async def _read_record(settings: Settings, origin: Origin) -> tuple[bytes | None, bytes | None]:
    """Fetch one record by its place."""
    place = TopicPartition(topic_name(settings, origin.topic), origin.partition)
    async with reading(settings) as consumer:
        consumer.assign([place])
        consumer.seek(place, origin.offset)
        found = (await consumer.getmany(place, timeout_ms=5000, max_records=1)).get(place, [])
    if not found or found[0].offset != origin.offset:
        message = f"the record at {origin} is no longer in the log: nothing can be sent again"
        raise NoSuchLetter(message)
    return found[0].key, found[0].value
