"""Records that cannot be used: kept with place and reason, and the next record is taken all the same."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from seeds.articles import sample_articles
from seeds.document import read_document
from streams import codec, dead_letters, documents
from streams.documents import stored
from streams.errors import STAYS_DOWN
from streams.publish import Publisher
from streams.topics import ensure_topics, fact_topics, partition_of, topic_name
from tests.api.making import investment
from tests.integration.workers import WorkerProcess, a_worker, all_is_posted, logged, posted, records, until

pytestmark = pytest.mark.integration
VIEWS = ("views", "--generation", "1")
POISON = (b"\xff\x00 no JSON", b"[]", b'{"type": "investment"}', b"", None)


async def send(settings, topic, partition, *values, key=b"poison"):
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic_name(settings, topic), value, key=key, partition=partition)
    finally:
        await producer.stop()


async def letters(settings):
    return [letter async for letter in dead_letters.letters(settings)]


async def letters_there(settings, count):
    async def enough():
        return len(await letters(settings)) >= count

    await until(enough)
    return await letters(settings)


async def test_poison_on_every_facts_topic_stops_nothing(settings):
    await ensure_topics(settings)
    for topic in fact_topics():
        await send(settings, topic, 0, *POISON)
    event = investment("fund-1", "firm-1")
    async with Publisher(settings) as publisher:
        await publisher.publish_event(event)
    with a_worker(settings, *VIEWS):
        await until(lambda: all_is_posted(settings))
        kept = await letters_there(settings, len(POISON) * len(fact_topics()))
    assert {letter.origin.topic for letter in kept} == set(fact_topics())
    assert {letter.value for letter in kept} == {*POISON}
    assert all(letter.reason for letter in kept)
    rows, _ = await posted(settings)
    assert rows == (await logged(settings))[0]
    assert len(rows) == 2


async def test_an_event_in_a_foreign_partition_is_no_posting(settings):
    await ensure_topics(settings)
    event = investment("fund-1", "firm-1")
    right = partition_of(event.home.encode(), settings.partitions)
    wrong = (right + 1) % settings.partitions
    await send(settings, "facts.investment", wrong, codec.encode(event), key=event.home.encode())
    with a_worker(settings, *VIEWS):
        (letter,) = await letters_there(settings, 1)
        assert "belongs to partition" in letter.reason
        assert (await posted(settings))[0] == {}
        place = await dead_letters.resend(settings, letter.number)
        assert place.partition == right
        (again,) = [r async for r in records(settings, "facts.investment") if r.partition == right]
        assert dead_letters.stands_for(again.headers) == dead_letters.content_of(
            "facts.investment", letter.key, letter.value
        )
        await until(lambda: all_is_posted(settings))
    assert len((await posted(settings))[0]) == 2


async def test_a_forged_event_is_no_posting(settings):
    await ensure_topics(settings)
    event = investment("fund-1", "firm-1", 5)
    forged = codec.encode(event).replace(b'"low":"5"', b'"low":"6"')
    await send(settings, "facts.investment", partition_of(event.home.encode(), 4), forged)
    with a_worker(settings, *VIEWS):
        (letter,) = await letters_there(settings, 1)
        assert "not that of the content" in letter.reason
        assert (await posted(settings))[0] == {}
        with pytest.raises(dead_letters.StillDead, match="not that of the content"):
            await dead_letters.resend(settings, letter.number)
        with pytest.raises(dead_letters.NoSuchLetter):
            await dead_letters.resend(settings, letter.number + 1)
        await dead_letters.resend(settings, letter.number, codec.encode(event))
        await until(lambda: all_is_posted(settings))
    assert len((await posted(settings))[0]) == 2


async def test_a_newer_version_stops_the_worker_and_drops_nothing(settings):
    await ensure_topics(settings)
    event = codec.wire(investment("fund-1", "firm-1"))
    event["schema_version"] = 99
    event["id"] = codec.event_id(event)
    partition = partition_of(event["home"].encode(), settings.partitions)
    await send(settings, "facts.investment", partition, codec.canonical(event))
    worker = WorkerProcess(settings, *VIEWS)
    try:
        assert worker.process.wait(30) == STAYS_DOWN
    finally:
        worker.process.kill()
    assert "99" in worker.log.read_text()
    assert await letters(settings) == []
    assert (await posted(settings))[0] == {}


async def test_a_record_that_is_no_revision_is_answered_once_by_what_its_key_names(settings):
    """Every place of `documents` has its answer, so that nobody waits for one; a restart adds nothing."""
    await ensure_topics(settings)
    article = stored(read_document(sample_articles()[1]))
    right = partition_of(article.document.encode(), settings.partitions)
    wrong = (right + 1) % settings.partitions
    await send(settings, "documents", right, b"no JSON", key=article.key)
    await send(settings, "documents", wrong, documents.encode(article), key=article.key)
    await send(settings, "documents", wrong, None, key=b"\xff")

    async def answers():
        return [documents.decode_parse(r.value) async for r in records(settings, "parses")]

    async def all_answered():
        return len(await answers()) >= 3

    with a_worker(settings, "parse", name="first"):
        await until(all_answered)
    async with Publisher(settings) as publisher:
        place = await publisher.publish_document(article)

    async def next_answered():
        return [answer for answer in await answers() if answer.status == "parsed"]

    with a_worker(settings, "parse", name="second"):
        await until(next_answered)
    (parsed,) = await next_answered()
    assert (parsed.partition, parsed.offset) == (place.partition, place.offset)
    failed = {(a.partition, a.offset): a for a in await answers() if a != parsed}
    assert failed.keys() == {(right, 0), (wrong, 0), (wrong, 1)}
    assert {a.status for a in failed.values()} == {"failed"}
    assert "not JSON" in failed[right, 0].error
    assert "another partition" in failed[wrong, 0].error
    assert {(a.document, a.revision) for place, a in failed.items() if place != (wrong, 1)} == {
        (article.document, article.revision)
    }
    assert (failed[wrong, 1].document, failed[wrong, 1].revision) == ("", "")
    assert len(await answers()) == 4
    assert len(await letters(settings)) == 3


async def test_a_document_in_a_newer_form_stops_the_worker_unanswered(settings):
    await ensure_topics(settings)
    article = stored(read_document(sample_articles()[1])).model_copy(update={"schema_version": 99})
    async with Publisher(settings) as publisher:
        await publisher.publish_document(article)
    with a_worker(settings, "parse") as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == STAYS_DOWN
    assert await letters(settings) == []
    assert [r async for r in records(settings, "parses")] == []


async def test_poison_among_documents_and_answers_stops_nothing(settings):
    await ensure_topics(settings)
    for topic in ("documents", "parses"):
        for partition in range(settings.partitions):
            await send(settings, topic, partition, b"no JSON", b"{}")
    article = stored(read_document(sample_articles()[1]))
    async with Publisher(settings) as publisher:
        await publisher.publish_document(article)

    async def answered():
        return [r async for r in records(settings, "parses") if b'"parsed"' in r.value]

    async def out():
        return [r async for r in records(settings, *fact_topics())]

    with a_worker(settings, "parse"):
        await until(answered)
        await until(out)
        kept = await letters_there(settings, 4 * settings.partitions)
    assert {(letter.origin.topic, letter.value) for letter in kept} == {
        ("documents", None),
        ("parses", b"no JSON"),
        ("parses", b"{}"),
    }
    assert len(kept) == 4 * settings.partitions, "the answers that tell of failures are no poison"
    answers = [r.value async for r in records(settings, "parses") if b'"parsed"' in r.value]
    assert len(documents.decode_parse(answers[0]).events) == len(await out())
