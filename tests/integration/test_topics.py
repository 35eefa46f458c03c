import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.errors import TopicMismatch
from streams.topics import LOG, changelog_name, ensure_changelog, ensure_topics, partition_of, topic_name

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


def test_partitions_are_those_of_javas_client():
    """Keys and hashes from Apache Kafka's own UtilsTest.testMurmur2."""
    java = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    for key, murmur in java.items():
        assert partition_of(key, 4) == (murmur & 0x7FFFFFFF) % 4
