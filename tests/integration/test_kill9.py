"""Workers that are killed, frozen and taken over, under load: nothing is lost, nothing differs."""

import asyncio
import contextlib
import signal
import time

import pytest

from seeds.articles import sample_articles
from seeds.document import read_document
from streams import codec, documents
from streams.documents import Status, stored
from streams.publish import Publisher
from streams.topics import ensure_topics, fact_topics
from tests.api.making import investment
from tests.integration.workers import (
    WorkerProcess,
    a_worker,
    all_is_posted,
    logged,
    posted,
    progress_is_honest,
    records,
    rows_on_disk,
    until,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow]
VIEWS = ("views", "--generation", "1")


async def load(settings, stop, per_second=300):
    """Publish events until told to stop; each tenth of a second a tenth of them at once."""
    number = 0
    async with Publisher(settings) as publisher:
        while not stop.is_set():
            batch = [
                investment(f"fund-{n % 97}", f"firm-{n % 89}", n + 1) for n in range(number, number + 30)
            ]
            await asyncio.gather(*(publisher.publish_event(event) for event in batch))
            number += len(batch)
            await asyncio.sleep(len(batch) / per_second)


@contextlib.asynccontextmanager
async def under_load(settings):
    stop = asyncio.Event()
    task = asyncio.create_task(load(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await task


def ready_count(worker):
    return worker.log.read_text().count("is ready")


async def ready(worker, times=1, seconds=30.0):
    async def is_ready():
        return ready_count(worker) >= times

    await until(is_ready, seconds, every=0.02)


async def must_be_consistent(settings):
    await until(lambda: all_is_posted(settings), 60)
    wanted, _ = await logged(settings)
    rows, _ = await posted(settings)
    assert len(wanted) > 100
    assert rows == wanted  # each row ever written is the one entry of its event on its line
    assert await progress_is_honest(settings)


@pytest.mark.parametrize("store", ["rocksdb", "write-only"])
async def test_a_killed_views_worker_is_back_and_consistent(settings, store):
    settings = settings.model_copy(update={"table_store": store})
    await ensure_topics(settings)
    async with under_load(settings):
        worker = WorkerProcess(settings, *VIEWS)
        await ready(worker)
        for restart in range(2, 5):
            await asyncio.sleep(1.5)  # work under way: what is killed must have had something in hand
            worker.kill()
            worker.process.wait()
            began = time.monotonic()
            worker = WorkerProcess(settings, *VIEWS)
            await ready(worker, restart)
            assert time.monotonic() - began < 10
    await must_be_consistent(settings)
    assert worker.end() == 0
    if store == "write-only":
        return
    wanted, _ = await logged(settings)
    assert rows_on_disk(settings) == {key: entry for key, (entry,) in wanted.items()}


async def test_a_frozen_worker_that_wakes_up_after_a_take_over_does_no_harm(settings):
    settings = settings.model_copy(update={"session_timeout_seconds": 6.0})  # the least that Kafka takes
    await ensure_topics(settings)
    with a_worker(settings, *VIEWS, name="first") as first, contextlib.ExitStack() as stack:
        async with under_load(settings):
            await ready(first)
            await asyncio.sleep(2)
            first.kill(signal.SIGSTOP)
            second = stack.enter_context(a_worker(settings, *VIEWS, name="second"))
            await ready(second, seconds=40)  # as soon as Kafka has given up the first
            await asyncio.sleep(3)
            first.kill(signal.SIGCONT)
            await asyncio.sleep(8)  # it flushes what it had, learns that it is out, joins again
            second.kill()
            second.process.wait()
            if first.process.poll() is not None:  # it may also have chosen to end: then it is started again
                assert first.process.returncode == 70
                first = stack.enter_context(a_worker(settings, *VIEWS, name="third"))
            await asyncio.sleep(2)  # so that there is something to do in the partitions of the second
        await must_be_consistent(settings)
        assert first.end() == 0
    wanted, _ = await logged(settings)
    assert rows_on_disk(settings) == {key: entry for key, (entry,) in wanted.items()}


async def test_events_published_twice_change_nothing(settings):
    await ensure_topics(settings)
    events = [investment(f"fund-{n % 7}", f"firm-{n % 5}", n + 1) for n in range(60)]
    async with Publisher(settings) as publisher:
        for event in events * 2:
            await publisher.publish_event(event)
    with a_worker(settings, *VIEWS):
        await until(lambda: all_is_posted(settings))
    rows, _ = await posted(settings)
    assert len(rows) == 2 * len(events)
    assert all(len(entries) == 1 for entries in rows.values())


async def test_a_killed_parse_worker_gives_no_second_events(settings):
    articles = [stored(read_document(path)) for path in sample_articles()]
    copies = [
        stored(article.as_document().model_copy(update={"url": f"https://news.example/{number}"}))
        for number in range(10)
        for article in articles[:2]
    ]
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        for each in copies:
            await publisher.publish_document(each)

    async def answers():
        return [documents.decode_parse(r.value) async for r in records(settings, "parses")]

    async def answered():
        return len({(a.partition, a.offset) for a in await answers()}) == len(copies)

    worker = WorkerProcess(settings, "parse")
    for restart in range(2, 5):
        await ready(worker, restart - 1)
        await asyncio.sleep(0.4)
        worker.kill()
        worker.process.wait()
        worker = WorkerProcess(settings, "parse")
    await until(answered, 60)

    first = {}
    for each in await answers():
        first.setdefault((each.partition, each.offset), each)
    assert {each.status for each in first.values()} == {Status.PARSED}
    wanted = {data["id"]: codec.canonical(data) for each in first.values() for data in each.events}

    async def out():
        values = {}
        async for record in records(settings, *fact_topics()):
            values.setdefault(codec.decode(record.value).id, set()).add(record.value)
        return values

    async def all_out():
        return (await out()).keys() >= wanted.keys()

    await until(all_out)
    await ready(worker, 4)  # a stop before that is a kill: the last one may just have started
    assert worker.end() == 0
    assert await out() == {event_id: {value} for event_id, value in wanted.items()}
