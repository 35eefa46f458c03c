"""Disk full: under Kafka and all of khabar at once, and under worker and reader alone.

The disk is filled to its last byte under load, and kept full; then there is room again. Nothing that was
acknowledged is lost, readiness tells why, the API answers nothing worse than 503, and all goes on by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import orjson

from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.chaos.disks import Disk, small_disk, within
from tests.chaos.load import Load
from tests.chaos.oracle import Log, read_log
from tests.chaos.outcome import Outcome
from tests.chaos.processes import NotBack
from tests.chaos.scenes import equal
from tests.chaos.stage import Process
from tests.chaos.views import caught_up
from tests.integration.serving import free_port

NOT_HERE = "not possible here"
FULL_SECONDS = 10.0
SECONDS_MAX = 120.0  # for what has to come
RESTARTS_MAX = 12  # told by one supervisor; a hot loop would tell many more

Commands = tuple[str, ...]


class Asked:
    """Asks the API all the time, and keeps what it may not answer."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.differences: set[str] = set()
        self.reasons: set[str] = set()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                for path in ("/v1/companies?query=a", "/v1/events?limit=5", "/v1/views", "/livez"):
                    with contextlib.suppress(httpx.HTTPError):
                        self._look(path, await client.get(self._address + path))
                with contextlib.suppress(httpx.HTTPError):
                    ready = await client.get(self._address + "/readyz")
                    self.reasons.add("ready" if ready.status_code == 200 else ready.json()["said"])
                await asyncio.sleep(0.1)

    def _look(self, path: str, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            return
        if path == "/livez":
            self.differences.add(f"/livez would have it restarted: {answer.text}")
        elif answer.status_code != 503 or "Retry-After" not in answer.headers:
            self.differences.add(f"{path} is answered {answer.status_code}: {answer.text[:200]}")


async def everything(folder: Path, seed: int) -> Outcome:
    """The disk of `khabar up`, Kafka's log and all, is full for a while."""
    with small_disk(folder / "disk") as disk:
        settings = Settings(data=disk.folder, broker_port=free_port(), port=free_port())
        there = settings.model_copy(update={"bootstrap_servers": settings.bootstrap})
        outcome = Outcome("disk full under everything", seed)
        await _filled(outcome, folder, disk, settings, there, ("up",))
        return outcome


async def views_alone(folder: Path, seed: int) -> Outcome:
    """The disk of workers, reader and API is full; Kafka has its own, and goes on taking events."""
    outcome = Outcome("disk full under workers and reader", seed)
    with (
        EmbeddedBroker(Settings(data=folder / "kafka", broker_port=0)) as broker,
        small_disk(folder / "disk") as disk,
    ):
        settings = Settings(data=disk.folder, bootstrap_servers=broker.bootstrap_servers, port=free_port())
        await _filled(outcome, folder, disk, settings, settings, ("worker", "serve"))
    return outcome


async def _filled(
    outcome: Outcome, folder: Path, disk: Disk, settings: Settings, there: Settings, commands: Commands
) -> None:
    """Run commands on a disk, fill it under load, give it room; hold all against the oracle.

    `there` are the settings of whoever comes from outside: with Kafka's address.
    """
    address = f"http://127.0.0.1:{settings.port}"
    load, asked = Load(there, outcome.seed), Asked(address)
    load.address = address
    with _running(settings, folder / "logs", commands) as processes:
        await _until_ready(address, processes)
        async with _asking(asked):
            loading = asyncio.create_task(load.run())
            await asyncio.sleep(2)
            before = len(load.acknowledged.events)
            for _ in range(round(FULL_SECONDS / 0.5)):
                await asyncio.to_thread(disk.fill)  # what is given back meanwhile is taken again
                await asyncio.sleep(0.5)
            outcome.notes["events taken while full"] = len(load.acknowledged.events) - before
            disk.free()
            began = time.monotonic()
            await load.probe()
            await load.post()
            outcome.notes["taken again (s)"] = round(time.monotonic() - began, 1)
            await asyncio.sleep(1)
            load.stop()
            await loading
            log = await _until_served(there)
            outcome.notes["served again (s)"] = round(time.monotonic() - began, 1)
        await _until_ready(address, processes)
        outcome.differences += [*sorted(asked.differences), *await equal(there, load, log)]
        said = [line for process in processes for line in process.said().splitlines()]
    restarts = [line for line in said if "is started" in line]
    outcome.notes |= {"events": len(log.events), "documents": len(log.documents), "restarts": len(restarts)}
    if not any(reason.startswith("the disk is full") for reason in asked.reasons):
        outcome.differences.append(f"/readyz did not tell of the disk: {sorted(asked.reasons)}")
    if len(restarts) > RESTARTS_MAX:
        outcome.differences.append(f"{len(restarts)} restarts: {restarts[:3]}")


@contextmanager
def _running(settings: Settings, logs: Path, commands: Commands) -> Iterator[list[Process]]:
    """Run commands of khabar, their logs on a disk with room: what is said has to be seen."""
    logs.mkdir(parents=True, exist_ok=True)
    (settings.data / "logs").symlink_to(logs)
    processes = [Process(settings, f"khabar-{name}", "api.commands", name) for name in commands]
    try:
        yield processes
    finally:
        for process in reversed(processes):
            process.stop(30)


@asynccontextmanager
async def _asking(asked: Asked) -> AsyncIterator[None]:
    asking = asyncio.create_task(asked.run())
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def _until_ready(address: str, processes: list[Process]) -> None:
    """Wait until readiness is told. Raises NotBack."""
    deadline = time.monotonic() + SECONDS_MAX
    async with httpx.AsyncClient(timeout=5) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            for process in processes:
                if process.process.poll() is not None:
                    message = f"it ended: {process.said()[-1000:]}"
                    raise NotBack(message)
            await asyncio.sleep(0.2)
    message = "it is not ready in time"
    raise NotBack(message)


async def _until_served(settings: Settings) -> Log:
    """Wait until all of the log is served; what is missing then is for the comparison to tell."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        log = await read_log(settings)
        if caught_up(settings, log.ends, len(log.documents)) or time.monotonic() > deadline:
            return log
        await asyncio.sleep(0.5)


SCENES = (everything, views_alone)


async def disk_full(folder: Path, seed: int) -> list[Outcome]:
    """Play the scenes in a process that may mount; where none may, the outcome has a note that says so."""
    words = within()
    if words is None:
        return [Outcome("disk full", seed, notes={NOT_HERE: "neither mount nor unshare -rm is allowed"})]
    process = await asyncio.create_subprocess_exec(
        *words,
        sys.executable,
        "-m",
        "tests.chaos.full",
        str(seed),
        str(folder),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        return [Outcome("disk full", seed, [f"the scenes broke off: {process.returncode}"])]
    return [Outcome(**found) for found in orjson.loads(said)]


async def _play(seed: int, folder: Path) -> list[Outcome]:
    found = []
    for scene in SCENES:
        try:
            found.append(await scene(folder / scene.__name__, seed))
        except Exception as error:
            traceback.print_exc()
            found.append(Outcome(scene.__name__, seed, [f"the scene broke off: {error!r}"]))
    return found


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # Kafka is away now and then: that is the point
    logging.getLogger("httpx").setLevel(logging.CRITICAL)
    outcomes = asyncio.run(_play(int(sys.argv[1]), Path(sys.argv[2])))
    sys.stdout.buffer.write(orjson.dumps(outcomes))
