"""What a moment costs beside now: positions of one company with many events, live and as of random cuts.

    python -m benchmarks.as_of [--events 5000] [--lines 500] [--cuts 1000] [--asks 400]

Makes the reader's files without Kafka, then asks the application itself (no socket between), three kinds of
question in turn: live, where an answer that was made before is given again; live about a day, so that it is
made anew; as of a random moment of the log. Prints median and p99 of each, and the ratio that counts: p99 as
of a moment / p99 live made anew.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from api.app import create_app
from api.read_model.event_queries import moment
from streams.processes import settle_heap
from streams.settings import Settings
from tests.api.making import investment
from tests.api.test_as_of import feed_in

COMPANY = "scale-ai"


def fill(folder: Path, events: int, lines: int, cuts: int) -> list[str]:
    """Tell of investments by `lines` investors, and make cuts on the way; give the times of the cuts."""
    feed = feed_in(folder)
    for number in range(events):
        day = f"20{10 + number * 15 // events:02}-{1 + number % 12:02}-{1 + number % 28:02}"
        feed.publish(investment(f"fund-{number % lines}", COMPANY, number + 1, published_at=day))
        feed.post()
        if number % max(1, events // cuts) == 0:
            feed.cut()
    feed.cut()
    times = [moment(cut.ms) for cut in feed.cuts]
    feed.close()
    return times


async def ask(folder: Path, times: list[str], asks: int) -> dict[str, list[float]]:
    """Ask live and as of random moments in turn; milliseconds."""
    app = create_app(Settings(data=folder))
    settle_heap()  # as `khabar serve` does
    took: dict[str, list[float]] = {"live": [], "anew": [], "as of": []}
    path = f"/v1/companies/{COMPANY}"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        for _ in range(asks):
            for kind in took:
                asked = {
                    "live": {},
                    "anew": {"valid_as_of": f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"},  # noqa: S311  # no secret
                    "as of": {"recorded_as_of": random.choice(times)},  # noqa: S311  # no secret
                }[kind]
                began = time.perf_counter()
                (await client.get(path, params=asked)).raise_for_status()
                took[kind].append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=5000)
    options.add_argument("--lines", type=int, default=500)
    options.add_argument("--cuts", type=int, default=1000)
    options.add_argument("--asks", type=int, default=400)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = fill(Path(folder), asked.events, asked.lines, asked.cuts)
        took = asyncio.run(ask(Path(folder), times, asked.asks))
    cuts = {kind: statistics.quantiles(times, n=100) for kind, times in took.items()}
    for kind, points in cuts.items():
        print(f"{kind:6} median {points[49]:6.1f} ms, p99 {points[98]:6.1f} ms")
    print(f"p99 as of a moment / p99 live made anew: {cuts['as of'][98] / cuts['anew'][98]:.2f}")


if __name__ == "__main__":
    main()
