"""Fan-out: the first answer of a place is published, keyed and placed by home; again means the same bytes."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from streams import codec, documents
from streams.documents import Change, ParseRecord, Status
from streams.errors import STAYS_DOWN
from streams.topics import ensure_topics, fact_topic, fact_topics, partition_of, topic_name
from tests.api.making import article, events, fact, investment, org
from tests.integration.workers import a_worker, records, until

pytestmark = pytest.mark.integration


def answer(offset, *made):
    return ParseRecord(
        partition=0,
        offset=offset,
        document="d",
        revision="01J00000000000000000000000",
        change=Change.TEXT,
        status=Status.PARSED,
        extractor="rules",
        version="1",
        events=tuple(codec.wire(event) for event in made),
    )


async def send(settings, *answers):
    await ensure_topics(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        for each in answers:
            value = documents.encode(each)
            await producer.send_and_wait(topic_name(settings, "parses"), value, key=b"d", partition=0)
    finally:
        await producer.stop()


async def published(settings):
    return [r async for r in records(settings, *fact_topics())]


async def published_count(settings, count):
    async def enough():
        return len(await published(settings)) >= count

    await until(enough)
    return await published(settings)


async def test_events_go_to_the_topic_of_their_type_at_the_place_of_their_home(settings):
    supply = {"supplier": org("maker"), "customer": org("buyer")}
    made = [investment("fund", "firm"), *events(article(), fact("supply", supply))]
    await send(settings, answer(0, *made))
    with a_worker(settings, "parse"):
        out = await published_count(settings, 2)
    assert {r.value for r in out} == {codec.encode(event) for event in made}
    for record in out:
        event = codec.decode(record.value)
        assert record.topic == topic_name(settings, fact_topic(event.type))
        assert record.key == event.home.encode()
        assert record.partition == partition_of(record.key, settings.partitions)
        assert dict(record.headers)["ce_id"] == event.id.encode()


async def test_only_the_first_answer_of_a_place_is_published(settings):
    first, second, other = (investment(f"fund-{n}", "firm") for n in range(3))
    await send(settings, answer(0, first), answer(0, second), answer(1, other))
    with a_worker(settings, "parse"):
        out = await published_count(settings, 2)
    assert [codec.decode(r.value).id for r in out] == [first.id, other.id]


async def test_an_answer_with_an_event_that_is_none_is_a_dead_letter(settings):
    good = investment("fund", "firm")
    forged = good.model_copy(update={"confidence": "0.1"})
    await send(settings, answer(0, forged), answer(1, good))
    with a_worker(settings, "parse"):
        (out,) = await published_count(settings, 1)
    assert out.value == codec.encode(good)
    (letter,) = [r async for r in records(settings, "dead-letters")]
    assert b"not that of the content" in dict(letter.headers)["khabar-reason"]


async def test_an_answer_in_a_newer_form_stops_the_worker(settings):
    await send(settings, answer(0, investment("fund", "firm")).model_copy(update={"schema_version": 99}))
    with a_worker(settings, "parse") as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == STAYS_DOWN
    assert await published(settings) == []
    assert [r async for r in records(settings, "dead-letters")] == []


async def test_an_answer_with_an_event_of_a_newer_version_stops_the_worker(settings):
    event = investment("fund", "firm")
    newer = codec.wire(event) | {"schema_version": 99}
    newer["id"] = codec.event_id(newer)
    record = answer(0).model_copy(update={"events": (newer,)})
    await send(settings, record)
    with a_worker(settings, "parse") as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == STAYS_DOWN
    assert await published(settings) == []
    assert [r async for r in records(settings, "dead-letters")] == []
