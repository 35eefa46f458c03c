"""Records that could not be used: kept for ever with their bytes, their place and the reason.

The value of a dead letter is the record's own value, its key the record's key; the rest stands in headers.
A letter about a `documents` record carries no bytes: they are still there, at its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, TopicPartition

from streams import codec
from streams.consumers import reading
from streams.errors import CodecError, NewerVersion, StreamsError
from streams.events import AnyEvent
from streams.topics import fact_topic, partition_of, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

TOPIC = "dead-letters"
REASON_MAX = 1000
IN_STEAD = "khabar-in-stead-of"
"""Header of a record that was sent again: which dead letter it stands for (`content_of`, in hex)."""

OTHER = "other"
KINDS = ("not_json", "bad_id", "unknown_type", "invalid", "too_long", "misplaced", OTHER)
"""Why a record could not be used: the subclasses of CodecError, by name."""

READ_SECONDS_MAX = 60.0


class NoSuchLetter(StreamsError):
    """When a dead letter is asked for by a number that the topic does not hold."""

    exit_code = 2


class StillDead(StreamsError):
    """When a record that is to be published again would be a dead letter again."""

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


def headers(origin: Origin, reason: str, kind: str = OTHER) -> list[tuple[str, bytes]]:
    """Make the headers of a dead letter; the reason is cut to REASON_MAX code points.

    `kind` is one of KINDS: few, so that letters can be counted by it.
    """
    return [
        ("khabar-topic", origin.topic.encode()),
        ("khabar-partition", str(origin.partition).encode()),
        ("khabar-offset", str(origin.offset).encode()),
        ("khabar-reason", reason[:REASON_MAX].encode("utf-8", "replace")),
        ("khabar-kind", kind.encode()),
    ]


def content_of(topic: str, key: bytes | None, value: bytes | None) -> bytes:
    """Name what a record says, wherever it stands: a hash of its topic (without prefix), key and value."""
    hashed = hashlib.sha256()
    for part in (topic.encode(), key, value):
        hashed.update(b"-" if part is None else b"%d:%b" % (len(part), part))
    return hashed.digest()


def stands_for(record_headers: Iterable[tuple[str, bytes]]) -> bytes | None:
    """Read of which dead letter a record stands in the stead, as `content_of` names it; none of any."""
    for name, value in record_headers:
        if name == IN_STEAD:
            with contextlib.suppress(ValueError):
                return bytes.fromhex(value.decode("ascii"))
    return None


def kind_of(error: CodecError) -> str:
    """Name the kind of error that made a dead letter: its class, in the words of a header."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return name if name in KINDS else OTHER


def kind_in(record_headers: Iterable[tuple[str, bytes]]) -> str:
    """Read the kind of a letter; `other` where it was written before there were kinds."""
    name = dict(record_headers).get("khabar-kind", b"").decode("utf-8", "replace")
    return name if name in KINDS else OTHER


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


async def resend(settings: Settings, number: int, value: bytes | None = None) -> Origin:
    """Publish the record of a dead letter again, where it belongs; with `value`, repaired. Returns its place.

    Raises NoSuchLetter, StillDead for an event that would be a dead letter again, NewerVersion.
    """
    async for letter in letters(settings):
        if letter.number == number:
            return await _publish(settings, letter, value)
    message = f"there is no dead letter {number}: `khabar dead-letters` lists them"
    raise NoSuchLetter(message)


async def _publish(settings: Settings, letter: DeadLetter, value: bytes | None) -> Origin:
    key, value = letter.key, letter.value if value is None else value
    if value is None:
        key, value = await _read_record(settings, letter.origin)
    topic, headers = letter.origin.topic, list[tuple[str, bytes]]()
    if topic.startswith("facts."):
        event = _event(letter, value)
        instead = content_of(letter.origin.topic, letter.key, letter.value).hex().encode()
        topic, key = fact_topic(event.type), event.home.encode()
        headers = [*codec.headers(event), (IN_STEAD, instead)]
    # A `documents` key is document/revision, but its partition is that of the document alone.
    placed_by = (key or b"").rpartition(b"/")[0] if topic == "documents" else (key or b"")
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        done = await producer.send_and_wait(
            topic_name(settings, topic),
            key=key,
            value=value,
            partition=partition_of(placed_by, settings.partitions),
            headers=headers,
        )
    finally:
        await producer.stop()
    return Origin(topic, done.partition, done.offset)


def _event(letter: DeadLetter, value: bytes | None) -> AnyEvent:
    """Read the event that is to be published again, as whoever posts it will."""
    try:
        return codec.decode(value)
    except NewerVersion:
        raise
    except CodecError as error:
        message = f"dead letter {letter.number} would be one again: {error}; give it repaired by --value"
        raise StillDead(message) from error


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
