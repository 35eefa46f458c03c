"""Kafka away: what was read is served, and said to be stale; writes are refused for now; then all goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from seeds.articles import sample_articles
from seeds.document import read_document
from streams.broker import EmbeddedBroker
from streams.codec import decode
from streams.documents import ParseRecord, decode_parse
from streams.settings import Settings
from streams.topics import fact_topics
from tests.api.making import investment
from tests.conftest import settings_on
from tests.integration.reading import a_reader, a_world, until
from tests.integration.serving import a_client, a_server
from tests.integration.workers import a_worker, records


async def test_reads_go_on_stale_and_writes_wait(own_kafka: EmbeddedBroker, tmp_path: Path) -> None:
    settings = settings_on(own_kafka, tmp_path / "data")
    async with a_world(settings) as world:
        event = investment("meta-platforms", "scale-ai")
        async with (
            a_server(settings) as (address, _),
            httpx.AsyncClient(base_url=address, timeout=20) as client,
        ):
            await world.tell(event)

            async def there() -> bool:
                return (await client.get(f"/v1/events/{event.id}")).status_code == 200

            await until(there)
            os.kill(own_kafka.pid or 0, signal.SIGKILL)
            await until(lambda: not own_kafka.is_alive())

            async def stale() -> bool:
                answer = await client.get(f"/v1/events/{event.id}")
                assert answer.status_code == 200
                return int(answer.headers["khabar-staleness"]) >= 3

            await until(stale, 20)
            ready = await client.get("/readyz")
            assert ready.status_code == 200, "stale views are served"
            assert ready.json()["stale_seconds"] >= 2
            assert (await client.get("/livez")).status_code == 200, "a restart would not help"
            began = time.monotonic()
            refused = await client.post("/v1/documents", json={"text": "Nobody takes this now."})
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.headers["content-type"] == "application/problem+json"
            assert time.monotonic() - began < 10

            own_kafka.start()
            later = investment("meta-platforms", "another")

            async def takes_again() -> bool:
                answer = await client.post("/v1/documents", json={"text": "Now it does."})
                return answer.status_code == 202

            await until(takes_again, 30)
            await world.tell(later)

            async def fresh() -> bool:
                answer = await client.get(f"/v1/events/{later.id}")
                return answer.status_code == 200 and int(answer.headers["khabar-staleness"]) <= 2

            await until(fresh, 40)


@pytest.mark.slow
async def test_a_write_of_unknown_fate_sent_again_under_its_key_counts_once(
    own_kafka: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = settings_on(own_kafka, tmp_path / "data")
    article = read_document(sample_articles()[1]).model_dump(exclude_none=True)
    key = {"Idempotency-Key": "once"}

    async def answers() -> list[ParseRecord]:
        return [decode_parse(record.value) async for record in records(settings, "parses")]

    async with a_world(settings), a_reader(settings), a_client(settings) as client:

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready, 30)
        warm = await client.post("/v1/documents", json={"text": "The connection stands."})
        assert warm.status_code == 202
        os.kill(own_kafka.pid or 0, signal.SIGSTOP)
        try:
            unknown = await client.post("/v1/documents", json=article, headers=key)
        finally:
            os.kill(own_kafka.pid or 0, signal.SIGCONT)
        assert unknown.status_code == 503
        assert unknown.headers["content-type"] == "application/problem+json"
        assert int(unknown.headers["retry-after"]) > 0
        assert "may have taken it or not" in unknown.json()["detail"]

        again = await client.post("/v1/documents", json=article, headers=key)
        assert again.status_code == 202
        once_more = await client.post("/v1/documents", json=article, headers=key)
        assert once_more.json() == again.json()
        with a_worker(settings, "parse"):

            async def all_answered() -> bool:
                written = [record async for record in records(settings, "documents")]
                return len(await answers()) == len(written)

            await until(all_answered, 60)
            told = [answer for answer in await answers() if answer.document == again.json()["document"]]
            made = [event["id"] for answer in told for event in answer.events]
            await until(lambda: published_ids(settings, set(made)), 30)
    assert [str(answer.status) for answer in told] in (["parsed"], ["parsed", "unchanged"])
    assert made
    assert len(made) == len(set(made))


async def published_ids(settings: Settings, ids: set[str]) -> bool:
    return {decode(record.value).id async for record in records(settings, *fact_topics())} == ids
