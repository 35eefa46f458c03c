"""A replay over HTTP: the views are rebuilt beside the served ones, proven equal, and switched to."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from api.errors import NotReady
from api.read_model.reading import ReadModel
from api.rebuild import Progress, replay
from api.replays import Replays
from streams import generations, worker_slots
from streams.publish import Publisher
from streams.settings import Settings
from tests.api.making import investment
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_server
from tests.integration.workers import a_worker, posted, rows_on_disk

NOBODY = Progress(total=lambda _: None, read=lambda _: None, phase=lambda _: None)


@contextmanager
def workers(settings: Settings) -> Iterator[None]:
    """`khabar worker`: it starts a views worker for each generation that appears."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "workers.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "worker"],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
async def test_a_replay_changes_the_generation_and_nothing_else(settings: Settings) -> None:
    made = [investment(f"fund-{n % 5}", f"firm-{n % 7}", n + 1) for n in range(40)]
    async with a_world(settings), Publisher(settings) as publisher:
        with workers(settings):
            async with (
                a_server(settings) as (address, _),
                httpx.AsyncClient(base_url=address, timeout=30) as client,
            ):
                for event in made:
                    await publisher.publish_event(event)

                async def served() -> bool:
                    answer = await client.get("/v1/companies/fund-4")
                    lines = answer.json().get("sections", {}).get("investments", [])
                    return sum(line["events"] for line in lines) == 8

                await until(served, 40)
                before = await client.get("/v1/companies/fund-4")
                token = before.headers["khabar-token"]

                started = await client.post("/v1/replays")
                assert started.status_code == 202, started.text
                assert (await client.post("/v1/replays")).status_code == 409
                place = started.headers["location"]

                async def ended() -> bool:
                    return (await client.get(place)).json()["state"] != "running"

                await until(ended, 90)
                replay = (await client.get(place)).json()
                assert replay["state"] == "done", replay
                assert replay["result"]["equal"] is True
                assert (await client.get("/v1/replays")).json()["replays"] == [replay]

                views = (await client.get("/v1/views")).json()
                assert views["served"] == views["live"] == 2
                states = {g["generation"]: g["state"] for g in views["generations"]}
                assert states == {1: "kept", 2: "live"}
                digests = {g["proof"]["posted"] for g in views["generations"]}
                assert len(digests) == 1
                assert all(g["proof"]["proven"] for g in views["generations"])

                after = await client.get(
                    "/v1/companies/fund-4",
                    params={"min_token": token},
                    headers={"If-None-Match": before.headers["etag"]},
                )
                assert after.status_code == 200, "the tag carries the generation"
                assert after.json() == {**before.json(), "generation": 2}
    rows, _ = await posted(settings, generation=2)
    assert rows_on_disk(settings, generation=2) == {key: entry for key, (entry,) in rows.items()}
    assert len(rows) == 2 * len({event.id for event in made})


@pytest.mark.slow
async def test_an_unproven_generation_is_replaced_by_one_that_is_proven(settings: Settings) -> None:
    event = investment("meta-platforms", "scale-ai")
    async with a_world(settings) as world:
        with workers(settings):
            async with (
                a_server(settings) as (address, _),
                httpx.AsyncClient(base_url=address, timeout=30) as client,
            ):
                place = await world.publish(event)

                async def views() -> dict[str, Any]:
                    found: dict[str, Any] = (await client.get("/v1/views")).json()
                    return found

                async def shown() -> bool:
                    return bool((await client.get("/v1/companies/scale-ai")).json().get("sections"))

                await until(shown, 40)
                key, entry = world.rows(event, place)[0]
                await world.row(place.partition, b"somebody-else" + key[key.index(b"|") :], entry)

                async def replaced() -> bool:
                    return bool((await views())["served"] == 2)

                await until(replaced, 90)
                new = next(g for g in (await views())["generations"] if g["generation"] == 2)
                assert new["state"] == "live"
                assert new["proof"]["proven"]
                assert new["proof"]["differences"] == []
                assert (await client.get("/v1/companies/somebody-else")).status_code == 404
                assert await shown()


async def test_a_replay_fills_the_workers_table(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings):
        for n in range(20):
            await world.tell(investment(f"fund-{n}", f"firm-{n}"))
        model = ReadModel(settings.data)
        await until(lambda: count(model, "lines") == 40)
        worker_slots.claim(settings.data, worker_slots.views(1)).release()  # a worker keeps one here
        reader = settings.data / "reader"
        (reader / "building-by-one-that-was-killed").mkdir()
        (reader / "views-g9.db.building").write_bytes(b"half of it")
        assert (await replay(settings, NOBODY)).equal
        assert len(rows_on_disk(settings, generation=2)) == 40
        assert not [path for path in reader.iterdir() if "building" in path.name]
        with a_worker(settings, "views", "--generation", "2") as worker:
            await until(lambda: "is ready" in worker.log.read_text(), 40)
            assert worker.end() == 0
        assert len(rows_on_disk(settings, generation=2)) == 40


async def test_a_generation_far_behind_is_built_up_to_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.rebuild.FAR_RECORDS", 10)
    monkeypatch.setattr("api.reader_replacing.FAR_RECORDS", 10)
    replays = Replays(settings)
    monkeypatch.setattr(Replays, "start", lambda _: wanted.append(True))
    wanted: list[bool] = []
    async with a_world(settings) as world, a_reader(settings, replays=replays) as reader:
        for n in range(5):
            await world.tell(investment(f"fund-{n}", f"firm-{n}"))
        model = ReadModel(settings.data)
        await until(lambda: count(model, "lines") == 10)
        assert not wanted
        for n in range(5, 25):
            await world.publish(investment(f"fund-{n}", f"firm-{n}"))  # and nobody posts it
        await until(lambda: wanted, 30)
        assert (await replay(settings, NOBODY)).equal, "where both have come"
        await until(lambda: count(model, "lines") == 50)
        assert reader.status.alarms == {}


async def test_a_replay_that_fails_drops_what_it_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.served.STILL_SECONDS_MAX", 3.0)
    async with a_world(settings) as world, a_reader(settings):
        await world.tell(investment("meta-platforms", "scale-ai"))
        model = ReadModel(settings.data)
        await until(lambda: count(model, "lines") == 2)

        async def go_on() -> None:
            while True:
                await world.tell(investment("meta-platforms", "scale-ai"))
                await asyncio.sleep(0.3)

        # Nobody works on the new generation, so it does not come up to what is posted meanwhile.
        telling = asyncio.create_task(go_on())
        with pytest.raises(NotReady, match="does not catch up"):
            await replay(settings, NOBODY)
        telling.cancel()
        views = await generations.read(settings)
        assert views is not None
        assert (views.live, views.generations[2].state) == (1, "dropped")
        assert "does not catch up" in (views.generations[2].note or "")
