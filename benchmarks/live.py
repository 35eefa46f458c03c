"""The live path, a part at a time: how fast a worker posts a backlog, and how fast a reader serves one.

    python -m benchmarks.live [--events 50000] [--companies 20000] [--rounds 3] [--store rocksdb|write-only]

The peer is a bare drain of the same topics in the same run: rates say little, ratios more. A worker is one
process, its clock runs from its first progress row until its progress covers the log. The reader is
two: they read log and changelog from nothing, and the clock runs from when their first file is there until
the generation is served to the end of the log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aiokafka import TopicPartition

from api.read_model import store
from api.served import shown_yet
from benchmarks.contestants import Run, python
from benchmarks.events import load, made
from benchmarks.ours import a_reader, end_of_log
from streams import generations, progress
from streams.broker import EmbeddedBroker
from streams.consumers import reading
from streams.entries import ENTRIES_VERSION
from streams.settings import Settings
from streams.topics import changelog_name, ensure_changelog, ensure_topics
from streams.vectors import Vector, advance, dominates

SECONDS_MAX = 1800


async def worker_rate(settings: Settings, generation: int, vector: Vector, events: int) -> float:
    """Run a worker of a new generation on its backlog; give its events a second."""
    await ensure_changelog(settings, generation)
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / f"worker-{generation}.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own worker
            [sys.executable, "-m", "streams.worker", "views", "--generation", str(generation)],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        began, ended = await asyncio.wait_for(_progress(settings, generation, vector), SECONDS_MAX)
        return events / (ended - began)
    finally:
        process.terminate()
        process.wait(30)


async def _progress(settings: Settings, generation: int, vector: Vector) -> tuple[float, float]:
    """Follow the progress rows of a generation; say when the first came, and when they covered a vector."""
    posted: Vector = {}
    began = 0.0
    topic = changelog_name(settings, generation)
    async with reading(settings, fetch_max_bytes=8 << 20) as consumer:
        consumer.assign([TopicPartition(topic, p) for p in range(settings.partitions)])
        await consumer.seek_to_beginning()
        while not dominates(posted, vector):
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                for record in batch:
                    if progress.is_progress(record.key):
                        began = began or time.perf_counter()
                        advance(posted, progress.decode(record.value))
    return began, time.perf_counter()


async def reader_rate(settings: Settings, vector: Vector, events: int) -> dict[str, float]:
    """Run a reader on an empty directory; give its events a second, and of what its time was made."""
    opened = asyncio.create_task(_opened(settings))
    async with a_reader(settings):
        read = time.perf_counter() - await opened
        while not dominates(shown_yet(settings.data, 1)[0], vector):
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - await opened
    return {"events/s": events / seconds, "seconds": seconds, "until all was read": read}


async def _opened(settings: Settings) -> float:
    """Wait until a reader has made its first file; say when."""
    while not store.events_path(settings.data).exists():
        await asyncio.sleep(0.01)
    return time.perf_counter()


async def measured(settings: Settings, asked: argparse.Namespace, folder: Path) -> None:
    """Fill the topics, run each round, print what came out."""
    await ensure_topics(settings)
    events = await load(settings, made(asked.events, asked.companies))
    vector = await end_of_log(settings)
    rates: dict[str, list[float]] = {"worker": [], "reader": [], "bare drain": []}
    await generations.read_or_create(settings, ENTRIES_VERSION)
    await worker_rate(settings.model_copy(update={"data": folder / "first"}), 1, vector, events)  # to be read
    for number in range(asked.rounds):
        run = Run(settings, folder / f"drain-{number}", f"drain-{number}", events)
        told = await asyncio.to_thread(python("benchmarks.peers.drain"), run)
        rates["bare drain"].append(events / told["seconds"])
        if "worker" in asked.only:
            own = settings.model_copy(
                update={"data": folder / f"worker-{number}", "table_store": asked.store}
            )
            rates["worker"].append(await worker_rate(own, 100 + number, vector, events))
        if "reader" in asked.only:
            own = settings.model_copy(update={"data": folder / f"reader-{number}"})
            told = await reader_rate(own, vector, events)
            size = store.views_path(own.data, 1).stat().st_size + store.events_path(own.data).stat().st_size
            print(json.dumps({**told, "MB": size >> 20}), file=sys.stderr)
            rates["reader"].append(told["events/s"])
        print(json.dumps({name: rate[-1:] for name, rate in rates.items()}), file=sys.stderr, flush=True)
    drain = statistics.median(rates["bare drain"])
    for name in asked.only:
        rate = statistics.median(rates[name])
        print(f"{name}: {rate:,.0f} events/s; the bare drain {drain:,.0f}; ratio {rate / drain:.4f}")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=50_000)
    options.add_argument("--companies", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--store", choices=("rocksdb", "write-only"), default="rocksdb")
    options.add_argument("--only", action="append", choices=("worker", "reader"))
    asked = options.parse_args()
    asked.only = asked.only or ["worker", "reader"]
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="khabar-bench-") as name:
        data = Path(name)
        with EmbeddedBroker(Settings(data=data / "broker", broker_port=0)) as broker:
            settings = Settings(
                data=data / "ours", bootstrap_servers=broker.bootstrap_servers, topic_prefix="bench-"
            )
            asyncio.run(measured(settings, asked, data))


if __name__ == "__main__":
    main()
