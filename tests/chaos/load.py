"""The load: events of real shape and articles, by one seed, and the list of what was acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from aiokafka.errors import KafkaError

from benchmarks.events import article
from benchmarks.facts import Teller
from seeds.articles import sample_articles
from seeds.document import read_document
from streams import codec, delta
from streams.documents import Place
from streams.errors import Unacknowledged
from streams.events import AnyEvent
from streams.publish import Publisher
from streams.settings import Settings
from streams.slots import Cause
from streams.tokens import Token

COMPANIES = 300
AT_ONCE = 20
RETRY_SECONDS = 0.2


@dataclass
class Acknowledged:
    """What the log has taken, as far as whoever sent it was told."""

    events: dict[str, bytes] = field(default_factory=dict)
    documents: set[Place] = field(default_factory=set)


def told(seed: int) -> Iterator[AnyEvent]:
    """Yield events without end: most are new, some take an earlier one back or are told a second time."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    teller = Teller(COMPANIES, rng)
    while True:
        document, events = article(teller, rng)
        yield from events
        if rng.random() < 0.15:
            back = delta.retraction(codec.wire(rng.choice(events)), Cause.EXTRACTOR_BUG, "chaos", document)
            yield back
            if rng.random() < 0.3:
                yield delta.retraction(codec.wire(back), Cause.EXTRACTOR_BUG, "chaos", document)
        if rng.random() < 0.1:
            yield rng.choice(events)


def articles(seed: int) -> Iterator[dict[str, str]]:
    """Yield bodies for POST /v1/documents without end; some are later revisions with a part gone."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    samples = [read_document(path) for path in sample_articles()]
    number = 0
    while True:
        number += 1
        sample = rng.choice(samples)
        body = {
            "url": f"https://chaos.example/{seed}/{number}",
            "text": sample.text,
            "language": sample.language,
            "published_at": sample.published_at,
        }
        body = {name: value for name, value in body.items() if value}
        yield body
        if rng.random() < 0.3:
            yield {**body, "text": sample.text[: len(sample.text) * 2 // 3]}


class Load:
    """Publishes until `stop`; what is not acknowledged is sent again: nothing is in doubt at the end."""

    def __init__(
        self, settings: Settings, seed: int, per_second: float = 150, articles_each: float = 2.0
    ) -> None:
        self.settings = settings
        self.acknowledged = Acknowledged()
        self._events = told(seed)
        self._articles = articles(seed)
        self.seed = seed
        self._per_second = per_second
        self._articles_each = articles_each
        self._stop = asyncio.Event()
        self._publisher: Publisher | None = None
        self._lock = asyncio.Lock()
        self.address: str | None = None
        self._posts = 0

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Publish events at the rate asked for, and an article now and then."""
        posting = asyncio.create_task(self._post_articles())
        try:
            while not self._stop.is_set():
                batch = [next(self._events) for _ in range(AT_ONCE)]
                await asyncio.gather(*(self.publish(event) for event in batch))
                await asyncio.sleep(AT_ONCE / self._per_second)
        finally:
            await posting
            await self._drop()

    async def some(self, number: int) -> None:
        """Publish so many events now."""
        for start in range(0, number, 500):
            batch = [next(self._events) for _ in range(min(500, number - start))]
            await asyncio.gather(*(self.publish(event) for event in batch))
        await self._drop()

    async def publish(self, event: AnyEvent) -> Place:
        """Publish one event until it is acknowledged."""
        while True:
            publisher: Publisher | None = None
            try:
                publisher = await self._entered()
                place = await publisher.publish_event(event)
            except (KafkaError, Unacknowledged, OSError, TimeoutError, RuntimeError):
                await self._drop(publisher)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.acknowledged.events[event.id] = codec.encode(event)
            return place

    async def probe(self) -> Place:
        """Publish the next event, for somebody who waits for it."""
        return await self.publish(next(self._events))

    async def post(self) -> Place:
        """Post the next article over HTTP until it is accepted."""
        body = next(self._articles)
        self._posts += 1
        headers = {"Idempotency-Key": f"chaos-{self.seed}-{self._posts}"}
        while True:
            try:
                async with httpx.AsyncClient(timeout=10) as client:
                    answer = await client.post(f"{self.address}/v1/documents", json=body, headers=headers)
                if answer.status_code == 202:
                    place = Token.decode(answer.json()["token"]).document
                    assert place is not None
                    self.acknowledged.documents.add(place)
                    return place
                assert answer.status_code in (429, 503), answer.text
            except httpx.HTTPError:
                pass
            await asyncio.sleep(RETRY_SECONDS)

    async def _post_articles(self) -> None:
        while self.address and not self._stop.is_set():
            await self.post()
            try:
                async with asyncio.timeout(self._articles_each):
                    await self._stop.wait()
            except TimeoutError:
                continue

    async def _entered(self) -> Publisher:
        async with self._lock:
            if self._publisher is None:
                self._publisher = await Publisher(self.settings, 10).__aenter__()
            return self._publisher

    async def _drop(self, publisher: Publisher | None = None) -> None:
        async with self._lock:
            if self._publisher is not None and publisher in (None, self._publisher):
                publisher, self._publisher = self._publisher, None
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    await publisher.__aexit__(None, None, None)
