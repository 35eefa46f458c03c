"""The producer under Faust: what is not stored is never committed over."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.publish import Publisher
from streams.topics import changelog_name, ensure_topics, fact_topics, topic_name, views_app_id
from streams.transport import FATAL_EXIT
from tests.api.making import investment
from tests.conftest import settings_on
from tests.integration.workers import WorkerProcess, a_worker, all_is_posted, logged, posted, until

pytestmark = pytest.mark.integration
VIEWS = ("views", "--generation", "1")


async def publish(settings, numbers):
    async with Publisher(settings) as publisher:
        for n in numbers:
            await publisher.publish_event(investment(f"fund-{n}", f"firm-{n}"))


async def committed(settings):
    """The offsets that the group has really committed, according to Kafka."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap, group_id=views_app_id(settings, 1), enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [
            TopicPartition(topic_name(settings, t), p)
            for t in fact_topics()
            for p in range(settings.partitions)
        ]
        return {tp: offset for tp in places if (offset := await consumer.committed(tp))}
    finally:
        await consumer.stop()


async def limit_changelog(settings, size):
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        name = changelog_name(settings, 1)
        await admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC,
                    name,
                    {"cleanup.policy": "compact", "max.message.bytes": str(size)},
                )
            ]
        )
    finally:
        await admin.close()


async def test_a_record_that_kafka_refuses_ends_the_worker_before_it_commits(settings):
    await ensure_topics(settings)
    worker = WorkerProcess(settings, *VIEWS)
    try:

        async def is_ready():
            return "is ready" in worker.log.read_text()

        await until(is_ready)
        await limit_changelog(settings, 100)  # no entry is so short
        await publish(settings, range(3))
        code = await asyncio.to_thread(worker.process.wait, 30)
    finally:
        worker.kill()
    assert code == FATAL_EXIT
    assert "was not stored" in worker.log.read_text()
    assert await committed(settings) == {}


async def test_what_is_committed_is_stored_when_the_worker_dies_while_kafka_is_frozen(own_kafka, tmp_path):
    settings = settings_on(own_kafka, tmp_path / "data")
    await ensure_topics(settings)
    await publish(settings, range(20))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))
        os.kill(own_kafka.pid, signal.SIGSTOP)
        await asyncio.sleep(5)  # more than two commit intervals
        os.kill(own_kafka.pid, signal.SIGCONT)
        await publish(settings, range(20, 40))
        await until(lambda: all_is_posted(settings))
        worker.kill()
    rows, _ = await posted(settings)
    wanted, vector = await logged(settings)
    assert rows == wanted
    for tp, offset in (await committed(settings)).items():
        topic = tp.topic.removeprefix(settings.topic_prefix)
        assert offset <= vector[topic][str(tp.partition)]


async def test_a_killed_kafka_comes_back_and_the_worker_goes_on(own_kafka, tmp_path):
    settings = settings_on(own_kafka, tmp_path / "data")
    await ensure_topics(settings)
    await publish(settings, range(20))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))
        os.kill(own_kafka.pid, signal.SIGKILL)
        while own_kafka.is_alive():
            await asyncio.sleep(0.01)
        await asyncio.to_thread(own_kafka.start)
        await publish(settings, range(20, 40))
        await until(lambda: all_is_posted(settings), 60)
        assert worker.process.poll() is None
    rows, _ = await posted(settings)
    assert rows == (await logged(settings))[0]
