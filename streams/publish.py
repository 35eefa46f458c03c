"""Put records into the log, and wait until Kafka has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, ProducerClosed

from streams import codec, documents, entity_changes
from streams.documents import Place, StoredDocument
from streams.entity_changes import EntityChange
from streams.errors import Unacknowledged
from streams.events import AnyEvent
from streams.topics import RECORD_BYTES_MAX, fact_topic, partition_of, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

ACKNOWLEDGED_SECONDS_MAX = 30.0
BATCH_BYTES = 16 << 10  # aiokafka's own


def producer(settings: Settings, linger_ms: int = 0, batch_bytes: int = BATCH_BYTES) -> AIOKafkaProducer:
    """Make a producer as all of ours are: idempotent, acknowledged by all replicas, records up to 8 MiB."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        max_batch_size=batch_bytes,
        max_request_size=RECORD_BYTES_MAX + (64 << 10),
    )


class Publisher:
    """Publishes documents and events; an async context manager. What returns is acknowledged.

    Without a Kafka, entering raises KafkaError. One that goes away later would be waited for without end,
    since an idempotent producer gives nothing up; after `seconds_max`, publishing raises Unacknowledged.
    Whoever publishes the same again does no harm: an event has its id, and a text that stands is `unchanged`.
    """

    def __init__(self, settings: Settings, seconds_max: float = ACKNOWLEDGED_SECONDS_MAX) -> None:
        self._settings = settings
        self._seconds_max = seconds_max
        self._producer: AIOKafkaProducer | None = None
        self._all_known = True  # of each record, that it is in the log or was refused

    async def __aenter__(self) -> Publisher:
        self._producer = producer(self._settings)
        try:
            async with asyncio.timeout(self._seconds_max):
                await self._producer.start()
        except BaseException as error:
            await stop(self._producer, 0)  # it has begun tasks of its own
            if isinstance(error, TimeoutError):
                message = f"{self._settings.bootstrap} does not answer"
                raise KafkaConnectionError(message) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await stop(self._producer, self._seconds_max if self._all_known else 0)

    async def publish_document(self, record: StoredDocument) -> Place:
        """Append a revision of a document; return its place."""
        partition = self._partition(record.document)
        return await self._send("documents", partition, record.key, documents.encode(record))

    async def publish_event(self, event: AnyEvent) -> Place:
        """Append an event to the topic of its type; return its place."""
        value, home = codec.encode(event), event.home
        partition, headers = self._partition(home), codec.headers(event)
        return await self._send(fact_topic(event.type), partition, home.encode(), value, headers)

    async def publish_entity_change(self, change: EntityChange) -> Place:
        """Append a change of entities to the one partition that gives them an order; return its place."""
        return await self._send("entities", 0, change.id.encode(), entity_changes.encode(change))

    def _partition(self, placed_by: str) -> int:
        return partition_of(placed_by.encode(), self._settings.partitions)

    async def _send(
        self, topic: str, partition: int, key: bytes, value: bytes, headers: Iterable[tuple[str, bytes]] = ()
    ) -> Place:
        if self._producer is None:
            message = "a Publisher is used within `async with`"
            raise RuntimeError(message)
        name, bound = topic_name(self._settings, topic), self._seconds_max
        try:
            async with asyncio.timeout(bound):
                done = await self._producer.send_and_wait(
                    name, key=key, value=value, partition=partition, headers=list(headers)
                )
        except asyncio.CancelledError:
            self._all_known = False
            raise
        except TimeoutError as error:
            self._all_known = False
            message = f"Kafka did not acknowledge the record in {bound:g} s: it may be in the log or not"
            raise Unacknowledged(message) from error
        return Place(topic, done.partition, done.offset)


async def stop(sender: AIOKafkaProducer, seconds_max: float) -> None:
    """Stop a producer; after `seconds_max`, give up what it still tries to send, which it never would."""
    stopping = asyncio.ensure_future(sender.stop())
    done, _ = await asyncio.wait({stopping}, timeout=seconds_max)
    sending = sender._sender.sender_task
    if not done and sending is not None:
        await sender.client.close()
        while not sending.done():
            sending.cancel()  # once to end it, once more to end what it waits for then: a request on its way
            await asyncio.sleep(0)
        sender._message_accumulator.fail_all(ProducerClosed())
    await stopping
