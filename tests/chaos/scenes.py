"""Scenes: small plays, each of which shows bugs of one kind. What they return differs from what must be.

A scene waits for what has to come, so without a bug it takes seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from api.errors import ReadModelMissing
from api.read_model import store
from benchmarks.events import article
from benchmarks.facts import Teller
from seeds.articles import sample_articles
from seeds.document import read_document
from streams import codec, documents, generations, progress
from streams.documents import StoredDocument, stored
from streams.entries import ENTRIES_VERSION
from streams.generations import State
from streams.publish import Publisher, producer
from streams.settings import Settings
from streams.topics import (
    CHANGELOG_CONFIG,
    changelog_name,
    ensure_changelog,
    fact_topics,
    topic_name,
)
from tests.chaos.load import Load
from tests.chaos.oracle import (
    Log,
    compare_letters,
    compare_log,
    compare_subscriber,
    expected_answers,
    read_log,
)
from tests.chaos.processes import children_of
from tests.chaos.stage import Stage, events_offsets
from tests.chaos.subscribers import SseSubscriber
from tests.chaos.views import FilesWatch, compare_changelog, compare_files, served
from tests.chaos.wire import PRODUCE
from tests.integration.workers import logged, rows_on_disk

Scene = Callable[[Stage], Awaitable[list[str]]]
COMMIT_SECONDS = 8.0  # within which a worker that is not held back has committed for sure


async def plain(stage: Stage) -> list[str]:
    """Events, repetitions and retractions are posted and served; nothing happens."""
    await stage.load.some(300)
    stage.reader()
    await stage.worker()
    return await all_equal(stage, await stage.until_served())


async def restarted(stage: Stage) -> list[str]:
    """A worker is stopped and started; then something comes in one partition of one topic alone."""
    await stage.load.some(100)
    worker = await stage.worker()
    await _time_to_commit(stage, "khabar-views-g1", *fact_topics())
    worker.stop()
    await stage.worker()
    await stage.load.probe()
    await stage.until_posted()
    log = await read_log(stage.settings)
    return await compare_changelog(stage.settings, log, 1, last=True)


async def recovered(stage: Stage) -> list[str]:
    """A worker recovers its table from the changelog while events wait for it."""
    await stage.load.some(50)
    worker = await stage.worker()
    await stage.until_posted()
    worker.stop()
    await stage.load.some(500)
    await stage.worker(data=stage.settings.data / "elsewhere")
    await stage.until_posted()
    return await compare_changelog(stage.settings, await read_log(stage.settings), 1)


async def unacknowledged(stage: Stage) -> list[str]:
    """Kafka takes no rows for a while, then the worker is killed: nothing of it may have been committed."""
    await stage.load.some(50)
    worker = await stage.worker(wired=True)
    await stage.until_posted()
    stage.wire.hold(PRODUCE)
    await stage.load.some(100)
    await _time_to_commit(stage, "khabar-views-g1", *fact_topics())
    worker.kill()
    stage.wire.drop()
    stage.reader()
    await stage.worker(wired=True)
    return await all_equal(stage, await stage.until_served())


async def unlettered(stage: Stage) -> list[str]:
    """Unusable records come, and the worker is killed when it has committed them."""
    worker = await stage.worker()
    for n in range(3):
        await _append(stage, fact_topics()[n], n % stage.settings.partitions, b"acme", b"{" * (n + 1))
    await _time_to_commit(stage, "khabar-views-g1", *fact_topics())
    worker.kill()
    await stage.worker()
    await stage.load.some(20)
    await stage.until_posted()
    return compare_letters(await read_log(stage.settings))


async def unanswered(stage: Stage) -> list[str]:
    """The same for documents that wait for their answer, and answers whose events wait to be published."""
    texts = _documents(stage.load.seed, 6)
    async with Publisher(stage.settings) as publisher:
        places = {await publisher.publish_document(text): text for text in texts[:3]}
        for place, answer in expected_answers(places, stage.settings.min_confidence).items():
            await _append(
                stage, "parses", place.partition, answer.document.encode(), documents.encode(answer)
            )
        stage.wire.hold(PRODUCE)
        worker = await stage.worker("parse", wired=True)
        for text in texts[3:]:
            places[await publisher.publish_document(text)] = text
    stage.load.acknowledged.documents |= places.keys()
    await _time_to_commit(stage, "khabar-parse", "documents", "parses")
    worker.kill()
    stage.wire.drop()
    await stage.worker("parse", wired=True)
    return await _answered(stage)


async def refused_rows(stage: Stage) -> list[str]:
    """Kafka refuses the rows for a while, for good as far as a producer knows: the worker must not go on."""
    await stage.load.some(50)
    worker = await stage.worker()
    await stage.until_posted()
    changelog = changelog_name(stage.settings, 1)
    await configure(stage, changelog, {"max.message.bytes": "64"})
    await stage.load.some(50)
    ended = lambda: worker.process.poll() is not None  # noqa: E731 - said once
    await _time_to_commit(stage, "khabar-views-g1", *fact_topics(), ended=ended)
    worker.stop()
    await configure(stage, changelog, {})
    await stage.worker()
    await stage.until_posted()
    return await compare_changelog(stage.settings, await read_log(stage.settings), 1)


async def answered_twice(stage: Stage) -> list[str]:
    """A second answer to a place comes, with another event in it: only the first counts."""
    texts = _documents(stage.load.seed, 2)
    async with Publisher(stage.settings) as publisher:
        places = {await publisher.publish_document(text): text for text in texts}
    answers = expected_answers(places, stage.settings.min_confidence)
    rng = random.Random(stage.load.seed)  # noqa: S311 - no secret
    _, (other, *_) = article(Teller(10, rng), rng)
    for place, text in places.items():
        second = answers[place].model_copy(update={"events": (codec.wire(other),)})
        for answer in (answers[place], second):
            await _append(stage, "parses", place.partition, text.document.encode(), documents.encode(answer))
    stage.load.acknowledged.documents |= places.keys()
    await stage.worker("parse")

    async def all_taken() -> bool:
        return sum((await stage.committed("khabar-parse", "parses")).values()) >= 2 * len(places)

    await stage.until(all_taken, "the answers are published")
    return await _answered(stage)


async def pool_killed(stage: Stage) -> list[str]:
    """The process that parses dies in the middle of its work: the document does not suffer for it."""
    first, *others = _documents(stage.load.seed, 3)
    worker = await stage.worker("parse")
    async with Publisher(stage.settings) as publisher:
        stage.load.acknowledged.documents.add(await publisher.publish_document(first))
        await _answered(stage)  # now the process that parses has started
        children = children_of(worker.process.pid)
        lane = next(pid for pid, told in children.items() if "--multiprocessing-fork" in told)
        os.kill(lane, signal.SIGSTOP)
        for text in others:
            stage.load.acknowledged.documents.add(await publisher.publish_document(text))
        await asyncio.sleep(2)  # so that it has one in hand; its time is not up yet
        os.kill(lane, signal.SIGKILL)
    return await _answered(stage)


async def resumed(stage: Stage) -> list[str]:
    """A subscriber by server-sent events lets go and resumes, again and again."""
    await stage.load.some(200)
    stage.start("serve", "api.commands", "serve")
    subscriber = SseSubscriber(f"http://127.0.0.1:{stage.settings.port}", stage.load.seed, let_go_after=12)
    listening = asyncio.create_task(subscriber.run())
    log = await read_log(stage.settings)
    await stage.until(lambda: len(subscriber.seen) >= len(log.events), "all came", 15)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return compare_subscriber("SSE", log, subscriber.seen)


async def switched_early(stage: Stage) -> list[str]:
    """A generation is made live that has nothing yet: it is served once it shows what the other showed."""
    await stage.load.some(100)
    stage.reader()
    await stage.worker()
    await stage.until_served()
    with _watched(stage) as watch:
        views = await generations.read(stage.settings)
        assert views is not None
        views = views.with_new(2, ENTRIES_VERSION).with_state(2, State.FOLLOWING)
        await ensure_changelog(stage.settings, 2)
        await generations.write(stage.settings, views)
        await generations.write(stage.settings, views.switched_to(2))
        await asyncio.sleep(
            3
        )  # long enough for the reader to take it up; too short finds less, never too much
        await stage.worker(generation=2, data=stage.settings.data / "second")
        await stage.until(lambda: served(stage.settings) == 2, "the new one is served")
        log = await stage.until_served()
    return [*watch.differences, *compare_files(stage.settings, log)]


async def reader_killed(stage: Stage) -> list[str]:
    """The reader is killed whenever it has just told how far it has come: so far everything must be there."""
    await stage.load.some(2000)
    await stage.worker()
    with _watched(stage) as watch:
        for _ in range(3):
            before = events_offsets(stage.settings)
            reader = stage.reader(reader_batch=700)
            await stage.until(
                lambda before=before: events_offsets(stage.settings) > before, "the reader came on"
            )
            reader.kill()
        await stage.load.some(2000)
        await stage.until_posted()  # so that what is read is shown in the same batch
        stage.reader(reader_batch=40)
        log = await stage.until_served()
    return [*watch.differences, *compare_files(stage.settings, log)]


async def rows_before_progress(stage: Stage) -> list[str]:
    """Rows are in the changelog, and no progress row yet, when the reader is killed."""
    await stage.load.some(60)
    log = await read_log(stage.settings)
    sent = {}
    async with sending(stage) as sender:
        changelog = changelog_name(stage.settings, 1)
        for event in log.events.values():
            for key, entry in event.rows.items():
                await sender.send_and_wait(changelog, entry, key=key, partition=event.place.partition)
                sent[event.place.partition] = sent.get(event.place.partition, 0) + 1
        reader = stage.reader()
        await stage.until(lambda: _changelog_read(stage) == sent, "the rows are read")
        reader.kill()
        for partition in range(stage.settings.partitions):
            told = {topic: ends[str(partition)] for topic, ends in log.ends.items() if str(partition) in ends}
            row = progress.encode(told, partition)
            await sender.send_and_wait(changelog, row, key=progress.key(partition), partition=partition)
    stage.reader()
    log = await stage.until_served()
    return compare_files(stage.settings, log)


async def all_equal(stage: Stage, log: Log) -> list[str]:
    return await equal(stage.settings, stage.load, log)


async def equal(settings: Settings, load: Load, log: Log) -> list[str]:
    """Hold log, changelog and files against what was acknowledged."""
    return [
        *compare_log(log, load.acknowledged, settings.min_confidence),
        *await compare_changelog(settings, log, 1),
        *compare_files(settings, log),
    ]


async def on_disk(stage: Stage) -> list[str]:
    """Hold the files of the stopped worker of slot 0 against the log."""
    wanted, _ = await logged(stage.settings)
    found = rows_on_disk(stage.settings)
    missing = wanted.keys() - found.keys()
    return [f"{len(missing)} rows are not in the worker's own files"] if missing else []


async def _answered(stage: Stage) -> list[str]:
    """Wait until all documents are answered and their events are out; compare."""
    log = await read_log(stage.settings)
    wanted = {
        data["id"]
        for answer in expected_answers(log.documents, stage.settings.min_confidence).values()
        for data in answer.events
    }

    async def all_out() -> bool:
        log = await read_log(stage.settings)
        return log.answers.keys() >= log.documents.keys() and log.events.keys() >= wanted

    await stage.until(all_out, "all events are out", stage.patience / 2)
    return compare_log(await read_log(stage.settings), stage.load.acknowledged, stage.settings.min_confidence)


async def _time_to_commit(
    stage: Stage, group: str, *topics: str, ended: Callable[[], bool] = lambda: False
) -> None:
    """Give a worker the time to commit all that there is, whether it may or not."""
    ends = sum((await stage.ends(*topics)).values())
    deadline = asyncio.get_running_loop().time() + COMMIT_SECONDS
    while asyncio.get_running_loop().time() < deadline and not ended():
        if sum((await stage.committed(group, *topics)).values()) >= ends:
            return
        await asyncio.sleep(0.2)


def _documents(seed: int, number: int) -> list[StoredDocument]:
    samples = [read_document(path) for path in sample_articles()[:2]]
    return [
        stored(samples[n % 2].model_copy(update={"url": f"https://chaos.example/{seed}/{n}"}))
        for n in range(number)
    ]


async def _append(stage: Stage, topic: str, partition: int, key: bytes, value: bytes) -> None:
    async with sending(stage) as sender:
        await sender.send_and_wait(topic_name(stage.settings, topic), value, key=key, partition=partition)


@asynccontextmanager
async def sending(stage: Stage) -> AsyncIterator[AIOKafkaProducer]:
    sender = producer(stage.settings)
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()


async def configure(stage: Stage, topic: str, more: dict[str, str]) -> None:
    """Give the changelog its own configuration and this."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)
    await admin.start()
    try:
        wanted = {**CHANGELOG_CONFIG, **more}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=wanted)])
    finally:
        await admin.close()


def _changelog_read(stage: Stage) -> dict[int, int]:
    """How far the reader has come in the changelog."""
    with contextlib.suppress(ReadModelMissing, sqlite3.Error):
        path = store.views_path(stage.settings.data, 1)
        with contextlib.closing(store.open_reader(path)) as views:
            found = views.execute("SELECT partition, next FROM offsets WHERE next > 0").fetchall()
            return dict(found)
    return {}


@contextlib.contextmanager
def _watched(stage: Stage) -> Iterator[FilesWatch]:
    """Look at the files all the time, from a thread."""
    watch, stopped = FilesWatch(stage.settings), threading.Event()
    thread = threading.Thread(target=watch.run, args=(stopped.is_set, 0.0005))
    thread.start()
    try:
        yield watch
    finally:
        stopped.set()
        thread.join()
