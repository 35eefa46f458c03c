"""Generations not to be relied on: one of other rules is frozen, and each is replaced in the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.read_model.reading import ReadModel
from api.replays import Replays
from streams import generations
from streams.entries import ENTRIES_VERSION
from streams.generations import State
from streams.settings import Settings
from tests.api.making import investment
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_client, a_server
from tests.integration.test_replays import workers


async def posted_by(settings: Settings, version: int, state: State = State.LIVE) -> None:
    """Have the first generation be one that code with these rules has posted."""
    views = await generations.read(settings)
    assert views is not None
    one = views.generations[1].model_copy(update={"entries_version": version, "state": state})
    await generations.write(settings, views.model_copy(update={"generations": {1: one}}))


async def test_a_generation_of_other_rules_is_served_as_it_was(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world, a_reader(settings) as reader:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await until(lambda: count(model, "lines") == 2)
        await posted_by(settings, 99)
        await until(lambda: reader.status.generations["1"] == {"frozen": True})
        key, entry = world.rows(event, place)[0]
        await world.row(place.partition, key, entry.replace(b'"confidence":"0.9"', b'"confidence":"1"'))
        await world.tell(investment("google", "anthropic"))
        await until(lambda: count(model, "events") == 2)
        await until(lambda: reader.status.behind == 0)
        assert count(model, "lines") == 2
        assert count(model, "differences") == 0
        async with a_client(settings) as client:

            async def told() -> dict[str, Any]:
                (one,) = (await client.get("/v1/views")).json()["generations"]
                return dict(one)

            async def frozen() -> bool:
                return (await told())["behind"] is None

            await until(frozen)
            one = await told()
            assert (one["served"], one["entries_version"]) == (True, 99)
            assert one["proof"]["proven"], "it was, as far as it goes"

        # By the version that posted it, it is read on.
        await posted_by(settings, ENTRIES_VERSION)
        await until(lambda: count(model, "lines") == 4)
        await until(lambda: reader.status.alarms == {"altered": 1})


async def test_of_other_rules_and_empty_is_not_served(settings: Settings) -> None:
    async with a_world(settings) as world:
        await world.tell(investment("meta", "scale"))
        await posted_by(settings, 99)
        async with a_reader(settings) as reader, a_client(settings) as client:
            await until(lambda: reader.status.reached)
            assert (await client.get("/readyz")).json()["said"] == "no generation of the views is served yet"
            assert (await client.get("/v1/views")).json()["served"] == 0


async def test_a_replay_is_started_for_as_long_as_it_is_needed(settings: Settings) -> None:
    """Not only at the moment that the reader itself finds out."""
    async with a_world(settings) as world:
        await world.tell(investment("meta", "scale"))
        await posted_by(settings, ENTRIES_VERSION, State.UNPROVEN)
        replays = Replays(settings)
        try:
            async with a_reader(settings, replays=replays) as reader:
                await until(replays.list)
                at = reader.status.written_ms
                await until(lambda: reader.status.written_ms > at + 3_000)
                assert len(replays.list()) == 1, "one at a time"
        finally:
            await replays.close()


@pytest.mark.slow
async def test_a_generation_of_other_rules_is_replaced(settings: Settings) -> None:
    made = [investment(f"fund-{n}", "firm", n + 1) for n in range(5)]
    async with a_world(settings) as world:
        with workers(settings):
            async with (
                a_server(settings) as (address, _),
                httpx.AsyncClient(base_url=address, timeout=30) as client,
            ):
                for event in made[:4]:
                    await world.publish(event)

                async def shown(events: int) -> bool:
                    answer = await client.get("/v1/companies/firm")
                    lines = answer.json().get("sections", {}).get("investors", [])
                    return len(lines) == events

                await until(lambda: shown(4), 40)
                await posted_by(settings, 99)

                async def views() -> dict[str, Any]:
                    found: dict[str, Any] = (await client.get("/v1/views")).json()
                    return found

                async def replaced() -> bool:
                    assert await shown(4), "the old one is served meanwhile"
                    return bool((await views())["served"] == 2)

                await until(replaced, 90)
                new = next(g for g in (await views())["generations"] if g["generation"] == 2)
                assert (new["state"], new["entries_version"]) == ("live", ENTRIES_VERSION)
                await world.publish(made[4])
                await until(lambda: shown(5), 40)
                (_, new) = (await views())["generations"]
                assert new["proof"]["proven"]
                metrics = (await client.get("/metrics")).text.splitlines()
                alarms = [line for line in metrics if line.startswith("khabar_proof_alarms{")]
                assert len(alarms) == 6
                assert all(line.endswith(" 0.0") for line in alarms)
