"""What `khabar worker` runs: a parse worker, and a views worker for each generation that `views` names."""

import asyncio
import os
import signal
import threading
import time

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams import generations, worker_slots
from streams.consumers import reading
from streams.entries import ENTRIES_VERSION
from streams.errors import STAYS_DOWN
from streams.generations import State
from streams.leavings import Leavings, delete_from_kafka
from streams.supervisor import Supervisor
from streams.topics import changelog_name, ensure_changelog, ensure_topics, topic_name, views_app_id
from streams.worker_group import WorkerGroup
from tests.integration.workers import a_worker, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Running:
    """A group under its supervisor, in a thread."""

    def __init__(self, settings, grace_seconds=60.0):
        self.said = []
        self.supervisor = Supervisor(settings, say=self.said.append)
        self.group = WorkerGroup(settings, self.supervisor, grace_seconds)

    async def __aenter__(self):
        await asyncio.to_thread(self.group.start)
        self.thread = threading.Thread(target=self.supervisor.run, args=(self.group.adjust,))
        self.thread.start()
        return self

    async def __aexit__(self, *error):
        self.supervisor.stop()
        await asyncio.to_thread(self.thread.join, 30)
        assert not self.thread.is_alive()

    async def ready(self, name, times=1):
        async def is_ready():
            log = self.supervisor.log_of(name)
            return log.exists() and log.read_text().count("is ready") >= times

        await until(is_ready)


async def test_a_killed_worker_is_ready_again_within_ten_seconds(settings):
    async with Running(settings) as running:
        await running.ready("views-g1")
        await running.ready("parse")
        for name in ("views-g1", "parse"):
            pid = running.supervisor.pid(name)
            began = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            await running.ready(name, times=2)
            assert time.monotonic() - began < 10
        pids = [running.supervisor.pid(name) for name in running.supervisor.names()]
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


async def test_workers_come_and_go_with_the_generations(settings):
    await ensure_topics(settings)
    async with Running(settings) as running:
        await running.ready("views-g1")
        views = await generations.read(settings)
        views = views.with_new(2, ENTRIES_VERSION)
        await ensure_changelog(settings, 2)
        await generations.write(settings, views.with_state(2, State.FOLLOWING))
        await running.ready("views-g2")
        await generations.write(settings, views.with_state(2, State.DROPPED))

        async def gone():
            return running.supervisor.names() == {"parse", "views-g1"}

        await until(gone)


async def with_two_generations(settings, version=ENTRIES_VERSION):
    """Make the topics of a khabar whose second generation was posted by `version`."""
    await ensure_topics(settings)
    views = generations.first(ENTRIES_VERSION).with_new(2, version).with_state(2, State.FOLLOWING)
    await ensure_changelog(settings, 2)
    await generations.write(settings, views)
    return views


@pytest.mark.parametrize("version", [ENTRIES_VERSION - 1, 99])
async def test_a_generation_of_another_version_gets_no_worker(settings, version):
    views = await with_two_generations(settings, version)
    async with Running(settings) as running:
        await running.ready("views-g1")
        assert running.supervisor.names() == {"parse", "views-g1"}
        await generations.write(settings, views.with_new(3, ENTRIES_VERSION).switched_to(3))
        await running.ready("views-g3")
        assert running.supervisor.names() == {"parse", "views-g1", "views-g3"}
    (line,) = running.said
    assert f"generation 2 has entries of version {version}" in line


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda views: views, "entries of version 99"),
        (lambda views: views.with_state(2, State.DROPPED), "was dropped"),
    ],
)
async def test_a_views_worker_refuses_what_it_must_not_post_to(settings, change, reason):
    await generations.write(settings, change(await with_two_generations(settings, 99)))
    with a_worker(settings, "views", "--generation", "2") as worker:
        assert await asyncio.to_thread(worker.process.wait, 60) == STAYS_DOWN
    assert reason in worker.log.read_text()
    assert not (settings.data / "worker" / worker_slots.views(2)).exists()


async def test_what_a_dropped_generation_leaves_is_deleted_and_nothing_else(settings):
    views = await with_two_generations(settings)
    async with Running(settings, grace_seconds=0.1) as running:
        await running.ready("views-g2")
        await running.ready("views-g1")
        slots = settings.data / "worker" / worker_slots.views(2)
        assert slots.exists()
        assert await in_kafka(settings, 2) == {"changelog", "group"}
        await generations.write(settings, views.with_state(2, State.DROPPED))

        async def gone():
            return not slots.exists() and not await in_kafka(settings, 2)

        await until(gone, 90)
        assert running.supervisor.names() == {"parse", "views-g1"}
        assert await in_kafka(settings, 1) == {"changelog", "group"}
        assert (settings.data / "worker" / worker_slots.views(1)).exists()


async def test_leavings_of_earlier_days_are_deleted_by_several_at_once(settings):
    views = await with_two_generations(settings)
    for number in (2, 3):  # nothing names generation 3
        await ensure_changelog(settings, number)
        await rebuilt(settings, number)
        worker_slots.claim(settings.data, worker_slots.views(number)).release()
    dropped = views.with_state(2, State.DROPPED).dropped()
    waiting = Leavings(settings)
    await waiting.look(dropped)
    assert await in_kafka(settings, 2) == {"changelog", "group"}, "the readers have not let go yet"
    several = [Leavings(settings, grace_seconds=0) for _ in range(3)]

    async def gone():
        await asyncio.gather(*(leavings.look(dropped) for leavings in several))
        return not await in_kafka(settings, 2)

    await until(gone)
    assert not (settings.data / "worker" / worker_slots.views(2)).exists()
    assert await in_kafka(settings, 3) == {"changelog", "group"}
    assert (settings.data / "worker" / worker_slots.views(3)).exists()
    await Leavings(settings, grace_seconds=0).look([2])
    await delete_from_kafka(settings, 2)


async def rebuilt(settings, number):
    """Give a generation's group offsets, as a replay does."""
    tp = TopicPartition(topic_name(settings, "facts.investment"), 0)
    async with reading(settings, group_id=views_app_id(settings, number)) as consumer:
        consumer.assign([tp])
        await consumer.commit({tp: 0})


async def in_kafka(settings, number):
    """What is there of a generation."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        topics = await admin.list_topics()
        groups = {group[0] for group in await admin.list_consumer_groups()}
    finally:
        await admin.close()
    there = {"changelog"} if changelog_name(settings, number) in topics else set()
    return there | ({"group"} if views_app_id(settings, number) in groups else set())


async def test_the_group_goes_on_watching_whatever_a_look_raises(settings, monkeypatch):
    raised = [asyncio.CancelledError(), KeyError("tp")]
    follow = generations.follow

    async def failing_at_first(*arguments, **options):
        if not options and raised:
            raise raised.pop()
        async for views in follow(*arguments, **options):
            yield views

    monkeypatch.setattr(generations, "follow", failing_at_first)
    async with Running(settings) as running:
        views = await generations.read(settings)
        views = views.with_new(2, ENTRIES_VERSION).with_state(2, State.FOLLOWING)
        await generations.write(settings, views)
        await running.ready("views-g2")
    assert not raised


async def test_what_is_written_is_what_is_read(settings):
    await ensure_topics(settings)
    assert await generations.read(settings) is None
    created = await generations.read_or_create(settings, 7)
    assert await generations.read(settings) == created == await generations.read_or_create(settings, 8)
    seen = []
    async for views in generations.follow(settings):
        seen.append(views)
        if len(seen) == 1:
            await generations.write(settings, created.with_new(2, 7))
        else:
            break
    assert [views.next_number() for views in seen] == [2, 3]
