"""Conditional GET: the ETag says which answer it is, 304 is told to whoever has that one already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.read_model import store
from streams.settings import Settings
from tests.api.files import Views
from tests.api.making import investment
from tests.api.test_as_of import Feed, feed_in

POSITION = "/v1/companies/scale-ai"
PATHS = [
    POSITION,
    f"{POSITION}?valid_as_of=2025-07-01",
    f"{POSITION}/events",
    "/v1/companies?query=scale",
    "/v1/events",
    "/v1/views",
]


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = feed_in(tmp_path)
    feed.publish(investment("meta-platforms", "scale-ai"))
    feed.publish(investment("fund", "rimal"))
    feed.post()
    feed.cut()
    yield feed
    feed.close()


@pytest.fixture
async def client(feed: Feed, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(data=tmp_path))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


async def status(client: httpx.AsyncClient, path: str, *known: str) -> int:
    answer = await client.get(path, headers=[("If-None-Match", one) for one in known])
    if answer.status_code == 304:
        assert answer.content == b""
        assert "content-length" not in answer.headers
        assert "content-type" not in answer.headers
        assert answer.headers["khabar-token"]
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["etag"] == (await client.get(path)).headers["etag"]
    return answer.status_code


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_the_answer_is_told_so_alone(client: httpx.AsyncClient, path: str) -> None:
    tag = (await client.get(path)).headers["etag"]
    assert tag.startswith('"g1-')
    assert tag.endswith('"')
    for known in (
        tag,
        f"W/{tag}",
        "*",
        " * ",
        f'"other", {tag}',
        f'W/"other" ,W/{tag},"more"',
        f'"a,b", {tag}',
    ):
        assert await status(client, path, known) == 304, known
    assert await status(client, path, '"other"', tag) == 304
    for unknown in (
        '"other"',
        tag.strip('"'),
        f'"{tag[1:-2]}"',
        f'"x{tag[1:]}',
        "",
        "W/*",
        f"{tag[:-1]}, x",
        '"*"',
    ):
        assert await status(client, path, unknown) == 200, unknown


async def test_the_tag_changes_with_the_position_and_not_with_others(
    client: httpx.AsyncClient, feed: Feed
) -> None:
    first = await client.get(POSITION)
    feed.publish(investment("fund", "rimal", 7))
    feed.post()
    other = await client.get(POSITION, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 304
    assert other.headers["khabar-token"] != first.headers["khabar-token"], "it is known up to there now"
    feed.publish(investment("meta-platforms", "scale-ai", 9))
    feed.post()
    second = await client.get(POSITION, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.headers["etag"] != first.headers["etag"]
    assert await status(client, POSITION, first.headers["etag"], second.headers["etag"]) == 304


async def test_another_generation_has_other_tags(
    client: httpx.AsyncClient, feed: Feed, tmp_path: Path
) -> None:
    """Back and forth: what is kept of one generation is never told for the other."""
    first = await client.get(POSITION)
    events_file = feed.log.file.connection
    folder = store.events_path(tmp_path).parent
    again = Views(feed.log, folder / "building")
    for _, record in feed.told:
        assert again.post(record) == []
    again.look()
    again.file.close()
    assert first.headers["etag"].startswith('"g1-')
    store.views_path(tmp_path, 2).write_bytes((folder / "building" / "views-g1.db").read_bytes())
    store.set_meta(events_file, "live", "2")
    second = await client.get(POSITION, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.headers["etag"].startswith('"g2-')
    assert second.json() == {**first.json(), "generation": 2}
    assert await status(client, POSITION, second.headers["etag"]) == 304
    store.set_meta(events_file, "live", "1")
    assert (await client.get(POSITION)).content == first.content
    assert await status(client, POSITION, second.headers["etag"]) == 200
    assert await status(client, POSITION, first.headers["etag"]) == 304


async def test_only_what_is_found_has_a_tag(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/companies/nobody", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "etag" not in answer.headers


async def test_openapi_tells_of_it(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in (
        "/v1/companies/{company_id}",
        "/v1/companies",
        "/v1/events",
        "/v1/views",
        "/v1/people/{person_id}",
    ):
        operation = paths[path]["get"]
        assert "ETag" in operation["responses"]["200"]["headers"]
        assert "content" not in operation["responses"]["304"]
        assert [one["name"] for one in operation["parameters"] if one["in"] == "header"] == ["If-None-Match"]
    for path in ("/v1/events/stream", "/livez"):
        assert "304" not in paths[path]["get"]["responses"]
