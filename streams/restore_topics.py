"""The topics of a log that is copied: made anew, with the time of their records kept, until all is there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from streams.errors import TopicMismatch, TopicsRefused
from streams.topics import LOG, RECORD_BYTES_MAX, config_of, ensure, ensure_topics, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

SETTLE_SECONDS_MAX = 30.0

COPIED = tuple(topic for topic in LOG if topic.name != "views")
"""What a copy of the log consists of; the views are made anew from it."""

AS_THEY_WERE = {
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": str((1 << 63) - 1),  # a clock here may be late
    "max.message.bytes": str(RECORD_BYTES_MAX + (64 << 10)),  # a copy says in a header where it is from
}
"""Of topics while they are copied into."""


async def partitions_there(settings: Settings) -> int:
    """Tell how many partitions the log has, whatever the settings say. Raises TopicMismatch if it is none."""
    name = topic_name(settings, "documents")
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        if name in await admin.list_topics():
            return len((await admin.describe_topics([name]))[0]["partitions"])
    finally:
        await admin.close()
    message = f"there is no log: {settings.bootstrap} has no topic {name}"
    raise TopicMismatch(message)


async def ensure_views(settings: Settings) -> None:
    """Create the topic of the views alone, or check it."""
    await ensure(settings, tuple(topic for topic in LOG if topic not in COPIED))


async def create_copies(settings: Settings) -> None:
    """Create the topics of a log that is to be copied into: records keep the time that they had.

    No process takes them for its log before `finish_copies`.
    """
    await ensure(settings, tuple(replace(t, config={**t.config, **AS_THEY_WERE}) for t in COPIED))


async def finish_copies(settings: Settings) -> None:
    """Have Kafka set the time of what comes from now on, as in any log."""
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, topic_name(settings, topic.name), config_of(settings, topic))
        for topic in COPIED
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        for answer in await admin.alter_configs(resources):
            for code, message, _type, name in answer.resources:
                if code:
                    text = f"Kafka refused to configure {name}: {for_code(code).__name__} {message or ''}"
                    raise TopicsRefused(text.strip())
    finally:
        await admin.close()
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while True:  # what Kafka has taken, it tells a little later
        try:
            return await ensure_topics(settings)
        except TopicMismatch:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.05)


async def delete_copied(settings: Settings) -> None:
    """Delete the topics that a copy of the log would fill, and wait until Kafka lists them no more."""
    names = {topic_name(settings, topic.name) for topic in COPIED}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        there = sorted(names & set(await admin.list_topics()))
        for name, code, *_ in (await admin.delete_topics(there)).topic_error_codes if there else ():
            if code and for_code(code) is not UnknownTopicOrPartitionError:
                message = f"Kafka refused to delete {name}: {for_code(code).__name__}"
                raise TopicsRefused(message)
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while left := names & set(await admin.list_topics()):
            if time.monotonic() > deadline:
                message = f"Kafka deleted topic {min(left)}, but still lists it: is the cluster well?"
                raise TopicsRefused(message)
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
