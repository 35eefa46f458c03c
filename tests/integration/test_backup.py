"""A log with a history is backed up and restored, with as many partitions or others: it answers as before."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams import backup_folder
from streams.backup import Told as Progress
from streams.backup import backup
from streams.backup_files import decode
from streams.broker import EmbeddedBroker
from streams.entries import ENTRIES_VERSION
from streams.generations import read_or_create
from streams.publish import Publisher
from streams.restore import restore
from streams.settings import Settings
from streams.topics import ensure_topics, fact_topics
from tests.api.making import article, investment
from tests.api.test_commands import khabar
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
from tests.integration.serving import free_port
from tests.integration.workers import a_worker, records

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


@dataclass(frozen=True)
class Life:
    """A log, what it answered, a backup of it, and a token of it."""

    settings: Settings
    told: Told
    folder: Path
    token: str


async def post(client: httpx.AsyncClient, text: str, number: int) -> dict[str, Any]:
    """Post an article, and give its document once it is read and served."""
    body = {"text": text, "url": f"https://paper.example/{number}", "language": "en"}
    posted = await client.post("/v1/documents", json={**body, "published_at": "2025-06-17"})
    assert posted.status_code == 202, posted.text
    wait = {"min_token": posted.json()["token"], "wait": "30s"}
    served = await client.get(posted.headers["location"], params=wait)
    assert served.status_code == 200, served.text
    document: dict[str, Any] = served.json()
    return document


async def a_life(settings: Settings, folder: Path) -> Life:
    """Articles, a correction, a retraction, a merge and its undoing, with cuts in between; then a backup.

    When that is made, one article waits for its answer.
    """
    await ensure_topics(settings)
    await read_or_create(settings, ENTRIES_VERSION)
    async with running(settings) as client, Publisher(settings) as publisher:

        @asynccontextmanager
        async def a_cut() -> AsyncIterator[None]:
            before = len(cuts_of(settings))
            yield
            await until(lambda: len(cuts_of(settings)) > before, 30)

        async with a_cut():
            for n in range(24):
                await publisher.publish_event(investment(f"fund-{n % 4}", f"firm-{n % 5}", n + 1))
        async with a_cut():
            deal = await post(client, f"{DEAL}\n\n{JOBS}", 1)
        async with a_cut():
            await post(client, f"{DEAL}\n\n{JOBS.replace('9,000', '6,000')}", 1)
            await post(client, "Nothing is told here of any company.", 2)
        async with a_cut():
            change = {"kind": "merge", "entity": "firm-2", "into": "firm-1", "reason": "one firm"}
            merged = await client.post("/v1/entities/changes", json=change)
            assert merged.status_code == 202, merged.text
        async with a_cut():
            first = next(fact["event"] for fact in deal["facts"] if fact["type"] == "investment")
            taken = await client.post(f"/v1/events/{first}/retraction", json={"cause": "extractor_bug"})
            assert taken.status_code == 202, taken.text
        async with a_cut():
            undone = {"kind": "undo", "undoes": merged.json()["change"], "reason": "two firms"}
            assert (await client.post("/v1/entities/changes", json=undone)).status_code == 202
        async with a_cut():
            await publisher.publish_event(investment("fund-9", "firm-1", 77))
        digest = await proven(client)
        token = (await client.get("/v1/companies/firm-1")).headers["khabar-token"]
        cuts = cuts_of(settings)
        answers = await told(client, cuts, PATHS)
    async with Publisher(settings) as publisher:
        await publisher.publish_document(article(f"{DEAL} {JOBS.replace('Microsoft', 'Intel')}"))
    await backup(settings, folder, NOBODY)
    return Life(settings, Told(cuts, answers, digest), folder, token)


@pytest.fixture(scope="module")
def life(kafka: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """What the tests of this file restore."""
    settings = settings_on(kafka, tmp_path_factory.mktemp("life"))
    return asyncio.run(a_life(settings, settings.data / "backup"))


async def counts(settings: Settings) -> Counter[str]:
    """How many records each topic of answers and facts holds."""
    prefix = settings.topic_prefix
    return Counter([r.topic.removeprefix(prefix) async for r in records(settings, "parses", *fact_topics())])


@pytest.mark.slow
@pytest.mark.parametrize("partitions", [4, 12])
async def test_a_restored_log_answers_as_before_and_goes_on(
    kafka: EmbeddedBroker, tmp_path: Path, life: Life, partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = life.told
    monkeypatch.setenv("PYTHONHASHSEED", str(secrets.randbelow(1 << 32)))
    settings = settings_on(kafka, tmp_path / "data").model_copy(
        update={"partitions": partitions, "reader_batch": 1 + secrets.randbelow(200)}
    )
    done = await restore(settings, life.folder, NOBODY)
    assert done.cuts == len(before.cuts)
    published = await counts(settings)
    assert published == await counts(life.settings)

    async with running(settings, parse=False) as client:
        await until(lambda: len(cuts_of(settings)) >= len(before.cuts), 30)
        assert await proven(client) == before.digest
        assert cuts_of(settings)[: len(before.cuts)] == before.cuts
        otherwise = OF_A_COPY if partitions == 4 else OF_A_COPY | OF_OTHER_PARTITIONS
        answers = await told(client, before.cuts, PATHS)
        assert without(answers, otherwise) == without(before.answers, otherwise)

        for asked in ({"recorded_as_of": life.token}, {"min_token": life.token}):
            gone = await client.get("/v1/companies/firm-1", params=asked)
            assert gone.status_code == 410, gone.text
            assert gone.headers["content-type"] == "application/problem+json"
        gone = await client.get("/v1/events/stream", params={"from": life.token})
        assert gone.status_code == 410, gone.text

        with a_worker(settings, "parse", name="parse"):
            corrected = await post(client, f"{DEAL}\n\n{JOBS}", 1)
            statuses = [r["status"] for r in corrected["revisions"]]
            assert statuses == [
                "parsed",
                "parsed",
                "retracted",
                "parsed",
            ]
            living = Counter(fact["type"] for fact in corrected["facts"] if not fact["retracted"])
            assert living == {"layoff": 1}, "what was retracted on request stays so; nothing is told twice"

            async def all_told() -> bool:
                return (await counts(settings))["parses"] == published["parses"] + 2

            await until(all_told, 30)
    now = await counts(settings)
    # One answer for the article that waited, one for the correction: nothing before is parsed again.
    assert now - published == {
        "parses": 2, "facts.investment": 1, "facts.valuation": 1, "facts.layoff": 2, "facts.retraction": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_from_the_command_line_with_the_embedded_kafka(life: Life, tmp_path: Path) -> None:
    copied = tmp_path / "backup"
    first = khabar("backup", str(copied), "--json", **life.settings.environment())
    assert first.returncode == 0, first.stderr
    told_first = json.loads(first.stdout)
    assert told_first["records"] == backup_folder.read(life.folder).records

    mine = Settings(data=tmp_path / "mine", broker_port=free_port()).environment()
    restored = khabar("restore", str(copied), "--json", **mine)
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["records"] == told_first["records"]
    second = khabar("backup", str(tmp_path / "second"), **mine)
    assert second.returncode == 0, second.stderr
    assert "sha256sum" in second.stdout
    for name in ("facts.investment-", "parses-", "entities-", "cuts-"):
        old, new = (
            [line[1:4] for path in sorted(folder.glob(f"{name}*")) for line in map(decode, path.open("rb"))]
            for folder in (copied, tmp_path / "second")
        )
        assert old == new, "times, keys and values"

    damaged = next(copied.glob("parses-*"))
    damaged.write_bytes(damaged.read_bytes()[:-2])
    refused = khabar("restore", str(copied), **mine)
    assert refused.returncode == 2
    assert f"{damaged} is damaged" in refused.stderr
    assert refused.stderr.count("\n") == 1
