"""Counts the dead letters by kind, from the topic itself: it holds all that there ever were."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiokafka import TopicPartition

from streams.consumers import reading
from streams.dead_letters import KINDS, TOPIC, kind_in
from streams.topics import topic_name

if TYPE_CHECKING:
    from api.reader_status import Status
    from streams.settings import Settings

POLL_MS = 1000
RECORDS_MAX = 500


async def count_letters(settings: Settings, status: Status) -> None:
    """Keep `status.letters` true, for ever. Raises KafkaError."""
    topic = TopicPartition(topic_name(settings, TOPIC), 0)
    async with reading(settings) as consumer:
        consumer.assign([topic])
        await consumer.seek_to_beginning(topic)
        counts = dict.fromkeys(KINDS, 0)
        end = (await consumer.end_offsets([topic]))[topic]
        while True:
            found = await consumer.getmany(topic, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
            for letter in found.get(topic, ()):
                counts[kind_in(letter.headers)] += 1
            if await consumer.position(topic) >= end:  # until then fewer are counted than before a restart
                status.letters = dict(counts)
            await asyncio.sleep(0)
