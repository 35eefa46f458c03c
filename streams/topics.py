"""The topics of the log: names, partitions, configuration; created explicitly, checked at every start.

All but `entities`, `cuts`, `views` and `dead-letters` have `settings.partitions` partitions: what belongs
together (the events of a home, the revisions of a document) then lies in partitions of one number.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.errors import TopicMismatch, TopicsRefused
from streams.events import CATALOGUE

if TYPE_CHECKING:
    from streams.settings import Settings

RECORD_BYTES_MAX = 8 << 20
HOUR_MS = 3_600_000
PARSE = "khabar-parse"
CREATE_SECONDS_MAX = 30.0
MOST_MIN = 2  # of two copies, most are both: one that fails would stop all writing

FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
LOGGED = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(RECORD_BYTES_MAX)}


@dataclass(frozen=True)
class Topic:
    """What a topic has to be. `partitioned` ones have as many partitions as the settings say."""

    name: str
    partitioned: bool = True
    config: Mapping[str, str] = field(default_factory=lambda: {**FOR_EVER, **LOGGED})


def fact_topic(event_type: str) -> str:
    """Name the topic of an event type: customer_pullback → facts.customer-pullback."""
    return "facts." + event_type.replace("_", "-")


def fact_topics() -> list[str]:
    """List the topics of all event types, without prefix, in the order of the catalogue."""
    return [fact_topic(event_type) for event_type in CATALOGUE]


LOG = (
    Topic(
        "documents",
        config={**LOGGED, "cleanup.policy": "compact", "max.compaction.lag.ms": str(24 * HOUR_MS)},
    ),
    Topic("parses"),
    *(Topic(name) for name in fact_topics()),
    Topic("entities", partitioned=False),
    Topic("cuts", partitioned=False),
    Topic("dead-letters", partitioned=False),
    Topic("views", partitioned=False, config={**LOGGED, "cleanup.policy": "compact"}),
)

CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    # A reader trusts a progress row only while what it covers cannot have been compacted away.
    "min.compaction.lag.ms": str(HOUR_MS),
    # What is being written is never compacted: by default, a week of progress rows.
    "segment.ms": str(HOUR_MS),
    "max.message.bytes": str(RECORD_BYTES_MAX),
    "message.timestamp.type": "CreateTime",
}


def topic_name(settings: Settings, topic: str) -> str:
    """Give the name in Kafka of a topic of ours."""
    return settings.topic_prefix + topic


def parse_app_id(settings: Settings) -> str:
    """Give Faust's application id, which is also the consumer group, of the parse workers."""
    return settings.topic_prefix + PARSE


def views_app_id(settings: Settings, generation: int) -> str:
    """Give Faust's application id, which is also the consumer group, of a generation of the views."""
    return f"{settings.topic_prefix}khabar-views-g{generation}"


def changelog_name(settings: Settings, generation: int) -> str:
    """Give the name in Kafka of the changelog behind a generation's table, as Faust forms it."""
    return f"{views_app_id(settings, generation)}-positions-changelog"


def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition of a key as Java's default partitioner does (murmur2)."""
    from aiokafka.partitioner import murmur2

    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


async def ensure_topics(settings: Settings) -> None:
    """Create what is missing of the log's topics; raise TopicMismatch where one is not as it must be."""
    await ensure(settings, LOG)


async def check_topics(settings: Settings) -> list[str]:
    """List what is missing of the log's topics; raise TopicMismatch where one is not as it must be.

    Nothing is created.
    """
    wanted = {topic_name(settings, topic.name): topic for topic in LOG}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        present = {name: topic for name, topic in wanted.items() if name in there}
        if present:
            await _check(admin, settings, present)
    finally:
        await admin.close()
    return [name for name in wanted if name not in there]


async def ensure_changelog(settings: Settings, generation: int) -> None:
    """Create the changelog of a generation, or check it."""
    name = changelog_name(settings, generation).removeprefix(settings.topic_prefix)
    await ensure(settings, (Topic(name, config=CHANGELOG_CONFIG),))


async def ensure(settings: Settings, topics: tuple[Topic, ...]) -> None:
    """Create what is missing of these topics; raise TopicMismatch where one is not as it must be."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        wanted = {topic_name(settings, topic.name): topic for topic in topics}
        present = set(await admin.list_topics())
        await _create(admin, settings, {n: t for n, t in wanted.items() if n not in present})
        await _await(admin, set(wanted))
        await _check(admin, settings, wanted)
    finally:
        await admin.close()


def config_of(settings: Settings, topic: Topic) -> dict[str, str]:
    """Give the configuration of a topic when it is made: with three copies and more, most must have a record.

    Kafka's own default is one: it acknowledges what a single disk has, and may lose it with that.
    """
    copies = settings.replication_factor
    return {**topic.config, **({"min.insync.replicas": str(copies // 2 + 1)} if copies > MOST_MIN else {})}


def _partitions(settings: Settings, topic: Topic) -> int:
    return settings.partitions if topic.partitioned else 1


async def _create(admin: AIOKafkaAdminClient, settings: Settings, missing: Mapping[str, Topic]) -> None:
    if not missing:
        return
    answer = await admin.create_topics(
        [
            NewTopic(
                name,
                _partitions(settings, t),
                settings.replication_factor,
                topic_configs=config_of(settings, t),
            )
            for name, t in missing.items()
        ]
    )
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another process was quicker: as good
            text = f"Kafka refused to create {name}: {error.__name__} {message[0] if message else ''}"
            raise TopicsRefused(text.strip())


async def _await(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until the broker lists what it has just created."""
    deadline = time.monotonic() + CREATE_SECONDS_MAX
    while missing := names - set(await admin.list_topics()):
        if time.monotonic() > deadline:
            message = f"Kafka created topic {min(missing)}, but does not list it: is the cluster well?"
            raise TopicsRefused(message)
        await asyncio.sleep(0.02)


async def _check(admin: AIOKafkaAdminClient, settings: Settings, present: Mapping[str, Topic]) -> None:
    for described in await admin.describe_topics(list(present)):
        have, want = len(described["partitions"]), _partitions(settings, present[described["topic"]])
        if have != want:
            raise _mismatch(described["topic"], "partitions", have, want)
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in present]
    for answer in await admin.describe_configs(resources):
        for _code, _message, _type, name, entries in answer.resources:
            have_config = {entry[0]: entry[1] for entry in entries}
            for key, value in present[name].config.items():
                if have_config.get(key) != value:
                    raise _mismatch(name, key, have_config.get(key), value)


def _mismatch(topic: str, setting: str, have: object, want: object) -> TopicMismatch:
    if (setting, have, want) == ("message.timestamp.type", "CreateTime", "LogAppendTime"):
        return TopicMismatch(
            f"topic {topic}: {setting} is {have}, khabar needs {want}; if `khabar restore` or `reshard` was "
            "interrupted, run it again, else set KHABAR_TOPIC_PREFIX to use topics of its own"
        )
    if setting == "partitions":
        return TopicMismatch(
            f"topic {topic}: partitions is {have}, khabar needs {want}; set KHABAR_PARTITIONS={have}, or "
            f"stop every khabar and run `khabar reshard --partitions {want}`"
        )
    return TopicMismatch(
        f"topic {topic}: {setting} is {have}, khabar needs {want}; "
        "put it right, or set KHABAR_TOPIC_PREFIX to use topics of its own"
    )
