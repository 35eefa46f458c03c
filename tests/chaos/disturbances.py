"""Disturbances: workers and Kafka are frozen, cut off, restarted, compacted under, and given poison."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Collection

from api.read_model import dead_letters
from api.read_model.dead_letters import LATEST
from api.read_model.reading import ReadModel
from streams import codec
from streams.dead_letters import resend
from streams.documents import Place
from streams.entity_map import EntityMap
from streams.events import AnyEvent
from streams.posting import Posting, postings
from streams.topics import changelog_name, partition_of
from tests.chaos import poison
from tests.chaos.load import told
from tests.chaos.oracle import digest_of, read_log, some
from tests.chaos.scenes import all_equal, configure, on_disk, sending
from tests.chaos.stage import Stage
from tests.chaos.views import compare_changelog, is_served
from tests.integration.workers import posted

SHORT = {"session_timeout_seconds": 6.0}  # the least that Kafka takes


async def cut_off(stage: Stage) -> list[str]:
    """A worker is cut off for longer than its session, another takes over, and the first comes back."""
    loading = asyncio.create_task(stage.load.run())
    first = await stage.worker(wired=True, **SHORT)
    await asyncio.sleep(1)
    stage.wire.cut()
    second = await stage.worker(**SHORT)
    await asyncio.sleep(2)
    stage.wire.heal()
    await asyncio.sleep(3)  # it sends what it had, learns that it is out, joins again
    stage.load.stop()
    await loading
    second.stop()
    await stage.load.some(100)  # in all partitions, so that it takes the first one to post them
    await stage.until_posted()
    log = await read_log(stage.settings)
    differences = await compare_changelog(stage.settings, log, 1)
    first.stop()
    return [*differences, *await on_disk(stage)]


async def storm(stage: Stage) -> list[str]:
    """Three workers join and leave under load: stopped, killed, frozen for longer than their session."""
    rng = random.Random(stage.load.seed)  # noqa: S311 - no secret
    loading = asyncio.create_task(stage.load.run())
    stage.reader()
    workers = [await stage.worker(**SHORT)]
    for _ in range(8):
        if len(workers) < 3 and (len(workers) == 1 or rng.random() < 0.5):
            workers.append(stage.start_worker(**SHORT))
        else:
            leaving = workers.pop(rng.randrange(len(workers)))
            match rng.choice(("stop", "kill", "freeze")):
                case "stop":
                    leaving.stop()
                case "kill":
                    leaving.kill()
                case _:
                    leaving.kill(signal.SIGSTOP)
                    await asyncio.sleep(9)
                    leaving.kill(signal.SIGCONT)
                    workers.append(leaving)
        await asyncio.sleep(rng.uniform(0.5, 5))
        workers = [worker for worker in workers if worker.process.poll() is None] or [
            await stage.worker(**SHORT)
        ]
    stage.load.stop()
    await loading
    return await all_equal(stage, await stage.until_served())


async def frozen_worker(stage: Stage) -> list[str]:
    """A worker is stopped for longer than its session; another takes over; the first wakes up."""
    loading = asyncio.create_task(stage.load.run())
    stage.reader()
    first = await stage.worker(**SHORT)
    await asyncio.sleep(1)
    first.kill(signal.SIGSTOP)
    began = time.monotonic()
    await stage.worker(**SHORT)
    place = await stage.load.probe()
    await stage.until(lambda: is_served(stage.settings, place), "the other has taken over")
    stage.notes["take-over, session 6 s (s)"] = round(time.monotonic() - began, 1)
    await asyncio.sleep(2)
    first.kill(signal.SIGCONT)
    await asyncio.sleep(4)
    stage.load.stop()
    await loading
    return await all_equal(stage, await stage.until_served())


async def frozen_broker(stage: Stage) -> list[str]:
    """Kafka is stopped for longer than the sessions, and wakes up."""
    loading = asyncio.create_task(stage.load.run())
    stage.reader()
    await stage.worker(**SHORT)
    await asyncio.sleep(1)
    assert stage.broker.pid is not None
    os.kill(stage.broker.pid, signal.SIGSTOP)
    await asyncio.sleep(10)
    os.kill(stage.broker.pid, signal.SIGCONT)
    began = time.monotonic()
    place = await stage.load.probe()
    await stage.until(lambda: is_served(stage.settings, place), "it goes on")
    stage.notes["served again (s)"] = round(time.monotonic() - began, 1)
    stage.load.stop()
    await loading
    return await all_equal(stage, await stage.until_served())


async def broker_restarted(stage: Stage) -> list[str]:
    """Kafka is stopped and started, twice: every partition's leader is of another epoch."""
    loading = asyncio.create_task(stage.load.run())
    stage.reader()
    await stage.worker()
    for _ in range(2):
        await asyncio.sleep(1)
        await asyncio.to_thread(stage.broker.stop)
        stage.broker.start()  # not in a thread: the kernel would end it together with the thread
        place = await stage.load.probe()
        await stage.until(lambda place=place: is_served(stage.settings, place), "it goes on")
    stage.load.stop()
    await loading
    return await all_equal(stage, await stage.until_served())


async def compacted(stage: Stage) -> list[str]:
    """The changelog is compacted while a worker recovers from it, and while others write to it."""
    await stage.load.some(3000)
    first = await stage.worker()
    await stage.until_posted()
    loading = asyncio.create_task(stage.load.run())
    await configure(
        stage,
        changelog_name(stage.settings, 1),
        {
            "min.compaction.lag.ms": "0",
            "segment.ms": "500",
            "min.cleanable.dirty.ratio": "0.001",
            "max.compaction.lag.ms": "1000",
        },
    )
    first.kill()
    for _ in range(4):  # Kafka's cleaner looks every 15 s
        shutil.rmtree(stage.settings.data / "worker", ignore_errors=True)
        await configure(stage, changelog_name(stage.settings, 1), {})  # as a worker wants to find it
        worker = await stage.worker()
        await configure(
            stage,
            changelog_name(stage.settings, 1),
            {"min.compaction.lag.ms": "0", "segment.ms": "500", "min.cleanable.dirty.ratio": "0.001"},
        )
        await asyncio.sleep(4)
        worker.kill()
    stage.load.stop()
    await loading
    await configure(stage, changelog_name(stage.settings, 1), {})
    worker = await stage.worker()
    await stage.until_posted()
    log = await read_log(stage.settings)
    rows, reached = await posted(stage.settings)
    worker.stop()
    lost = log.rows.keys() - rows.keys()
    return [
        *([f"{len(lost)} rows are gone from the changelog"] if lost else []),
        *([] if reached == log.ends else ["the progress rows do not tell all"]),
        *await on_disk(stage),
    ]


async def poisoned(stage: Stage) -> list[str]:
    """Unusable records of every kind come among good ones; in the end, what they were meant to be, too."""
    rng = random.Random(stage.load.seed)  # noqa: S311 - no secret
    events = list(itertools.islice(told(stage.load.seed), 500))
    spoilt, sent = poison.which(rng, len(events), 0.01), poison.Poisoned()
    stage.reader()
    await stage.worker()
    async with sending(stage) as sender:
        for n, event in enumerate(events):
            if n in spoilt:
                await poison.send(stage.settings, sender, event, spoilt[n], sent)
            elif n % 50 == 0:
                await poison.send_odd(stage.settings, sender, event)
                stage.load.acknowledged.events[event.id] = codec.encode(event)
            else:
                await stage.load.publish(event)
    log = await stage.until_served()
    differences = [
        *some("unusable records were taken", sent.kinds.keys() - log.refused.keys()),
        *some("usable records were refused", log.refused.keys() - sent.kinds.keys()),
        *await all_equal(stage, log),
        *_untold(stage, sent, sent.kinds.keys()),
    ]
    for letter in log.letters:
        place = Place(letter.origin.topic, letter.origin.partition, letter.origin.offset)
        if place not in sent.meant:
            continue  # that is a difference already
        event = sent.meant[place]
        value = None if sent.kinds[place] in poison.PLACES else codec.encode(event)
        await resend(stage.settings, letter.number, value)
        stage.load.acknowledged.events[event.id] = codec.encode(event)
    log = await stage.until_served()
    differences += _untold(stage, sent, ())
    clean = {
        posting.key: posting.entry
        for event in events
        for posting in _postings(event, stage.settings.partitions)
    }
    if log.digest != digest_of(clean):
        differences.append("the digest is not that of a run without poison")
    return [*differences, *await all_equal(stage, log)]


def _untold(stage: Stage, sent: poison.Poisoned, places: Collection[Place]) -> list[str]:
    """Hold what the companies named by keys tell of unusable records against where these stand."""
    wanted = {key: set[Place]() for key in sent.keys.values() if key is not None}
    for place in places:
        if (key := sent.keys[place]) is not None:
            wanted[key].add(place)
    model = ReadModel(stage.settings.data)
    wrong = []
    with contextlib.closing(model), model.snapshot() as at:
        for key, there in wanted.items():
            told = dead_letters.told(at, key.decode(), EntityMap(), None) or {"count": 0, "latest": []}
            latest = {Place(one["topic"], one["partition"], one["offset"]) for one in told["latest"]}
            if told["count"] != len(there) or not latest <= there or len(latest) != min(len(there), LATEST):
                wrong.append(key.decode())
    return some("companies tell other dead letters than there are", wrong)


def _postings(event: AnyEvent, partitions: int) -> list[Posting]:
    home = event.home.encode()
    return postings(home, codec.encode(event), partition_of(home, partitions), partitions)
