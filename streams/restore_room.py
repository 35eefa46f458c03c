"""May a log be written here? Only where there is none, or a part of one, and nobody works on it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError

from streams import log_name
from streams.consumers import reading
from streams.errors import StreamsError
from streams.log_name import LogName
from streams.restore_topics import COPIED
from streams.topics import check_topics, parse_app_id, topic_name, views_app_id

if TYPE_CHECKING:
    from streams.backup import Told
    from streams.settings import Settings

GRACE_SECONDS = 15.0


class NotEmpty(StreamsError):
    """When the Kafka that is to be restored into holds a log already."""


class StillRunning(StreamsError):
    """When workers are still in the groups of a log that is to be written."""


async def unfinished(settings: Settings) -> LogName | None:
    """Give the name of a copy that was interrupted here; none if there is none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        there = topic_name(settings, "views") in await admin.list_topics()
    finally:
        await admin.close()
    named = await log_name.read(settings) if there else None
    return named if named is not None and named.unfinished else None


async def make_room(settings: Settings) -> None:
    """Make sure that nothing is lost by deleting the log's topics. Raises NotEmpty, TopicMismatch."""
    if await unfinished(settings) is not None:
        return  # they hold a part of a copy
    missing = await check_topics(settings)  # what there is, is ours
    tps = [
        TopicPartition(topic_name(settings, topic.name), p)
        for topic in COPIED
        for p in range(settings.partitions if topic.partitioned else 1)
        if topic_name(settings, topic.name) not in missing
    ]
    async with reading(settings) as consumer:
        held = sorted(tp for tp, end in (await consumer.end_offsets(tps)).items() if end)
    if held:
        message = (
            f"topic {held[0].topic} holds records: a log is restored only where there is none; "
            "take an empty KHABAR_DATA, another Kafka or another KHABAR_TOPIC_PREFIX"
        )
        raise NotEmpty(message)


async def nobody_works(settings: Settings, told: Told) -> None:
    """Wait until Kafka has forgotten the workers that were stopped. Raises StillRunning."""
    deadline = time.monotonic() + settings.session_timeout_seconds + GRACE_SECONDS
    while (working := await _working(settings)) is not None:
        if time.monotonic() > deadline:
            message = f"workers are in the group {working}: stop every khabar on this Kafka first"
            raise StillRunning(message)
        told.phase("waiting until Kafka has forgotten the workers")
        await asyncio.sleep(0.5)


async def _working(settings: Settings) -> str | None:
    """Name a group of this log that has members, or that cannot be asked about yet."""
    ours = (parse_app_id(settings), views_app_id(settings, 0).removesuffix("0"))
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        groups = [name for name, *_ in await admin.list_consumer_groups() if name.startswith(ours)]
        for group in groups:  # one by one: aiokafka 0.14 misreads an answer about several
            for answer in await admin.describe_consumer_groups([group]):
                if any(members for _code, _name, _state, _type, _protocol, members, *_ in answer.groups):
                    return str(group)
    except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError):
        return ours[0]
    finally:
        await admin.close()
    return None
