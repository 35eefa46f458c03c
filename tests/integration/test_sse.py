"""Subscribing over HTTP: from any point of history, through restarts, without a gap or a duplicate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from api import sse
from streams.settings import Settings
from tests.api.making import article, events, fact, investment, org
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_server


@dataclass
class Message:
    token: str
    kind: str
    event: str


async def messages(answer: httpx.Response) -> AsyncIterator[Message]:
    """Read server-sent events as a browser does."""
    token, kind, data = "", "", ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            token = value
        elif name == "event":
            kind = value
        elif name == "data":
            data = value
        elif not line and data:
            yield Message(token, kind, json.loads(data)["event"]["id"])
            kind, data = "", ""


@asynccontextmanager
async def stream(
    address: str, last: str | None = None, **parameters: object
) -> AsyncIterator[httpx.Response]:
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream(
            "GET",
            f"{address}/v1/events/stream",
            params=parameters,
            headers=headers,  # type: ignore[arg-type]
        ) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer


async def take(answer: httpx.Response, n: int) -> list[Message]:
    found: list[Message] = []
    async with asyncio.timeout(20):
        async for message in messages(answer):
            found.append(message)
            if len(found) == n:
                break
    return found


async def test_every_token_resumes_without_gap_or_duplicate(settings: Settings) -> None:
    async with a_world(settings) as world, a_server(settings) as (address, _):
        made = [investment(f"fund-{n % 3}", f"firm-{n % 5}", n + 1) for n in range(12)]
        async with stream(address) as live:
            await world.tell(*made)
            seen = await take(live, 12)
        assert sorted(m.event for m in seen) == sorted(e.id for e in made)
        async with stream(address, **{"from": "beginning"}) as again:
            assert [m.event for m in await take(again, 12)] == [m.event for m in seen]
        more = investment("late", "comer")
        await world.tell(made[0], more)  # one again, one new
        for at, message in enumerate(seen):
            async with stream(address, last=message.token) as rest:
                left = [m.event for m in await take(rest, 12 - at)]
            assert left == [*(m.event for m in seen[at + 1 :]), more.id]


async def test_a_token_is_good_on_another_replica(settings: Settings) -> None:
    other = settings.model_copy(update={"data": settings.data.with_name("other")})
    async with a_world(settings) as world:
        made = [investment(f"fund-{n}", f"firm-{n}", n + 1) for n in range(10)]
        async with a_server(settings) as (address, _):
            await world.tell(*made)
            async with stream(address, **{"from": "beginning"}) as live:
                seen = await take(live, 4)
        async with a_server(other) as (address, _), stream(address, last=seen[-1].token) as rest:
            left = [m.event for m in await take(rest, 6)]
        assert sorted([*(m.event for m in seen), *left]) == sorted(e.id for e in made)


async def test_the_token_of_any_answer_starts_a_stream(settings: Settings) -> None:
    async with a_world(settings) as world, a_server(settings) as (address, _), httpx.AsyncClient() as client:
        await world.tell(investment("meta", "scale"))

        async def there() -> bool:
            return bool((await client.get(f"{address}/v1/events")).json()["events"])

        await until(there)
        token = (await client.get(f"{address}/v1/events")).headers["khabar-token"]
        after = investment("fund", "firm")
        await world.tell(after)
        async with stream(address, **{"from": token}) as rest:
            assert [m.event for m in await take(rest, 1)] == [after.id]


async def test_filters_hold_for_streams_and_retractions_follow_their_facts(settings: Settings) -> None:
    async with a_world(settings) as world, a_server(settings) as (address, _):
        planned = investment("a-fund", "a-firm", stage="planned")
        done = investment("b-fund", "b-firm")
        (layoff,) = events(article(), fact("layoff", {"company": org("a-firm")}))
        async with (
            stream(address, company="a-firm", type="layoff") as by_both,
            stream(address, company="a-fund") as by_role,
            stream(address, stage="completed", min_confidence=0.5) as by_stage,
        ):
            await world.tell(planned, done, layoff)
            assert [m.event for m in await take(by_both, 1)] == [layoff.id]
            assert [m.event for m in await take(by_role, 1)] == [planned.id]
            assert sorted(m.event for m in await take(by_stage, 2)) == sorted([done.id, layoff.id])


async def test_a_server_that_is_killed_loses_no_message(settings: Settings) -> None:
    async with a_world(settings) as world:
        made = [investment(f"fund-{n}", f"firm-{n}", n + 1) for n in range(6)]
        async with a_server(settings) as (address, process), stream(address) as live:
            await world.tell(*made[:3])
            seen = await take(live, 3)
            process.kill()
            process.wait()
        await world.tell(*made[3:])
        async with a_server(settings) as (address, _), stream(address, last=seen[-1].token) as rest:
            left = await take(rest, 3)
        assert sorted(m.event for m in [*seen, *left]) == sorted(e.id for e in made)


async def test_who_takes_nothing_is_cut_off(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that never reads: the server gives it up, and keeps nothing for it."""
    from api.app import create_app
    from api.history import beginning
    from api.service import Service
    from streams.filters import EventFilter

    monkeypatch.setattr(sse, "SEND_SECONDS_MAX", 0.3)
    async with a_world(settings) as world, a_reader(settings):
        await world.tell(*(investment(f"fund-{n}", "firm", n + 1) for n in range(3)))
        state = create_app(settings).state
        service: Service = state.service
        await until(lambda: count(service.model, "events") == 3)
        with service.model.snapshot() as at:
            messages = sse.EventMessages(state.fanout, service, beginning(at), EventFilter())
        response = sse.EventStream(service, messages)
        sent = []

        async def send(message: dict[str, object]) -> None:
            sent.append(message)
            if len(sent) > 2:
                await asyncio.Event().wait()  # the connection is full, for ever

        async def receive() -> dict[str, object]:
            await asyncio.Event().wait()
            raise AssertionError

        async with asyncio.timeout(5):
            await response({"type": "http"}, receive, send)  # type: ignore[arg-type]  # plain dicts
        assert service.streams == 0
        await service.close()
