"""Where a small scene is played: topics of its own on a Kafka that scenes share, and single processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from aiokafka import TopicPartition

from api.read_model import store
from streams import generations
from streams.consumers import reading
from streams.entries import ENTRIES_VERSION
from streams.settings import Settings
from streams.topics import ensure_changelog, ensure_topics, fact_topics, topic_name
from streams.vectors import Vector, dominates
from tests.chaos.load import Load
from tests.chaos.oracle import Log, read_log
from tests.chaos.views import caught_up
from tests.chaos.wire import Wire, WiredBroker, a_wire
from tests.integration.workers import posted

START_SECONDS_MAX = 90.0


class Process:
    """A process of khabar, and what it says."""

    def __init__(self, settings: Settings, name: str, *arguments: str) -> None:
        settings.data.mkdir(parents=True, exist_ok=True)
        (settings.data / "logs").mkdir(exist_ok=True)
        self.log = settings.data / "logs" / f"{name}.log"
        self._said_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._said_before)
            return file.read().decode("utf-8", "replace")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal; a killed one is waited for."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait()

    def stop(self, seconds: float = 15.0) -> None:
        """End it as a supervisor does."""
        self.kill(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()


class Stage:
    """A scene's own topics, data directory and load. Processes that are still there at its end are killed."""

    def __init__(
        self, broker: WiredBroker, settings: Settings, wired: Settings, wire: Wire, seed: int, patience: float
    ) -> None:
        self.settings = settings
        self.wired = wired
        """The same settings for whoever comes by the wire."""
        self.wire = wire
        self.load = Load(settings, seed)
        self.patience = patience
        """Seconds to wait for what has to come: longer than it ever takes on a busy machine."""
        self.broker = broker
        self.notes: dict[str, object] = {}
        self._processes: list[Process] = []

    def start(self, name: str, *arguments: str, wired: bool = False, **more: object) -> Process:
        settings = (self.wired if wired else self.settings).model_copy(update=more)
        process = Process(settings, name, *arguments)
        self._processes.append(process)
        return process

    async def worker(
        self, kind: str = "views", *, wired: bool = False, generation: int = 1, **more: object
    ) -> Process:
        """Start a worker, and wait until it is ready."""
        worker = self.start_worker(kind, wired=wired, generation=generation, **more)
        started = lambda: "is ready" in worker.said() or worker.process.poll() is not None  # noqa: E731
        await self.until(started, f"{kind} is ready", START_SECONDS_MAX)
        assert worker.process.poll() is None, f"it ended at its start: {worker.said()[-2000:]}"
        return worker

    def start_worker(
        self, kind: str = "views", *, wired: bool = False, generation: int = 1, **more: object
    ) -> Process:
        arguments = ("views", "--generation", str(generation)) if kind == "views" else (kind,)
        name = f"{kind}-{len(self._processes)}"
        return self.start(name, "streams.worker", *arguments, wired=wired, **more)

    def reader(self, **more: object) -> Process:
        return self.start("reader", "api.commands", "reader", **more)

    async def until(self, condition: Callable[[], object], what: str, seconds: float | None = None) -> None:
        """Wait for a condition; what does not come is for the comparison to tell."""
        deadline = time.monotonic() + (seconds or self.patience)
        while time.monotonic() < deadline:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.02)
        print(f"    (waited in vain: {what})", flush=True)

    async def until_posted(self, generation: int = 1) -> None:
        async def all_posted() -> bool:
            ends: Vector = {}
            for (topic, partition), end in (await self.ends()).items():
                ends.setdefault(topic, {})[str(partition)] = end
            return dominates((await posted(self.settings, generation))[1], ends)

        await self.until(all_posted, "all is posted")

    async def until_served(self) -> Log:
        log = await read_log(self.settings)
        await self.until(lambda: caught_up(self.settings, log.ends, len(log.documents)), "all is served")
        return await read_log(self.settings)

    async def ends(self, *topics: str) -> dict[tuple[str, int], int]:
        """Where topics end, all those of facts if none are named."""
        names = {topic_name(self.settings, topic): topic for topic in topics or fact_topics()}
        async with reading(self.settings, *names) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
        return {(names[tp.topic], tp.partition): end for tp, end in ends.items() if end}

    async def committed(self, group: str, *topics: str) -> dict[tuple[str, int], int]:
        """How far a group has committed each partition of topics."""
        places = {
            TopicPartition(topic_name(self.settings, topic), partition): (topic, partition)
            for topic in topics
            for partition in range(self.settings.partitions)
        }
        async with reading(self.settings, group_id=self.settings.topic_prefix + group) as consumer:
            consumer.assign(list(places))  # it asks, and does not join
            return {place: await consumer.committed(tp) or 0 for tp, place in places.items()}

    async def end(self) -> None:
        for process in self._processes:
            process.kill(signal.SIGCONT)
            process.kill()


@asynccontextmanager
async def a_stage(
    broker: WiredBroker, folder: Path, seed: int, patience: float = 30.0, **more: object
) -> AsyncIterator[Stage]:
    """Set a stage: topics, the first generation, a wire."""
    from tests.integration.serving import free_port

    prefix = f"c{uuid4().hex[:8]}-"
    settings = Settings(
        data=folder / prefix,
        bootstrap_servers=broker.bootstrap_servers,
        topic_prefix=prefix,
        port=free_port(),
    ).model_copy(update=more)
    await ensure_topics(settings)
    await generations.read_or_create(settings, ENTRIES_VERSION)
    await ensure_changelog(settings, 1)
    async with a_wire(broker) as wire:
        wired = settings.model_copy(update={"bootstrap_servers": broker.wire_servers})
        stage = Stage(broker, settings, wired, wire, seed, patience)
        try:
            yield stage
        finally:
            await stage.end()


def events_offsets(settings: Settings) -> int:
    """How far the events file says that the fact topics are read, all together; 0 while there is none."""
    try:
        with contextlib.closing(store.open_reader(store.events_path(settings.data))) as events:
            found = events.execute("SELECT total(next) FROM offsets WHERE topic LIKE 'facts.%'").fetchone()
            return int(found[0])
    except Exception:
        return 0
