"""A log with a history, as its workers and readers made it, and the answers of every moment of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from api.read_model.event_queries import moment
from api.read_model.reading import ReadModel
from streams import generations
from streams.settings import Settings
from tests.integration.reading import until
from tests.integration.serving import a_server
from tests.integration.workers import a_worker

Answers = dict[str, Any]
OF_A_COPY = {"generation", "next"}
"""What a copy of a log says otherwise: which build of the views it is, and tokens of its places."""

OF_OTHER_PARTITIONS = {"partition", "offset"}
"""What it says otherwise with other partitions: the places themselves."""


@dataclass(frozen=True)
class Told:
    """What a log answers: of each cut, what each path did, and the digests of the whole."""

    cuts: list[tuple[int, int]]
    answers: dict[str, Answers]
    digest: str


@asynccontextmanager
async def running(settings: Settings, *, parse: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Workers of the live generation, reader and API, each a process of its own."""
    views = await generations.read(settings)
    assert views is not None
    async with AsyncExitStack() as stack:
        if parse:
            stack.enter_context(a_worker(settings, "parse", name="parse"))
        number = str(views.live)
        stack.enter_context(a_worker(settings, "views", "--generation", number, name="views"))
        address, _ = await stack.enter_async_context(a_server(settings))
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))


async def proven(client: httpx.AsyncClient) -> str:
    """Wait until all is served and proven; give the digest."""
    found: list[str] = []

    async def settled() -> bool:
        views = (await client.get("/v1/views")).json()
        (served,) = [g for g in views["generations"] if g["served"]]
        proof = served["proof"]
        found[:] = [proof["posted"]]
        return bool(proof["proven"] and served["behind"] == 0)

    await until(settled, 40)
    return found[0]


def cuts_of(settings: Settings) -> list[tuple[int, int]]:
    """Number and time of every cut that the reader's files hold."""
    with ReadModel(settings.data).snapshot() as at:
        return at.events.execute("SELECT number, ms FROM cuts ORDER BY number").fetchall()


async def told(
    client: httpx.AsyncClient, cuts: list[tuple[int, int]], paths: list[str]
) -> dict[str, Answers]:
    """Ask every path about every cut but the last, which is not closed yet."""
    answers: dict[str, Answers] = {}
    for number, ms in cuts[:-1]:
        for path in paths:
            asked = {"recorded_as_of": moment(ms)}
            found = await client.get(path, params=asked)
            for _ in range(200):
                if found.status_code != 503:
                    break
                await asyncio.sleep(0.05)
                found = await client.get(path, params=asked)
            answers[f"{number} {path}"] = {"status": found.status_code, **orjson.loads(found.content)}
    return answers


def without(value: Any, names: set[str]) -> Any:
    """Leave out of an answer what has these names."""
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    return [without(inner, names) for inner in value] if isinstance(value, list) else value
