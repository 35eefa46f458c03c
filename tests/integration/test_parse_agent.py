"""From a stored document to events in their topics: what the parse worker answers to each kind of change."""

import asyncio
from collections import Counter

import pytest

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.facts import Stage
from seeds.parse import parse
from streams import codec, delta, documents
from streams.documents import Change, Request, Status, stored
from streams.errors import STAYS_DOWN
from streams.publish import Publisher, producer
from streams.slots import Cause
from streams.topics import ensure_topics, fact_topics, partition_of, topic_name
from tests.integration.workers import a_worker, records, until

pytestmark = pytest.mark.integration


async def publish(settings, *revisions):
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        return [await publisher.publish_document(revision) for revision in revisions]


async def answers(settings):
    """The `parses` records that count, as models: the first of each place.

    While a partition goes from one worker to another, both may answer what is in it.
    """
    firsts = {}
    async for record in records(settings, "parses"):
        answer = documents.decode_parse(record.value)
        firsts.setdefault((answer.partition, answer.offset), answer)
    return list(firsts.values())


async def facts(settings):
    return [codec.decode(r.value) async for r in records(settings, *fact_topics())]


async def answered(settings, count, seconds=60.0):
    async def enough():
        return len(await answers(settings)) >= count

    await until(enough, seconds)
    return await answers(settings)


async def published(settings, made):
    """Wait until all events of these answers stand in their topics."""
    wanted = {data["id"] for record in made for data in record.events}

    async def all_there():
        return wanted <= {event.id for event in await facts(settings)}

    await until(all_there)


async def test_the_shipped_articles_become_events(settings):
    articles = [stored(read_document(path)) for path in sample_articles()]
    places = await publish(settings, *articles)
    with a_worker(settings, "parse") as worker:
        made = await answered(settings, len(articles))
        await published(settings, made)
        assert worker.end() == 0
    assert {(record.partition, record.offset) for record in made} == {place[1:] for place in places}
    assert {record.status for record in made} == {Status.PARSED}
    events = await facts(settings)
    assert len(events) == sum(len(record.events) for record in made) > 10
    assert {event.source.document for event in events} == {article.document for article in articles}


async def test_each_change_of_a_document_gets_its_answer(settings):
    article = stored(read_document(sample_articles()[1]))
    asked = Request(id="r1", by="test")
    again = stored(article.as_document())
    await publish(
        settings,
        article,
        again,
        article.changed(Change.WITHDRAWN, asked),
        article.changed(Change.REPARSE, asked),
        article.changed(Change.REINSTATED, asked),
    )
    with a_worker(settings, "parse"):
        made = await answered(settings, 5)
    assert [record.status for record in made] == [
        Status.PARSED,
        Status.UNCHANGED,
        Status.WITHDRAWN,
        Status.UNCHANGED,
        Status.REINSTATED,
    ]
    first, _, withdrawn, _, back = made
    assert first.events
    assert [data["slots"]["cause"] for data in withdrawn.events] == ["source_withdrawn"] * len(first.events)
    assert {data["slots"]["event"]["id"] for data in withdrawn.events} == {d["id"] for d in first.events}
    assert {data["claim_id"] for data in back.events} == {data["claim_id"] for data in first.events}


async def test_one_event_is_retracted_on_request_with_what_follows_from_it(settings):
    article = stored(read_document(sample_articles()[1]))
    await publish(settings, article)
    with a_worker(settings, "parse"):
        (first,) = await answered(settings, 1)
        parents = Counter(data.get("derived_from") for data in first.events)
        target = next((d for d in first.events if parents[d["id"]]), first.events[0])
        asked = Request(id="r1", by="an editor", cause=Cause.EXTRACTOR_BUG, event=target["id"])
        await publish(settings, article.changed(Change.RETRACTION, asked))
        _, retracted = await answered(settings, 2)
        asked_again = asked.model_copy(update={"id": "r2"})
        await publish(settings, article.changed(Change.RETRACTION, asked_again))
        *_, refused = await answered(settings, 3)
    assert retracted.status is Status.RETRACTED
    gone = {data["slots"]["event"]["id"] for data in retracted.events}
    assert target["id"] in gone
    assert len(gone) == 1 + parents[target["id"]]
    assert refused.status is Status.FAILED


async def test_what_cannot_be_parsed_is_answered_too(settings):
    too_long = stored(Document(text="word " * 300_000, url="https://news.example/long", language="en"))
    french = stored(Document(text="Bonjour le monde.", url="https://news.example/fr", language="fr"))
    await publish(settings, too_long, french)
    with a_worker(settings, "parse"):
        made = await answered(settings, 2)
    errors = {record.document: record.error for record in made}
    assert {record.status for record in made} == {Status.FAILED}
    assert "limit" in errors[too_long.document]
    assert errors[french.document]


async def test_a_change_that_only_a_newer_khabar_knows_stops_the_worker(settings):
    before, article = (
        stored(Document(text="The weather was fine.", url=f"https://news.example/{n}", language="en"))
        for n in "12"
    )
    newer = article.changed(Change.REPARSE, Request(id="r1", by="test"))
    value = documents.encode(newer).replace(b'"reparse"', b'"translated"')
    await publish(settings, before, article)
    async with producer(settings) as sender:
        partition = partition_of(article.document.encode(), settings.partitions)
        await sender.send_and_wait(
            topic_name(settings, "documents"), value, key=newer.key, partition=partition
        )
    with a_worker(settings, "parse") as worker:
        assert await asyncio.to_thread(worker.process.wait, 60) == STAYS_DOWN
    assert f"revision {newer.revision} asks for a change" in worker.log.read_text()
    assert newer.revision not in {record.revision for record in await answers(settings)}
    assert [r async for r in records(settings, "dead-letters")] == []


async def test_two_workers_share_the_documents_and_one_takes_over_from_the_other(settings):
    settings = settings.model_copy(update={"session_timeout_seconds": 6.0})
    article = read_document(sample_articles()[1])
    copies = [
        stored(article.model_copy(update={"url": f"https://news.example/{number}"})) for number in range(24)
    ]
    await publish(settings, *copies[:12])
    with a_worker(settings, "parse", name="one") as one, a_worker(settings, "parse", name="two"):
        await answered(settings, 12)
        one.kill()
        await publish(settings, *copies[12:])
        made = await answered(settings, 24)
        await published(settings, made)
    assert {record.document for record in made} == {copy.document for copy in copies}
    assert {record.status for record in made} == {Status.PARSED}
    assert len(made) == len(copies)


async def test_a_newer_extractor_first_reads_the_old_text_again(settings):
    """What the older one got wrong goes as its bug, what the source changed as its correction."""
    sample = read_document(sample_articles()[1])
    article = stored(sample.model_copy(update={"url": "https://news.example/1"}))
    (place,) = await publish(settings, article)
    parsed = parse(article.as_document())
    wrong = parsed.facts[0].model_copy(update={"stage": Stage.CANCELLED})
    older = parsed.model_copy(update={"version": "0", "facts": (*parsed.facts, wrong)})
    before = delta.answer(article, place, {}, older, settings.min_confidence)
    await answer_by_hand(settings, before)

    kept, _, gone = article.text.rpartition("\n")
    assert gone
    await publish(settings, stored(article.as_document().model_copy(update={"text": kept})))
    with a_worker(settings, "parse"):
        _, answer = await answered(settings, 2)
        await published(settings, [answer])
    causes = Counter(d["slots"]["cause"] for d in answer.events if d["type"] == "retraction")
    bug = [d for d in answer.events if d["type"] == "retraction" and d["slots"]["cause"] == "extractor_bug"]
    assert [d["slots"]["event"]["stage"] for d in bug] == ["cancelled"]
    now = parse(article.as_document().model_copy(update={"text": kept}))
    assert causes["source_corrected"] == len(parsed.facts) - len(now.facts)


async def answer_by_hand(settings, record):
    async with producer(settings) as sender:
        await sender.send_and_wait(
            topic_name(settings, "parses"),
            documents.encode(record),
            key=record.document.encode(),
            partition=record.partition,
        )
