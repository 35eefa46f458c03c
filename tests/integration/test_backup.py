"""A log with a history is backed up and restored, with as many partitions or others: it answers as before."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from streams.backup import Told as Progress
from streams.backup import backup
from streams.broker import EmbeddedBroker
from streams.entries import ENTRIES_VERSION
from streams.generations import read_or_create
from streams.publish import Publisher
from streams.restore import restore
from streams.settings import Settings
from streams.topics import ensure_topics
from tests.api.making import investment
from tests.conftest import settings_on
from tests.integration.lives import (
    OF_A_COPY,
    OF_OTHER_PARTITIONS,
    Told,
    cuts_of,
    proven,
    running,
    told,
    without,
)
from tests.integration.reading import until
from tests.integration.workers import records

DEAL = "Meta invested $14.8 billion in Scale AI, valuing the company at $29 billion."
JOBS = "Microsoft said on Monday it cut 9,000 jobs."
PATHS = [
    *(
        f"/v1/companies/{c}"
        for c in ("scale-ai", "meta-platforms", "microsoft", "firm-1", "firm-2", "fund-0")
    ),
    "/v1/companies/scale-ai/events",
    "/v1/companies/firm-1/events",
    "/v1/events?limit=200",
    "/v1/entities/firm-1",
]
NOBODY = Progress()


async def a_life(settings: Settings) -> Told:
    """Articles, a correction, a withdrawal, a retraction, a merge and its undoing, with cuts in between."""
    await ensure_topics(settings)
    await read_or_create(settings, ENTRIES_VERSION)
    async with running(settings) as client, Publisher(settings) as publisher:

        async def cut() -> None:
            before = len(cuts_of(settings))
            await until(lambda: len(cuts_of(settings)) > before, 20)

        async def post(text: str, number: int) -> str:
            body = {"text": text, "url": f"https://news.example/{number}", "language": "en"}
            posted = await client.post("/v1/documents", json={**body, "published_at": "2025-06-17"})
            assert posted.status_code == 202, posted.text
            await client.get("/v1/events", params={"min_token": posted.json()["token"], "wait": "30s"})
            return str(posted.json()["document"])

        for n in range(24):
            await publisher.publish_event(investment(f"fund-{n % 4}", f"firm-{n % 5}", n + 1))
        await cut()
        await post(f"{DEAL}\n\n{JOBS}", 1)
        await cut()
        await post(f"{DEAL}\n\n{JOBS.replace('9,000', '6,000')}", 1)
        await post("Nothing is told here of any company.", 2)
        await cut()
        change = {"kind": "merge", "entity": "firm-2", "into": "firm-1", "reason": "one firm"}
        merged = await client.post("/v1/entities/changes", json=change)
        assert merged.status_code == 202, merged.text
        await cut()
        facts = (await client.get("/v1/companies/scale-ai/events")).json()["events"]
        taken = await client.post(
            f"/v1/events/{facts[0]['event']['id']}/retraction", json={"cause": "extractor_bug"}
        )
        assert taken.status_code == 202, taken.text
        await cut()
        undone = {"kind": "undo", "undoes": merged.json()["change"], "reason": "two firms"}
        assert (await client.post("/v1/entities/changes", json=undone)).status_code == 202
        await cut()
        await publisher.publish_event(investment("fund-9", "firm-1", 77))
        await cut()
        digest = await proven(client)
        cuts = cuts_of(settings)
        return Told(cuts, await told(client, cuts, PATHS), digest)


@pytest.fixture(scope="module")
def life(kafka: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Told, Path]:
    """The settings of a log, what it answers, and a backup of it."""
    settings = settings_on(kafka, tmp_path_factory.mktemp("life"))
    folder = settings.data / "backup"

    async def live() -> Told:
        lived = await a_life(settings)
        await backup(settings, folder, NOBODY)
        return lived

    return settings, asyncio.run(live()), folder


@pytest.mark.slow
@pytest.mark.parametrize("partitions", [4, 12])
async def test_a_restored_log_answers_as_before_and_goes_on(
    kafka: EmbeddedBroker,
    tmp_path: Path,
    life: tuple[Settings, Told, Path],
    partitions: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, before, folder = life
    monkeypatch.setenv("PYTHONHASHSEED", str(secrets.randbelow(1 << 32)))
    settings = settings_on(kafka, tmp_path / "data").model_copy(
        update={"partitions": partitions, "reader_batch": 1 + secrets.randbelow(200)}
    )
    done = await restore(settings, folder, NOBODY)
    assert done.cuts == len(before.cuts)
    async with running(settings) as client:
        await until(lambda: len(cuts_of(settings)) >= len(before.cuts), 30)
        assert await proven(client) == before.digest
        assert cuts_of(settings)[: len(before.cuts)] == before.cuts
        otherwise = OF_A_COPY if partitions == old.partitions else OF_A_COPY | OF_OTHER_PARTITIONS
        answers = await told(client, before.cuts, PATHS)
        assert without(answers, otherwise) == without(before.answers, otherwise)

        parses = [r async for r in records(settings, "parses")]
        assert len(parses) == len([r async for r in records(old, "parses")]), "nothing is parsed twice"
