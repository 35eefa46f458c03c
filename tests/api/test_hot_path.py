"""The short way to a position: byte for byte what the route answers, whatever is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Scope

from api.app import create_app
from api.hot import Hot
from api.live import LivePositions
from streams.entity_changes import ChangeKind, make
from streams.settings import Settings
from tests.api.making import article, events, fact, investment, org, person
from tests.api.test_as_of import Feed, feed_in

IDS = [
    "scale-ai", "meta-platforms", "unresolved/najd-grid", "unresolved%2Fnajd-grid", "شركة-رمال",
    "%D8%B4%D8%B1%D9%83%D8%A9-%D8%B1%D9%85%D8%A7%D9%84", "jane-doe", "saudi-aramco",  # known, never told of
    "was-merged", "unresolved/events", "unresolved/history", "events", "history", "Scale-AI", "scale-ai%20",
    "scale-ai%0A", "scale%7Cai", "a/b/c", "scale-ai/", "scale-ai%2F", "%00", "%ff", "%E2%80%A8", "nobody",
    "a" * 200, "a" * 201, "ع" * 200, "scale-ai/events", "scale-ai/history", "scale-ai/explain", "%2e%2e", "",
]  # fmt: skip
QUERIES = [
    "",
    "?",
    "?valid_as_of=2025-07-01",
    "?valid_as_of=tomorrow",
    "?min_token=nonsense",
    "?wait=soon",
    "?x=1",
]
HEADERS: list[dict[str, str]] = [
    {}, {"If-None-Match": "*"}, {"If-None-Match": '"other"'}, {"Accept": "text/html"}, {"Range": "bytes=0-9"},
    {"Host": "evil.example"}, {"Host": "[::1]:8000"}, {"Content-Length": "-1"}, {"Content-Length": "x"},
]  # fmt: skip


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = feed_in(tmp_path)
    for target in (
        "scale-ai",
        "unresolved/najd-grid",
        "unresolved/events",
        "شركة-رمال",
        "was-merged",
        "a" * 200,
    ):
        feed.publish(investment("meta-platforms", target))
    slots = {"organisation": org("scale-ai"), "person": person("jane-doe")}
    for event in events(article(), fact("appointment", slots)):
        feed.publish(event)
    feed.change(make(ChangeKind.MERGE, entity="was-merged", into="scale-ai", by="desk", reason="one firm"))
    feed.post()
    feed.cut()
    yield feed
    feed.close()


@asynccontextmanager
async def a_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app.state.front), base_url="http://127.0.0.1:8000"
        ) as client,
    ):
        yield client


def told(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return answer.status_code, answer.headers.raw, answer.content


def by_routes_alone(settings: Settings) -> FastAPI:
    app = create_app(settings)
    app.state.front = app
    return app


async def test_the_short_way_and_the_route_give_the_same_bytes(feed: Feed, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    asked = [
        ("GET", f"/v1/companies/{company}{query}", headers)
        for company in IDS
        for query, headers in [*((query, {}) for query in QUERIES), *(("", headers) for headers in HEADERS)]
    ]
    asked += [(method, f"/v1/companies/{one}", {}) for one in IDS for method in ("HEAD", "POST", "OPTIONS")]
    seen = set()
    async with a_client(create_app(settings)) as short, a_client(by_routes_alone(settings)) as routes:
        for method, path, headers in asked:
            wanted = told(await routes.request(method, path, headers=headers))
            for _ in range(2):  # made, and then given again
                assert told(await short.request(method, path, headers=headers)) == wanted, (
                    method,
                    path,
                    headers,
                )
            seen.add(wanted[0])
    assert seen == {200, 304, 308, 404, 405, 421, 422}


async def test_the_short_way_is_taken_and_measured(feed: Feed, tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path))
    hot: Hot = app.state.front
    assert hot.response(scope_of("scale-ai")) is None, "nobody has asked this host yet"
    async with a_client(app) as client:
        await client.get("/livez")
    for company in ("scale-ai", "unresolved/najd-grid", "شركة-رمال"):
        response = hot.response(scope_of(company))
        assert response is not None
        assert response.status_code == 200
    for company in ("nobody", "was-merged", "scale-ai/events", "scale-ai/history", "a/b/c", ""):
        assert hot.response(scope_of(company)) is None
    for more in ((b"content-length", b"0"), (b"host", b"127.0.0.1:8000")):
        scope = scope_of("scale-ai") | {"headers": [more]}
        assert (hot.response(scope) is None) == (more[0] == b"content-length")
    async with a_client(app) as client:
        await client.get("/v1/companies/scale-ai")
        metrics = (await client.get("/metrics")).text
    wanted = 'khabar_requests_total{method="GET",route="/v1/companies/{company_id:path}",status="200"} 5.0'
    assert wanted in metrics


HOST = b"host", b"127.0.0.1:8000"


def scope_of(company: str) -> Scope:
    path = f"/v1/companies/{company}"
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [HOST]}


async def test_what_is_kept_is_given_up_as_soon_as_anything_in_it_changes(feed: Feed, tmp_path: Path) -> None:
    """Of every kind of change: what was kept is what is made anew."""
    kept = create_app(Settings(data=tmp_path))

    async def same() -> dict[str, Any]:
        anew = create_app(Settings(data=tmp_path))
        async with a_client(anew) as fresh:
            for company in ("scale-ai", "meta-platforms", "rimal"):
                path = f"/v1/companies/{company}"
                wanted, found = told(await fresh.get(path)), told(await client.get(path))
                assert found == wanted
            return (await client.get("/v1/companies/scale-ai")).json()

    async with a_client(kept) as client:
        before = await same()
        feed.publish(investment("rimal", "sadaf"))  # of others
        feed.post()
        assert await same() == before
        feed.publish(investment("rimal", "scale-ai", 7))
        assert await same() != before, "the event is counted, but not yet posted"
        feed.post()
        now = await same()
        assert now["sections"] != before["sections"]
        feed.change(make(ChangeKind.RENAME, entity="rimal", name="Rimal Group", by="desk", reason="its name"))
        feed.views.look()
        renamed = await same()
        assert "Rimal Group" in str(renamed["sections"])
        feed.change(make(ChangeKind.MERGE, entity="rimal", into="sadaf", by="desk", reason="one firm"))
        feed.views.look()
        merged = await same()
        assert [line["counterpart"] for line in merged["sections"]["investors"]] == [
            "sadaf",
            "meta-platforms",
        ]


async def test_only_so_many_bytes_are_kept(feed: Feed, tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path))
    app.state.live = live = LivePositions(app.state.service, bytes_max=16_000)
    app.state.front.live = live
    async with a_client(app) as client:
        for _ in range(2):
            for company in ("scale-ai", "meta-platforms", "unresolved/najd-grid"):
                assert (await client.get(f"/v1/companies/{company}")).json()["id"] == company
                assert live.bytes_kept() <= 16_000
    assert live.bytes_kept() > 0
