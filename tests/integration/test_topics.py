import asyncio
import json
import os
import subprocess
import sys

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.errors import TopicMismatch, TopicsRefused
from streams.topics import LOG, changelog_name, check_topics, ensure_changelog, ensure_topics, topic_name

pytestmark = pytest.mark.integration


async def test_topics_are_created_once_and_then_checked(settings):
    await ensure_topics(settings)
    await ensure_topics(settings)
    await ensure_changelog(settings, 1)
    await ensure_changelog(settings, 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics())
    finally:
        await admin.close()
    assert {topic_name(settings, t.name) for t in LOG} | {changelog_name(settings, 1)} <= present


async def test_a_look_at_the_topics_creates_none(settings):
    wanted = [topic_name(settings, topic.name) for topic in LOG]
    assert await check_topics(settings) == wanted
    assert await check_topics(settings) == wanted
    await ensure_topics(settings)
    assert await check_topics(settings) == []
    with pytest.raises(TopicMismatch, match="partitions is"):
        await check_topics(settings.model_copy(update={"partitions": settings.partitions + 1}))


async def test_the_doctor_says_what_is_missing_and_makes_nothing(settings, tmp_path):
    looking = settings.model_copy(update={"data": tmp_path / "not" / "there"})
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "api.commands", "doctor", "--json"],
        env={**os.environ, **looking.environment()},
        capture_output=True,
        check=True,
        timeout=60,
    )
    checks = {check["name"]: check["said"] for check in json.loads(done.stdout)["checks"]}
    assert checks["topics"] == f"0 as they must be, {len(LOG)} missing: the first start makes them"
    assert "MiB free" in checks["data directory"]
    assert await check_topics(settings) == [topic_name(settings, topic.name) for topic in LOG]
    assert list(tmp_path.iterdir()) == []


async def test_a_topic_with_other_partitions_is_named(settings):
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic_name(settings, "parses"), settings.partitions + 1, 1)])
    finally:
        await admin.close()
    with pytest.raises(TopicMismatch, match=r"parses: partitions is \d+, khabar needs \d+"):
        await ensure_topics(settings)


async def test_a_topic_with_another_configuration_is_named(settings):
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        short = NewTopic(
            topic_name(settings, "parses"), settings.partitions, 1, topic_configs={"retention.ms": "1000"}
        )
        await admin.create_topics([short])
    finally:
        await admin.close()
    with pytest.raises(TopicMismatch, match=r"parses: retention\.ms is 1000, khabar needs -1"):
        await ensure_topics(settings)


async def test_processes_that_start_at_once_do_not_get_in_each_others_way(settings):
    await asyncio.gather(*(ensure_topics(settings) for _ in range(4)))
    await asyncio.gather(*(ensure_changelog(settings, 7) for _ in range(4)))


async def test_a_topic_that_kafka_cannot_make_is_named(settings):
    greedy = settings.model_copy(update={"replication_factor": 3})
    with pytest.raises(TopicsRefused, match=r"refused to create .*: InvalidReplicationFactor"):
        await ensure_topics(greedy)
