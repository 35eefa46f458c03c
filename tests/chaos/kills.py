"""kill -9 of everything there is, at random moments under load: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from streams.broker import EmbeddedBroker
from streams.documents import Place
from streams.settings import Settings
from tests.chaos.load import Load, articles
from tests.chaos.oracle import Log, compare_log, compare_subscriber, read_log
from tests.chaos.outcome import Kill, Outcome
from tests.chaos.processes import Khabar, NotBack, running
from tests.chaos.subscribers import KafkaSubscriber, SseSubscriber
from tests.chaos.views import FilesWatch, caught_up, compare_changelog, compare_files, is_served, served

TARGETS = ("views", "parse", "reader", "writer", "serve", "broker", "pool", "ingester", "replayer")
WEIGHTS = (5, 3, 4, 3, 2, 2, 3, 2, 1)
SETTLED_SECONDS_MAX = 120.0


class World:
    """A running installation under load, with its subscribers and the watch over its files."""

    def __init__(self, khabar: Khabar, load: Load, seed: int) -> None:
        self.khabar = khabar
        self.load = load
        self.settings = khabar.settings
        self.sse = SseSubscriber(khabar.address, seed)
        self.kafka = KafkaSubscriber(khabar.settings)
        self.watch = FilesWatch(khabar.settings)

    async def settle(self, seconds: float = SETTLED_SECONDS_MAX) -> Log:
        """Wait until all of the log is served and has come to the subscribers; give the log."""
        deadline = time.monotonic() + seconds
        while True:
            log = await read_log(self.settings)
            if caught_up(self.settings, log.ends, len(log.documents)) and self._all_came(log):
                return log
            if time.monotonic() > deadline:
                return log  # what is missing is told by the comparison
            await asyncio.sleep(0.5)

    def _all_came(self, log: Log) -> bool:
        return len(self.sse.seen) >= len(log.events) and len(self.kafka.seen) >= len(log.events)

    async def until_served(self, place: Place, when: str) -> None:
        """Wait until what comes of a record is served. Raises NotBack."""
        what = f"{place} is served {when}"
        await asyncio.to_thread(self.khabar.wait, lambda: is_served(self.settings, place), what)

    async def compare(self, log: Log) -> list[str]:
        """List everything that differs."""
        return [
            *compare_log(log, self.load.acknowledged, self.settings.min_confidence),
            *await compare_changelog(self.settings, log, served(self.settings)),
            *compare_files(self.settings, log),
            *compare_subscriber("SSE", log, self.sse.seen),
            *compare_subscriber("Kafka", log, self.kafka.seen),
            *self.watch.differences,
        ]


@asynccontextmanager
async def under_load(
    khabar: Khabar, seed: int, per_second: float, articles_each: float
) -> AsyncIterator[World]:
    """Put load on an installation, and leave the subscribers and the watch running after it has ended."""
    load = Load(khabar.settings, seed, per_second, articles_each)
    load.address = khabar.address
    world = World(khabar, load, seed)
    stopped = threading.Event()
    watching = threading.Thread(target=world.watch.run, args=(stopped.is_set,))
    watching.start()
    listening = [asyncio.create_task(world.sse.run()), asyncio.create_task(world.kafka.run())]
    try:
        yield world
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        stopped.set()
        watching.join()


async def kills(
    folder: Path,
    seed: int,
    number: int,
    targets: Sequence[str] = TARGETS,
    *,
    per_second: float = 150,
    articles_each: float = 2.0,
    say: Any = print,
) -> Outcome:
    """Kill `number` times, then hold everything against the oracle."""
    outcome = Outcome("kill -9 under load", seed)
    rng = random.Random(seed)  # noqa: S311 - no secret
    weights = [dict(zip(TARGETS, WEIGHTS, strict=True))[name] for name in targets]
    order = [*targets, *rng.choices(targets, weights, k=number)][:number] if number >= len(targets) else None
    order = order or rng.sample(targets, number)
    rng.shuffle(order)
    with broker_of_its_own(folder) as (settings, broker), running(settings, broker) as khabar:
        async with under_load(khabar, seed, per_second, articles_each) as world:
            loading = asyncio.create_task(world.load.run())
            try:
                for step, target in enumerate(order, 1):
                    await asyncio.sleep(rng.uniform(0.3, 2.0))
                    kill = await _kill(world, step, target, rng)
                    outcome.kills.append(kill)
                    say(f"seed {seed} step {step}/{number}: {kill}")
            except NotBack as error:
                outcome.differences.append(f"step {len(outcome.kills) + 1}: {error}")
            world.load.stop()
            await loading
            log = await world.settle()
            outcome.differences += await world.compare(log)
            outcome.notes = {
                "events": len(log.events),
                "documents": len(log.documents),
                "digest": log.digest,
                "sse_resumed": world.sse.resumed,
                "looks_at_files": world.watch.looks,
                "supervisor": len(khabar.said),
            }
    return outcome


async def _kill(world: World, step: int, target: str, rng: random.Random) -> Kill:
    if target == "ingester":
        return Kill(step, target, None, await _kill_ingester(world, step, rng))
    if target == "replayer":
        return Kill(step, target, None, await _kill_replayer(world, rng))
    khabar = world.khabar
    name = rng.choice(khabar.workers()) if target == "views" else target
    await asyncio.to_thread(khabar.wait, lambda: khabar.pid(name), f"{name} is there")
    ready = khabar.times_ready(name)
    pid = khabar.signal(name)
    if pid is None:
        return Kill(step, target, None, None)
    began = time.monotonic()
    if target in ("pool", "writer", "broker"):  # made anew when there is work; the broker has no word
        up = None
    else:
        await asyncio.to_thread(khabar.wait, lambda: khabar.is_up(name, pid, ready), f"{name} is up again")
        up = round(time.monotonic() - began, 2)
    document = target in ("parse", "pool")
    place = await (world.load.post() if document else world.load.probe())
    await world.until_served(place, f"after a kill of {name}")
    return Kill(step, target, up, round(time.monotonic() - began, 2))


async def _kill_ingester(world: World, step: int, rng: random.Random) -> float:
    """Kill `khabar ingest` on its way; what it printed is acknowledged. Then ingest the same to the end."""
    with tempfile.TemporaryDirectory() as name:
        bodies = articles(rng.randrange(1 << 30))
        for n in range(6):
            (Path(name) / f"{n}.json").write_bytes(orjson.dumps(next(bodies)))
        for last in (False, True):
            process = _khabar(world.settings, "ingest", "--json", name)
            if not last:
                await asyncio.sleep(rng.uniform(0.8, 2.0))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            began = time.monotonic()
            said, _ = await asyncio.to_thread(process.communicate)
            places = [
                Place(*orjson.loads(line)["place"]) for line in said.splitlines() if line.endswith(b"}")
            ]
            world.load.acknowledged.documents.update(places)
            if last and process.returncode != 0:
                message = f"khabar ingest ended with {process.returncode}"
                raise NotBack(message)
    await world.until_served(places[-1], "after an ingestion")
    return round(time.monotonic() - began, 2)


async def _kill_replayer(world: World, rng: random.Random) -> float:
    """Kill `khabar replay` on its way, then let another come to its end: its digest equals the one before."""
    process = _khabar(world.settings, "replay", "--json")
    await asyncio.sleep(rng.uniform(0.5, 4.0))
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.communicate)
    began = time.monotonic()
    process = _khabar(world.settings, "replay", "--json")
    said, errors = await asyncio.to_thread(process.communicate)
    if process.returncode != 0 or not orjson.loads(said.splitlines()[-1])["equal"]:
        message = f"khabar replay ended with {process.returncode}: {said!r} {errors[-500:]!r}"
        raise NotBack(message)
    return round(time.monotonic() - began, 2)


def _khabar(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.commands", *arguments],
        env={**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextlib.contextmanager
def broker_of_its_own(folder: Path) -> Any:
    """Start a Kafka of this scenario alone; give settings on it, and the broker."""
    from tests.integration.serving import free_port

    with EmbeddedBroker(Settings(data=folder / "kafka", broker_port=0)) as broker:
        yield (
            Settings(data=folder / "data", bootstrap_servers=broker.bootstrap_servers, port=free_port()),
            broker,
        )
