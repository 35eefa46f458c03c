"""How soon a reader and a worker serve again after kill -9, beside the rebuild of all that they hold.

    python -m benchmarks.restart [--events 500000] [--companies 1000000] [--kills 3]

Fills a Kafka, replays all of it once, then kills the reader and the views worker again and again. A reader is
back when it has told that it is up with the log, a worker when its partitions are assigned and its table is
recovered. Target: less than a twentieth of the rebuild's seconds.
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

from api import reader_status
from api.read_model import store
from benchmarks import ours
from benchmarks.events import load, made
from benchmarks.harness import Figure, keep, show
from streams import generations
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from streams.topics import ensure_topics

TARGET = 20.0
SECONDS_MAX = 600.0


def started(settings: Settings, output: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start one of our processes."""
    with output.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", *command],
            env={**os.environ, **settings.environment()},
            stdout=file,
            stderr=file,
        )


async def reader_back(settings: Settings) -> float:
    """Start a reader, wait until it is up with the log, kill it; give the seconds until it was."""
    began = time.perf_counter()
    process = started(settings, settings.data / "reader.log", "api.commands", "reader")
    try:
        while (status := reader_status.read(settings.data)).pid != process.pid or not status.reached:
            await _wait(process, began, settings.data / "reader.log")
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


async def worker_back(settings: Settings, generation: int) -> float:
    """Start a views worker, wait until it is ready, kill it; give the seconds until it was."""
    output = settings.data / "worker.log"
    output.unlink(missing_ok=True)
    began = time.perf_counter()
    process = started(settings, output, "streams.worker", "views", "--generation", str(generation))
    try:
        while b" is ready" not in output.read_bytes():
            await _wait(process, began, output)
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


async def _wait(process: subprocess.Popen[bytes], began: float, output: Path) -> None:
    if process.poll() is not None or time.perf_counter() - began > SECONDS_MAX:
        message = f"it does not come back: {output} says why"
        raise SystemExit(message)
    await asyncio.sleep(0.02)


async def measured(settings: Settings, asked: argparse.Namespace) -> list[Figure]:
    """Fill, replay, kill; a figure for each of the two."""
    await ensure_topics(settings)
    await load(settings, made(asked.events, asked.companies))
    await ours.prepare(settings)
    told = await ours.measured(settings)
    views = await generations.read(settings)
    if views is None:
        message = "there are no views"
        raise SystemExit(message)
    with store.open_reader(store.views_path(settings.data, views.live)) as file:
        lines = file.execute("SELECT count(*) FROM lines").fetchone()[0]
    print(json.dumps({**told, "lines": lines}), file=sys.stderr, flush=True)
    figures = []
    for name, back in (("reader", reader_back), ("worker", lambda s: worker_back(s, views.live))):
        seconds = [await back(settings) for _ in range(asked.kills + 1)][
            1:
        ]  # the first was not killed before
        print(json.dumps({name: seconds}), file=sys.stderr, flush=True)
        median = statistics.median(seconds)
        rebuild = float(str(told["seconds"]))
        figures.append(
            Figure(
                name=f"{name} back after kill -9, {lines} lines",
                ours=round(3600 / median, 1),
                peer=round(3600 / rebuild, 1),
                peer_name="khabar replay",
                unit="1/h",
                ratio=round(rebuild / median, 2),
                target=TARGET,
            )
        )
    return figures


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=500_000)
    options.add_argument("--companies", type=int, default=1_000_000)
    options.add_argument("--kills", type=int, default=3)
    asked = options.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader for a moment
    with tempfile.TemporaryDirectory(prefix="khabar-bench-") as name:
        data = Path(name)
        with EmbeddedBroker(Settings(data=data / "broker", broker_port=0)) as broker:
            settings = Settings(
                data=data / "ours", bootstrap_servers=broker.bootstrap_servers, topic_prefix="bench-"
            )
            figures = asyncio.run(measured(settings, asked))
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
