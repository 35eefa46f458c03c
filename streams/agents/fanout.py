"""Fan-out: the events of each answer go to the topics of their types, keyed by home.

Only the first answer of a place counts. A redelivery publishes identical bytes again, which is harmless:
the first place of an event's id wins everywhere.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import faust
from faust.types import Message, StreamT

from streams import documents
from streams.agents.letters import send_letter
from streams.codec import decode, headers
from streams.errors import CodecError, NewerVersion
from streams.ids import canonical
from streams.topics import fact_topic, partition_of, topic_name
from streams.transport import end_process, producer_of

if TYPE_CHECKING:
    from streams.agents.follow import ParsesFollower
    from streams.settings import Settings


class FanOut:
    """`run` is the agent on `parses`."""

    def __init__(self, settings: Settings, app: faust.App, follower: ParsesFollower) -> None:
        self._settings = settings
        self._app = app
        self._follower = follower

    async def run(self, stream: StreamT[bytes]) -> None:
        """Publish answer after answer; an offset is acknowledged behind the events of its record."""
        async for event in stream.events():
            message = event.message
            try:
                try:
                    await self._publish(message)
                except NewerVersion as error:  # an answer of a newer khabar is not dropped
                    where = f"{message.topic}/{message.partition}@{message.offset}"
                    end_process(f"{where}: {error}", error.exit_code)
                except CodecError as error:
                    await send_letter(self._settings, self._app, message, error)
            except Exception as error:
                where = f"{message.topic}/{message.partition}@{message.offset}"
                end_process(f"{where} is not published: {error!r}")

    async def _publish(self, message: Message) -> None:
        record = documents.decode_parse(message.value)
        await self._follower.through(message.partition, message.offset, message.value)
        first = self._follower.index.answered_by(record.partition, record.offset)
        if first != message.offset:
            return  # a worker that was thought dead answered again
        made = [self._prepared(data) for data in record.events]
        await asyncio.gather(*(producer_of(self._app).store(**each) for each in made))

    def _prepared(self, data: dict[str, Any]) -> dict[str, Any]:
        """Make the record of an event. Raises CodecError: such an answer no agent of ours wrote."""
        value = canonical(data)
        event = decode(value)
        return {
            "topic": topic_name(self._settings, fact_topic(event.type)),
            "key": event.home.encode(),
            "value": value,
            "partition": partition_of(event.home.encode(), self._settings.partitions),
            "headers": headers(event),
        }
