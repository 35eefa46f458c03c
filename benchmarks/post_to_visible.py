"""How long from POST of an article until its facts are in the view: median and p99 of 200 articles.

    khabar up &
    python -m benchmarks.post_to_visible [--articles 200] [--per-second 20]

Each article is new and tells one investment. A request is timed from sending the POST until the GET with the
token of its answer returns; the GETs wait on the server, so nothing is polled here.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
import uuid

import httpx


async def one(client: httpx.AsyncClient, number: int, run: str) -> float:
    amount = f"${number + 1}.5 million"
    text = f"Meta has invested {amount} in Scale AI, the company said on Monday. Reference {run}-{number}."
    body = {"text": text, "language": "en", "published_at": "2025-06-17"}
    began = time.perf_counter()
    answer = await client.post("/v1/documents", json=body)
    answer.raise_for_status()
    parameters = {"min_token": answer.headers["Khabar-Token"], "wait": "10s"}
    (await client.get("/v1/companies/scale-ai", params=parameters)).raise_for_status()
    return (time.perf_counter() - began) * 1000


async def measure(address: str, articles: int, per_second: float) -> list[float]:
    run = uuid.uuid4().hex[:8]
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await one(client, articles, run)  # connections and caches
        tasks = []
        began = time.perf_counter()
        for number in range(articles):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            tasks.append(asyncio.create_task(one(client, number, run)))
        return list(await asyncio.gather(*tasks))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--address", default="http://127.0.0.1:8000")
    options.add_argument("--articles", type=int, default=200)
    options.add_argument("--per-second", type=float, default=20)
    asked = options.parse_args()
    took = asyncio.run(measure(asked.address, asked.articles, asked.per_second))
    cuts = statistics.quantiles(took, n=100)
    print(f"{len(took)} articles at {asked.per_second:g}/s: median {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms")


if __name__ == "__main__":
    main()
