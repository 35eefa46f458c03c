"""What `khabar worker` runs: a parse worker, and a views worker for each generation that `views` names."""

import asyncio
import os
import signal
import threading
import time

import pytest

from streams import generations
from streams.entries import ENTRIES_VERSION
from streams.generations import State
from streams.supervisor import Supervisor
from streams.topics import ensure_changelog, ensure_topics
from streams.worker_group import WorkerGroup
from tests.integration.workers import until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Running:
    """A group under its supervisor, in a thread."""

    def __init__(self, settings):
        self.supervisor = Supervisor(settings, say=lambda line: None)
        self.group = WorkerGroup(settings, self.supervisor)

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
