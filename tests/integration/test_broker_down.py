"""Kafka away: what was read is served, and said to be stale; writes are refused for now; then all goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx

from streams.broker import EmbeddedBroker
from tests.api.making import investment
from tests.conftest import settings_on
from tests.integration.reading import a_world, until
from tests.integration.serving import a_server


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
