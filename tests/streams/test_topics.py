"""Names, partitions and configuration of the topics."""

from pathlib import Path

import pytest

from streams.events import CATALOGUE
from streams.settings import Settings
from streams.topics import (
    CHANGELOG_CONFIG,
    LOG,
    RECORD_BYTES_MAX,
    changelog_name,
    config_of,
    fact_topic,
    fact_topics,
    partition_of,
    topic_name,
    views_app_id,
)

SETTINGS = Settings(data=Path("/nonexistent"), topic_prefix="blue-")


def test_names_carry_the_prefix():
    assert topic_name(SETTINGS, "facts.supply") == "blue-facts.supply"
    assert views_app_id(SETTINGS, 3) == "blue-khabar-views-g3"
    assert changelog_name(SETTINGS, 3) == "blue-khabar-views-g3-positions-changelog"


def test_every_event_type_has_a_topic():
    assert fact_topic("customer_pullback") == "facts.customer-pullback"
    assert len(set(fact_topics())) == len(CATALOGUE)
    assert set(fact_topics()) <= {topic.name for topic in LOG}


def test_what_is_kept_for_ever_and_what_is_compacted():
    policies = {topic.name: topic.config["cleanup.policy"] for topic in LOG}
    assert {name for name, policy in policies.items() if policy == "compact"} == {"documents", "views"}
    kept = [topic for topic in LOG if policies[topic.name] == "delete"]
    assert all((t.config["retention.ms"], t.config["retention.bytes"]) == ("-1", "-1") for t in kept)


def test_the_log_is_stamped_by_the_broker_and_the_changelog_is_not():
    assert {topic.config["message.timestamp.type"] for topic in LOG} == {"LogAppendTime"}
    assert CHANGELOG_CONFIG["message.timestamp.type"] == "CreateTime"
    assert CHANGELOG_CONFIG["min.compaction.lag.ms"] == "3600000"


def test_records_of_eight_mebibytes_fit():
    assert {topic.config["max.message.bytes"] for topic in LOG} == {str(RECORD_BYTES_MAX)} == {str(8 << 20)}


def test_only_four_topics_have_one_partition():
    single = {topic.name for topic in LOG if not topic.partitioned}
    assert single == {"entities", "cuts", "dead-letters", "views"}


@pytest.mark.parametrize(("copies", "least"), [(1, None), (2, None), (3, "2"), (5, "3")])
def test_most_copies_must_have_a_record_before_it_is_acknowledged(copies, least):
    settings = SETTINGS.model_copy(update={"replication_factor": copies})
    for topic in LOG:
        made = config_of(settings, topic)
        assert made.get("min.insync.replicas") == least
        assert made.items() >= topic.config.items()


@pytest.mark.parametrize(
    ("key", "murmur"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_partitions_are_those_of_javas_client(key, murmur):
    """Keys and hashes are those of Apache Kafka's own UtilsTest.testMurmur2."""
    for partitions in (1, 4, 7, 1000):
        assert partition_of(key, partitions) == (murmur & 0x7FFFFFFF) % partitions
