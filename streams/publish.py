"""Put records into the log, and wait until Kafka has them."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from streams import codec, documents
from streams.documents import Place, StoredDocument
from streams.events import AnyEvent
from streams.topics import RECORD_BYTES_MAX, fact_topic, partition_of, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings


def producer(settings: Settings, linger_ms: int = 0) -> AIOKafkaProducer:
    """Make a producer as all of ours are: idempotent, acknowledged by all replicas, records up to 8 MiB."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        max_request_size=RECORD_BYTES_MAX + (64 << 10),
    )


class Publisher:
    """Publishes documents and events; an async context manager. What returns is acknowledged.

    Without a Kafka, entering raises KafkaError; one that goes away later is waited for, without end: an
    idempotent producer gives nothing up. Who cannot wait sets a bound (`asyncio.timeout`).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Publisher:
        self._producer = producer(self._settings)
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()  # it has begun tasks of its own
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def publish_document(self, record: StoredDocument) -> Place:
        """Append a revision of a document; return its place."""
        return await self._send("documents", record.key, record.document, documents.encode(record), [])

    async def publish_event(self, event: AnyEvent) -> Place:
        """Append an event to the topic of its type; return its place."""
        value, home = codec.encode(event), event.home
        return await self._send(fact_topic(event.type), home.encode(), home, value, codec.headers(event))

    async def _send(
        self, topic: str, key: bytes, placed_by: str, value: bytes, headers: list[tuple[str, bytes]]
    ) -> Place:
        if self._producer is None:
            message = "a Publisher is used within `async with`"
            raise RuntimeError(message)
        partition = partition_of(placed_by.encode(), self._settings.partitions)
        done = await self._producer.send_and_wait(
            topic_name(self._settings, topic), key=key, value=value, partition=partition, headers=headers
        )
        return Place(topic, done.partition, done.offset)
