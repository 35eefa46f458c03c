"""Merging on the real Kafka, over HTTP and from the command line: who waits for the token sees it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.read_model.reading import ReadModel
from streams.settings import Settings
from tests.api.making import investment
from tests.api.test_commands import khabar
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_client, a_server

ONE, OTHER = "rimal", "unresolved/rimal-co"


async def test_a_merge_is_shown_to_whoever_waits_for_its_token(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings), a_client(settings) as client:
        await world.tell(investment("meta-platforms", ONE), investment("openai", OTHER))
        model = ReadModel(settings.data)
        await until(lambda: count(model, "lines") == 4)  # the token of a change tells nothing of facts

        async def investors(**asked: str) -> list[str]:
            answer = await client.get(f"/v1/companies/{ONE}", params=asked)
            assert answer.status_code == 200, answer.text
            return sorted(line["counterpart"] for line in answer.json()["sections"]["investors"])

        merge = {"kind": "merge", "entity": OTHER, "into": ONE, "reason": "one firm"}
        merged = await accepted(client, merge)
        wait = {"min_token": merged["token"], "wait": "20s"}
        assert await investors(**wait) == ["meta-platforms", "openai"]
        undone = await accepted(client, {"kind": "undo", "undoes": merged["change"], "reason": "two firms"})
        assert await investors(min_token=undone["token"], wait="20s") == ["meta-platforms"]


async def accepted(client: Any, body: dict[str, str]) -> dict[str, str]:
    """Ask until the reader has the events that the change is about."""
    for _ in range(300):
        answer = await client.post("/v1/entities/changes", json=body)
        if answer.status_code not in (404, 503):
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == 202, answer.text
    made: dict[str, str] = answer.json()
    assert answer.headers["khabar-token"] == made["token"]
    return made


@pytest.mark.slow
async def test_entities_are_changed_from_the_command_line(settings: Settings) -> None:
    async with a_world(settings) as world, a_server(settings) as (address, _):
        settings = settings.model_copy(update={"port": urlsplit(address).port})
        deal = investment("openai", OTHER)
        await world.tell(investment("meta-platforms", ONE), deal, investment("openai", "sadaf"))

        async def run(*arguments: str, code: int = 0) -> str:
            done = await asyncio.to_thread(khabar, "entities", *arguments, **settings.environment())
            assert done.returncode == code, done.stderr
            return done.stderr if code else done.stdout

        for _ in range(100):
            done = await asyncio.to_thread(khabar, "show", "sadaf", **settings.environment())
            if done.returncode == 0:
                break
        merged = json.loads(await run("merge", OTHER, ONE, "--reason", "one firm", "--json"))
        assert (merged["kind"], merged["in_force"], merged["entity"]) == ("merge", True, OTHER)
        assert merged["by"]
        assert "merged into rimal already" in await run("merge", OTHER, "sadaf", "--reason", "x", code=2)
        split = await run("split", ONE, "sadaf", "--event", deal.id, "--reason", "that one", "--by", "lina")
        assert "sadaf is what was told of rimal in 1 event(s)" in " ".join(split.split())
        await run("rename", ONE, "Rimal Energy", "--ar", "رمال للطاقة")
        shown = await asyncio.to_thread(khabar, "show", ONE, **settings.environment())
        assert "Rimal Energy" in shown.stdout
        listed = json.loads(await run("list", "--json"))["changes"]
        assert [(one["kind"], one["by"] == "lina") for one in listed] == [
            ("rename", False), ("split", True), ("merge", False),
        ]  # fmt: skip
        await run("undo", merged["id"][:12])
        await run("distinct", ONE, OTHER)
        assert "it was undone" in await run("undo", merged["id"], code=2)
        assert "begin with '0000'" in await run("undo", "0000", code=2)
        told = " ".join((await run("list")).split())
        assert "rimal is not" in told
        pairs = json.loads(await run("suggest", "--json"))["suggestions"]
        assert all({p["entity"]["id"], p["into"]["id"]} != {ONE, OTHER} for p in pairs)
        assert "alike" in await run("suggest")
