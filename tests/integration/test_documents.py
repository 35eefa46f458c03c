"""Articles over HTTP, with the real workers behind: from POST to what is served, and taken back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from httpx import AsyncClient

from seeds.articles import sample_articles
from seeds.document import TEXT_BYTES_MAX, read_document
from streams.settings import Settings
from tests.integration.reading import a_reader, a_world, until
from tests.integration.serving import a_client
from tests.integration.workers import a_worker

WAIT = {"wait": "30s"}


@asynccontextmanager
async def everything(settings: Settings) -> AsyncIterator[AsyncClient]:
    """Workers, reader and HTTP service."""
    async with a_world(settings):
        with (
            a_worker(settings, "parse", name="parse"),
            a_worker(settings, "views", "--generation", "1", name="views"),
        ):
            async with a_reader(settings), a_client(settings) as client:

                async def ready() -> bool:
                    return (await client.get("/readyz")).status_code == 200

                await until(ready, 30)
                yield client


def sample(number: int = 0) -> dict[str, str]:
    document = read_document(sample_articles()[number])
    return {key: value for key, value in document.model_dump().items() if value is not None}


@pytest.mark.slow
async def test_an_article_is_read_served_and_taken_back(settings: Settings) -> None:
    async with everything(settings) as client:
        posted = await client.post("/v1/documents", json=sample())
        assert posted.status_code == 202, posted.text
        token = {"min_token": posted.json()["token"], **WAIT}

        position = (await client.get("/v1/companies/scale-ai", params=token)).json()
        assert [line["counterpart"] for line in position["sections"]["investors"]] == ["meta-platforms"]

        document = (await client.get(posted.headers["location"], params=token)).json()
        assert document["status"] == "parsed"
        assert document["facts"]
        for fact in document["facts"]:
            assert fact["text_sha256"] == document["text_sha256"]
            for spans in fact["evidence"].values():
                for span in spans:
                    assert document[span["part"]][span["start"] : span["end"]] == span["exact"]

        investment = next(f["event"] for f in document["facts"] if f["type"] == "investment")
        taken = await client.post(f"/v1/events/{investment}/retraction", json={"cause": "extractor_bug"})
        assert taken.status_code == 202
        token = {"min_token": taken.json()["token"], **WAIT}
        after = (await client.get("/v1/companies/scale-ai", params=token)).json()
        (line,) = after["sections"]["investors"]
        assert line["current"] is None
        assert line["retracted"] == 1
        assert (await client.get(f"/v1/events/{investment}")).json()["retracted"] is True
        again = await client.post(f"/v1/events/{investment}/retraction", json={"cause": "extractor_bug"})
        assert again.status_code == 409

        # Latency from the acknowledged write to the answer that holds it, all processes warm.
        start = time.perf_counter()
        quick = await client.post("/v1/documents", json=sample(1))
        await client.get("/v1/companies/scale-ai", params={"min_token": quick.json()["token"], **WAIT})
        assert time.perf_counter() - start < 5


@pytest.mark.slow
async def test_no_facts_and_repeated_keys(settings: Settings) -> None:
    async with everything(settings) as client:
        dull = {"text": "The weather was fine all day.", "language": "en"}
        key = {"Idempotency-Key": "one-article"}
        first = await client.post("/v1/documents", json=dull, headers=key)
        second = await client.post("/v1/documents", json=dull, headers=key)
        assert first.status_code == second.status_code == 202
        assert first.json() == second.json()
        racing = await asyncio.gather(
            *(
                client.post("/v1/documents", json=dull, headers={"Idempotency-Key": "a-race"})
                for _ in range(5)
            )
        )
        assert len({answer.json()["token"] for answer in racing}) == 1
        other = await client.post("/v1/documents", json={**dull, "text": "Another."}, headers=key)
        assert other.status_code == 422
        token = {"min_token": first.json()["token"], **WAIT}
        document = await client.get(first.headers["location"], params=token)
        assert document.json()["facts"] == []
        assert len(document.json()["revisions"]) <= 2, "one record for each key"
        async with a_client(settings) as restarted:
            third = await restarted.post("/v1/documents", json=dull, headers=key)
            assert third.json() == first.json(), "the log remembers the key"


async def test_bad_bodies_and_absent_views(settings: Settings) -> None:
    async with a_world(settings), a_reader(settings), a_client(settings) as client:

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)

        async def post(**more: object) -> tuple[int, str]:
            answer = await client.post("/v1/documents", **more)  # type: ignore[arg-type]
            assert answer.headers["content-type"] == "application/problem+json"
            return answer.status_code, answer.json()["detail"]

        assert (await post(content=b"text", headers={"Content-Type": "text/plain"}))[0] == 415
        json = {"Content-Type": "application/json"}
        assert (await post(content=b"{", headers=json))[0] == 422
        assert (await post(json={"text": ""}))[0] == 422
        assert (await post(json={"text": "   "}))[0] == 422
        assert (await post(json={"text": "a", "unknown": 1}))[0] == 422
        assert (await post(json={"text": "a", "published_at": "2025-02-30"}))[0] == 422
        assert (await post(json={"text": "a", "url": "javascript:alert(1)"}))[0] == 422
        assert (await post(json={"text": "a" * (TEXT_BYTES_MAX + 1)}))[0] == 413
        assert (await post(content=b" " * (9 << 20), headers=json))[0] == 413

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(10):
                yield b" " * (1 << 20)

        assert (await post(content=chunks(), headers=json))[0] == 413

        posted = await client.post("/v1/documents", json={"text": "Nobody parses this now."})
        late = await client.get("/v1/events", params={"min_token": posted.json()["token"], "wait": "200ms"})
        assert late.status_code == 503
        assert late.headers["retry-after"]
        foreign = await client.get("/v1/events", params={"min_token": "eyJjIjowLCJsIjoieCIsInYiOjF9"})
        assert foreign.status_code in (410, 422)
        assert (await client.get("/v1/documents/" + quote("sha256:" + "0" * 64))).status_code == 404
