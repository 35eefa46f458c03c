"""`khabar ingest --withdraw`, `--reinstate` and `khabar retract`, against a running khabar."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from streams.settings import Settings
from tests.api.test_commands import khabar
from tests.integration.reading import a_world
from tests.integration.serving import a_server
from tests.integration.test_corrections import DEAL, URL, told
from tests.integration.workers import a_worker


@pytest.mark.slow
async def test_articles_and_events_are_corrected_from_the_command_line(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "article.json"
    file.write_text(json.dumps(told(DEAL)))
    async with a_world(settings), a_server(settings) as (address, _):
        settings = settings.model_copy(update={"port": urlsplit(address).port})
        with (
            a_worker(settings, "parse", name="parse"),
            a_worker(settings, "views", "--generation", "1", name="views"),
        ):

            async def run(*arguments: object, code: int = 0) -> Any:
                done = await asyncio.to_thread(khabar, *map(str, arguments), **settings.environment())
                assert done.returncode == code, done.stderr
                return done.stderr if code else done.stdout

            await run("ingest", file)
            said = await run("ingest", "--reinstate", URL, code=2)
            said = await until_served(run, said)
            assert "the document is not withdrawn" in said

            gone = json.loads(await run("ingest", "--withdraw", file, "--reason", "taken down", "--json"))
            assert (gone["document"], gone["status"], gone["standing"]) == (URL, "withdrawn", 0)
            assert gone["reason"] == "taken down"
            assert gone["by"]
            said = await run("ingest", "--withdraw", f"{URL}#top", "--reason", "twice", code=2)
            assert "withdrawn already" in said
            back = await run("ingest", "--reinstate", URL, "--by", "desk")
            assert "reinstated: 2 of its facts stand" in " ".join(back.split())

            deal = await event_of(address, "investment")
            taken = json.loads(
                await run("retract", deal, "--cause", "merge_undone", "--reason", "two firms", "--json")
            )
            assert (taken["cause"], taken["reason"], taken["event"]) == ("merge_undone", "two firms", deal)
            assert (taken["status"], taken["standing"]) == ("retracted", 0)
            assert "taken back already" in await run("retract", deal, "--cause", "duplicate", code=2)
            retraction = await event_of(address, "retraction", retracts=deal)
            said = await run("retract", retraction, "--cause", "extractor_bug")
            assert "2 of its facts stand" in " ".join(said.split())


async def until_served(run: Any, said: str) -> str:
    """The reader may need a moment to have the article: until then it is unknown."""
    for _ in range(100):
        if "there is no document" not in said:
            break
        await asyncio.sleep(0.1)
        said = await run("ingest", "--reinstate", URL, code=2)
    return said


async def event_of(address: str, kind: str, retracts: str | None = None) -> str:
    async with httpx.AsyncClient(base_url=address) as client:
        page = (await client.get("/v1/events", params={"type": kind})).json()
    found = [
        item["event"]
        for item in page["events"]
        if item["event"]["type"] == kind and not item["retracted"]
        and (retracts is None or item["event"]["slots"]["event"]["id"] == retracts)
    ]  # fmt: skip
    assert len(found) == 1, found
    return str(found[0]["id"])
