"""Publishing to a real Kafka: what returns is in the log, in its place, as written."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from seeds.document import Document
from seeds.facts import Entity, Fact, Parsed, Span
from streams import codec
from streams.documents import decode_document, stored
from streams.errors import CodecError, Unacknowledged
from streams.from_facts import events
from streams.publish import Publisher
from streams.topics import ensure_topics, partition_of, topic_name
from tests.conftest import settings_on

pytestmark = pytest.mark.integration

ARTICLE = stored(Document(text="«رمال» تورّد الإسمنت.", language="ar", url="https://news.example/rimal"))


def supply(customer="sadaf"):
    slots = {
        name: Entity(id=id_, name=id_, surface=id_)
        for name, id_ in (("supplier", "rimal"), ("customer", customer))
    }
    fact = Fact(
        type="supply",
        stage="completed",
        modality="asserted",
        slots=slots,
        evidence={"trigger": (Span(start=7, end=11, exact=ARTICLE.text[7:11]),)},
        rule="ar.supply",
        confidence="0.9",
    )
    (event,) = events(Parsed(extractor="rules", version="1", facts=(fact,)), ARTICLE, {}).new
    return event


async def record_at(settings, place):
    """Read the record at a place."""
    partition = TopicPartition(topic_name(settings, place.topic), place.partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap, max_partition_fetch_bytes=9 << 20, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([partition])
        consumer.seek(partition, place.offset)
        return await consumer.getone(partition)
    finally:
        await consumer.stop()


async def test_an_event_lies_where_its_home_says_with_cloudevents_headers(settings):
    await ensure_topics(settings)
    event = supply()
    async with Publisher(settings) as publisher:
        place = await publisher.publish_event(event)
    record = await record_at(settings, place)
    assert place.topic == "facts.supply"
    assert place.partition == partition_of(b"rimal", settings.partitions)
    assert record.key == b"rimal"
    assert record.value == codec.encode(event)
    assert codec.decode(record.value) == event
    assert list(record.headers) == codec.headers(event)
    assert record.timestamp_type == 1  # LogAppendTime


async def test_publishing_twice_gives_the_same_bytes_at_a_later_place(settings):
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        first, second = [await publisher.publish_event(supply()) for _ in range(2)]
    assert second == (first.topic, first.partition, first.offset + 1)
    assert (await record_at(settings, first)).value == (await record_at(settings, second)).value


async def test_all_revisions_of_a_document_lie_in_one_partition_under_keys_of_their_own(settings):
    await ensure_topics(settings)
    longest = stored(Document(text="\x01" * (1 << 20), language="ar", url=ARTICLE.url))
    async with Publisher(settings) as publisher:
        first, second = [await publisher.publish_document(record) for record in (ARTICLE, longest)]
    assert (
        first.partition
        == second.partition
        == partition_of(b"https://news.example/rimal", settings.partitions)
    )
    one, two = await record_at(settings, first), await record_at(settings, second)
    assert one.key != two.key
    assert decode_document(one.value) == ARTICLE
    assert decode_document(two.value) == longest  # six megabytes as JSON


async def test_nothing_invalid_reaches_the_log(settings):
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        with pytest.raises(CodecError):
            await publisher.publish_event(supply().model_copy(update={"home": "elsewhere"}))


async def test_a_kafka_that_goes_away_is_waited_for_so_long_and_no_longer(own_kafka, tmp_path):
    """What it held when it was stopped, it may still take; all tasks of the producer end with it."""
    settings = settings_on(own_kafka, tmp_path / "data")
    await ensure_topics(settings)
    before = asyncio.all_tasks()
    async with Publisher(settings, seconds_max=2) as publisher:
        place = await publisher.publish_document(ARTICLE)
        os.kill(own_kafka.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unacknowledged, match="may be in the log or not"):
                await publisher.publish_document(ARTICLE)
            await publisher.__aexit__(None, None, None)
            assert await ended(before)
        finally:
            os.kill(own_kafka.pid, signal.SIGCONT)
    async with Publisher(settings) as publisher:
        again = await publisher.publish_document(ARTICLE)
    assert again.offset - place.offset in (1, 2)


async def ended(before, turns=100):
    """Give what only has to be told of its end a moment; then nothing may be left."""
    for _ in range(turns):
        if asyncio.all_tasks() == before:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_kafka_that_is_not_there_is_told(settings):
    nowhere = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    with pytest.raises(KafkaError):
        async with Publisher(nowhere):
            pass
