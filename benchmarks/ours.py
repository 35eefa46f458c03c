"""Ours: `khabar replay` itself, with the reader as a process of its own, as `khabar serve` runs it.

In the clock: reading the log below the vector, ids checked, entries and digests; the changelog and the new
group's offsets; the reader's loading of that changelog into the generation's file, lines folded, until the
proof holds there; the switch, until the reader serves it. Not in it: starting Python and the reader.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import psutil
import uvloop
from aiokafka import TopicPartition

from api import reader_status
from api.bulk.build import build_generation
from api.rebuild import Progress, replay
from streams import generations, worker_slots
from streams.consumers import reading
from streams.entries import ENTRIES_VERSION
from streams.settings import Settings
from streams.topics import ensure_changelog, fact_topics, topic_name
from streams.vectors import Vector

READY_SECONDS_MAX = 3600.0
LOOK_SECONDS = 0.5


@asynccontextmanager
async def a_reader(settings: Settings) -> AsyncIterator[None]:
    """Run `khabar reader` until the block ends; entered once it has read all there is."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "reader.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "reader"],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while (status := reader_status.read(settings.data)).pid != process.pid or not status.reached:
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"the reader is not ready: {settings.data / 'reader.log'} says why"
                raise SystemExit(message)
            await asyncio.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


async def end_of_log(settings: Settings) -> Vector:
    """Give the vector of all that the fact topics hold."""
    places = [(topic, p) for topic in fact_topics() for p in range(settings.partitions)]
    async with reading(settings) as consumer:
        ends = await consumer.end_offsets([TopicPartition(topic_name(settings, t), p) for t, p in places])
    vector: Vector = {}
    for topic, partition in places:
        if end := ends[TopicPartition(topic_name(settings, topic), partition)]:
            vector.setdefault(topic, {})[str(partition)] = end
    return vector


async def prepare(settings: Settings) -> None:
    """Make generation 1, the one that the first replay replaces, and let the reader load log and views."""
    await generations.read_or_create(settings, ENTRIES_VERSION)
    await ensure_changelog(settings, 1)
    vector = await end_of_log(settings)
    async with a_reader(settings):
        pass  # it reads the log: the events file is no view
    slot = worker_slots.claim(settings.data, worker_slots.views(1))  # as if a worker kept its table here
    await build_generation(settings, 1, 1, vector, vector, {}, lambda _: None, lambda _: None)
    slot.release()


async def measured(settings: Settings) -> dict[str, object]:
    """Replay once; give the seconds from beginning to end, and when each phase began."""
    phases: dict[str, float] = {}
    async with a_reader(settings):
        began = time.perf_counter()
        with Memory() as memory:
            done = await replay(
                settings,
                Progress(
                    total=lambda _: None,
                    read=lambda _: None,
                    phase=lambda name: phases.update({name: round(time.perf_counter() - began, 3)}),
                ),
            )
        seconds = time.perf_counter() - began
    if not done.equal:
        message = f"generation {done.generation} is not equal to the one before"
        raise SystemExit(message)
    return {
        "seconds": seconds,
        "events": done.records,
        "rows": done.rows,
        "phases": phases,
        "memory_mib": memory.most_mib,
        "largest_process_mib": memory.of_largest_mib,
    }


class Memory:
    """Looks now and then what this process and all that it has begun hold together; keeps the most.

    Counted as PSS: what processes share counts once.
    """

    def __init__(self) -> None:
        self.most_mib = 0
        self.of_largest_mib = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._ended.wait(LOOK_SECONDS):
            held = [pss(process) for process in (own, *own.children(recursive=True))]
            self.most_mib = max(self.most_mib, sum(held) >> 20)
            self.of_largest_mib = max(self.of_largest_mib, max(held) >> 20)


def pss(process: psutil.Process) -> int:
    """Give the bytes that a process holds; none of one that has ended."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--prepare", action="store_true")
    settings = Settings()
    if options.parse_args().prepare:
        uvloop.run(prepare(settings))
        print(json.dumps({}), flush=True)
    else:
        print(json.dumps(uvloop.run(measured(settings))), flush=True)


if __name__ == "__main__":
    main()
