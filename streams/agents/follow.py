"""Keep the parse index in step with the `parses` partitions that this worker works on.

Read to the end whenever partitions were assigned anew; after that, records come from the agents as they
write or meet them, and what somebody else wrote in between is read.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import faust
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.consumers import reading
from streams.documents import Place, StoredDocument, decode_document
from streams.errors import CodecError, NewerVersion
from streams.topics import topic_name

if TYPE_CHECKING:
    from streams.parse_index import ParseIndex
    from streams.settings import Settings

READ_SECONDS_MAX = 60.0
READ_MS = 500

log = logging.getLogger(__name__)


class ParsesFollower:
    """The index, and how it is kept in step."""

    def __init__(self, settings: Settings, app: faust.App, index: ParseIndex) -> None:
        self._settings = settings
        self._app = app
        self.index = index
        self._read_in: dict[int, int] = {}  # partition → the group's generation in which it was read
        self.contents: dict[Place, str] = {}  # what this worker has read, until its answer is followed

    async def at_end(self, partition: int) -> None:
        """Be sure to know all that was answered before this worker got the partition."""
        generation = self._app.consumer_generation_id
        if self._read_in.get(partition) != generation:
            await self._read(partition, None)
            self._read_in[partition] = generation

    async def through(self, partition: int, offset: int, value: bytes | None) -> None:
        """Take the record at an offset (-1: a retry has hidden where it went), and all before it."""
        await self.at_end(partition)
        if offset < 0:
            await self._read(partition, None)
            return
        if self.index.next_offset(partition) < offset:
            await self._read(partition, offset)
        self._follow(partition, offset, value)

    async def document_at(self, place: Place) -> StoredDocument | None:
        """Fetch a revision by its place; none if it is no longer there or cannot be read."""
        tp = TopicPartition(topic_name(self._settings, place.topic), place.partition)
        async with reading(self._settings) as consumer:
            consumer.assign([tp])
            consumer.seek(tp, place.offset)
            found = (await consumer.getmany(tp, timeout_ms=5000, max_records=1)).get(tp, [])
        if not found or found[0].offset != place.offset:
            return None
        try:
            return decode_document(found[0].value)
        except NewerVersion:
            raise
        except CodecError:
            return None

    def _follow(self, partition: int, offset: int, value: bytes | None) -> None:
        self.index.follow(partition, offset, value, self.contents)

    async def _read(self, partition: int, end: int | None) -> None:
        """Read from where the index stands to `end`, or to the end of the partition."""
        tp = TopicPartition(topic_name(self._settings, "parses"), partition)
        async with reading(self._settings) as consumer:
            consumer.assign([tp])
            log_end = (await consumer.end_offsets([tp]))[tp]
            if log_end < self.index.next_offset(partition):
                log.warning("the parse index is of another history than %s: it is made anew", tp.topic)
                self.index.forget()
                self._read_in.clear()
            consumer.seek(tp, self.index.next_offset(partition))
            stop = log_end if end is None else end
            deadline = time.monotonic() + READ_SECONDS_MAX
            while await consumer.position(tp) < stop:
                for record in (await consumer.getmany(tp, timeout_ms=READ_MS)).get(tp, ()):
                    self._follow(partition, record.offset, record.value)
                    deadline = time.monotonic() + READ_SECONDS_MAX
                if time.monotonic() > deadline:
                    message = f"{tp.topic}/{partition} gives nothing at {self.index.next_offset(partition)}"
                    raise KafkaError(message)
