"""What an update of a line costs that is told of very often, beside one of a new line; and a huge company.

    python -m benchmarks.hot_line [--tellings 100000] [--shape one-step] [--batch 100] [--lines 100000]

The reader's own transactions on its own files, without Kafka. An update is an event with its two entries, in
batches with a cut each, versions included; hot and new lines in turn. Prints microseconds and rows written an
update, the largest row, what retractions and a backlog of cuts cost, and the pages of a company.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from api.app import create_app
from api.read_model import unwritten
from api.read_model.event_queries import moment
from seeds.facts import Entity
from streams.codec import wire
from streams.delta import retraction
from streams.events import EVENT, AnyEvent
from streams.ids import event_id
from streams.lines import Line
from streams.settings import Settings
from streams.slots import Cause
from tests.api.making import article, events, fact, investment
from tests.api.test_as_of import Feed, feed_in

HUB = "hub-holding"
DAYS = {"one-step": 300, "steps": 9_000, "kinds": 9_000}
FEW = 50
CHECKPOINTS = (100, 1_000, 10_000, 100_000, 1_000_000)


class Teller:
    """Makes events out of a few: the same but for document, origin, day, amount and parties."""

    def __init__(self, shape: str) -> None:
        supply = {"supplier": _org("meta"), "customer": _org("scale")}
        kinds = [investment("meta", "scale")]
        if shape == "kinds":
            kinds = events(article(), fact("supply", supply), fact("customer_pullback", supply))
        self._templates = [wire(event) for event in kinds]
        self._span = DAYS[shape]
        self._gap = 40 if shape == "steps" else 1
        self._random = random.Random(7)  # noqa: S311  # no secret
        self._number = 0

    def event(self, one: str = "meta", other: str = "scale") -> AnyEvent:
        """Tell that one did something with another, in a document of its own."""
        self._number += 1
        rng = self._random
        data = {**rng.choice(self._templates)}
        day = (date(2000, 1, 1) + timedelta(rng.randrange(self._span) // self._gap * self._gap)).isoformat()
        data["source"] = {**data["source"], "document": f"https://news.example/{self._number}"}
        data["valid"] = {"from": day, "to": day, "precision": "day"}
        data["origin"] = f"origin-{rng.randrange(self._number)}"
        data["slots"] = slots = _named(data["slots"], {"meta": one, "scale": other})
        if "investors" in slots:
            amount = str(1 + rng.randrange(200))
            slots["investors"][0]["amount"] |= {"low": amount, "high": amount}
        data["home"] = {"meta": one, "scale": other}[data["home"]]
        return EVENT.validate_python({**data, "id": event_id(data)})


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: names.get(v, v) if key == "id" else _named(v, names) for key, v in value.items()}
    return [_named(one, names) for one in value] if isinstance(value, list) else value


def _org(entity_id: str) -> Entity:
    return Entity(id=entity_id, name=entity_id.title(), surface=entity_id.title())


class Reader:
    """Applies batches to both files as the reader does; measures them, and that of the generation alone."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.seconds = self.both_seconds = 0.0
        self.rows = 0

    def read(self, told: list[AnyEvent]) -> None:
        """Read events, then a cut."""
        log, views = self.feed.log, self.feed.views
        records = [log.event(event) for event in told]
        first = time.perf_counter()
        log.apply(records)
        began, before = time.perf_counter(), views.file.connection.total_changes
        views.post_all(records)
        log.cut()
        views.look()
        ended = time.perf_counter()
        self.seconds += ended - began
        self.both_seconds += ended - first
        self.rows += views.file.connection.total_changes - before

    def measured(self, made: Callable[[], list[AnyEvent]], batches: int) -> tuple[float, float, float]:
        """Read batches; give microseconds an update, of the generation's file and of both, and rows.

        The times are medians of the batches.
        """
        took, both, rows, number = [], [], self.rows, 0
        for _ in range(batches):
            told, before, both_before = made(), self.seconds, self.both_seconds
            self.read(told)
            took.append((self.seconds - before) / len(told) * 1e6)
            both.append((self.both_seconds - both_before) / len(told) * 1e6)
            number += len(told)
        return statistics.median(took), statistics.median(both), (self.rows - rows) / number


def largest(connection: sqlite3.Connection) -> int:
    """Measure the largest value in any row of the file."""
    sizes = [0]
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        whole = " + ".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
        sizes.append(connection.execute(f"SELECT max({whole}) FROM {table}").fetchone()[0] or 0)  # noqa: S608  # names of the schema
    return max(sizes)


def hot(folder: Path, tellings: int, shape: str, batch: int) -> None:
    """Tell of one line again and again, and measure on the way."""
    feed, teller = feed_in(folder), Teller(shape)
    reader, told, fresh = Reader(feed), [], 0

    def more() -> list[AnyEvent]:
        made = [teller.event() for _ in range(batch)]
        told.extend(made)
        return made

    def news() -> list[AnyEvent]:
        nonlocal fresh
        fresh += batch
        return [teller.event(f"fund-{fresh + n}", f"firm-{fresh + n}") for n in range(batch)]

    print(
        f"{shape}: {batch} updates and a cut a batch; µs an update, median: the generation's file; both files"
    )
    print(" tellings      hot      new  ratio  both hot  both new  ratio  rows hot  rows new  largest row")
    for goal in [n for n in CHECKPOINTS if n < tellings] + [tellings]:
        while len(told) < goal:
            made = [teller.event() for _ in range(min(5_000, goal - len(told)))]
            told.extend(made)
            reader.read(made)
        cost, both, rows = reader.measured(more, 5)
        new, new_both, new_rows = reader.measured(news, 5)
        row = largest(feed.views.file.connection)
        times = f"{cost:8.0f} {new:8.0f} {cost / new:6.2f} {both:9.0f} {new_both:9.0f} {both / new_both:6.2f}"
        print(f"{goal:9} {times} {rows:9.1f} {new_rows:9.1f} {row:12}", flush=True)
    preferred = _preferred(feed)
    chosen = {"first": told[0], "middle": told[len(told) // 2], "last": told[-1]}
    chosen["preferred"] = next(event for event in told if event.id == preferred)
    for name, event in chosen.items():
        backs = [retraction(wire(event), Cause.EXTRACTOR_BUG, "benchmark", article())]
        cost, _, rows = reader.measured(backs.copy, 1)
        print(f"a retraction of the {name} one: {cost / 1000:.1f} ms, {rows:.0f} rows", flush=True)
    records = []
    for _ in range(100):
        records += [feed.log.event(teller.event()) for _ in range(10)]
        feed.log.apply(records[-10:])
        feed.log.cut()
    began = time.perf_counter()
    feed.views.post_all(records)
    feed.views.look()
    print(f"100 cuts of 10 updates at once: {(time.perf_counter() - began) * 1000:.0f} ms")
    feed.close()


def _preferred(feed: Feed) -> str:
    views = feed.views.file.connection
    stored = views.execute(
        "SELECT company, section, counterpart, view FROM lines WHERE company = 'scale'"
    ).fetchone()
    line = Line(*stored[:3])
    view = unwritten.views_of(views, [(line, stored[3])])[line]
    return str(orjson.loads(view)["steps"][-1]["entry"]["id"])


def fill_hub(folder: Path, lines: int) -> list[str]:
    """Make a company of many lines; give the times of the cuts.

    At the first one it has few lines, which are the last in the order of a position.
    """
    feed, teller = feed_in(folder), Teller("steps")
    reader = Reader(feed)
    reader.read([teller.event(f"zone-{n}", HUB) for n in range(FEW)])
    for first in range(FEW, lines, 5_000):
        reader.read([teller.event(f"fund-{n}", HUB) for n in range(first, min(lines, first + 5_000))])
    print(f"hub: {lines} lines, {reader.seconds / lines * 1e6:.0f} µs a line in the generation's file")
    times = feed.log.file.connection.execute("SELECT ms FROM cuts ORDER BY number").fetchall()
    feed.close()
    return [moment(ms) for (ms,) in times]


async def ask(folder: Path, cuts: list[str]) -> None:
    """Ask for pages of the company, live and as of moments, and search for it."""
    app = create_app(Settings(data=folder))
    path = f"/v1/companies/{HUB}"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):

        async def took(name: str, path: str, **params: Any) -> dict[str, Any]:
            times = []
            for _ in range(5):
                began = time.perf_counter()
                response = await client.get(path, params=params)
                times.append((time.perf_counter() - began) * 1000)
                response.raise_for_status()
            print(
                f"{name:30} median {statistics.median(times):8.1f} ms, most {max(times):8.1f} ms, "
                f"{len(response.content):>10} bytes",
                flush=True,
            )
            return dict(response.json())

        first = await took("first page", path)
        page = first
        for _ in range(20):
            if not page.get("next"):
                break
            page = (await client.get(path, params={"cursor": page["next"]})).json()
        if page.get("next"):
            await took("page 22", path, cursor=page["next"])
        today = datetime.now(UTC).date()
        await took("first page made anew", path, valid_as_of=(today + timedelta(1)).isoformat())
        for name, at in (("last", cuts[-1]), ("middle", cuts[len(cuts) // 2]), ("first", cuts[0])):
            page = await took(f"first page as of the {name} cut", path, recorded_as_of=at)
        print(f"{page['events']} events as of the first cut")
        await took("search", "/v1/companies", query="hub")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--tellings", type=int, default=100_000)
    options.add_argument("--shape", choices=DAYS, default="one-step")
    options.add_argument("--lines", type=int, default=100_000)
    options.add_argument("--batch", type=int, default=100)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.tellings:
            hot(Path(folder), asked.tellings, asked.shape, asked.batch)
    with tempfile.TemporaryDirectory() as folder:
        if asked.lines:
            asyncio.run(ask(Path(folder), fill_hub(Path(folder), asked.lines)))


if __name__ == "__main__":
    main()
