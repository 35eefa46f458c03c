"""Reading again after an upgrade: the dry run tells what the worker then does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from api import reparsing
from api.errors import ViewBehind
from api.read_model.reading import ReadModel
from api.read_model.standing import standing
from api.reparsing import again, applying, wanted
from seeds.document import Document
from seeds.facts import Parsed, Stage
from seeds.parse import VERSION, parse
from streams import codec, delta, documents
from streams.documents import Change, ParseRecord, Place, Request, Status, StoredDocument, stored
from streams.ids import canonical
from streams.parse_index import ParseIndex
from streams.reparse import Report
from streams.settings import Settings
from tests.api.test_commands import khabar
from tests.integration.reading import a_reader, a_world, until
from tests.integration.test_corrections import DEAL, JOBS
from tests.integration.test_parse_agent import answer_by_hand, answered, facts, publish, published
from tests.integration.workers import a_worker

pytestmark = pytest.mark.integration


def article(number: int, *paragraphs: str) -> StoredDocument:
    text = "\n\n".join(paragraphs)
    url = f"https://news.example/{number}"
    return stored(Document(text=text, url=url, language="en", published_at="2025-06-17"))


def older(document: StoredDocument, **wrong: object) -> Parsed:
    """What version 0 made of a document: the first fact told otherwise, and the last one not found."""
    parsed = parse(document.as_document())
    first = parsed.facts[0].model_copy(update=wrong)
    return parsed.model_copy(update={"version": "0", "facts": (first, *parsed.facts[1:-1])})


async def an_upgrade(settings: Settings) -> tuple[StoredDocument, ...]:
    """Three articles in the log that version 0 has answered: one as today, two otherwise."""
    same, one, two = article(1, DEAL), article(2, DEAL, JOBS), article(3, JOBS, DEAL)
    places = await publish(settings, same, one, two)
    readings = (
        parse(same.as_document()).model_copy(update={"version": "0"}),
        older(one, stage=Stage.CANCELLED),
        older(two, stage=Stage.PLANNED),
    )
    for document, place, parsed in zip((same, one, two), places, readings, strict=True):
        await answer_by_hand(settings, delta.answer(document, place, {}, parsed, settings.min_confidence))
    return same, one, two


async def served(settings: Settings, count: int) -> None:
    """Wait until the data directory holds the answers to so many revisions, and their events."""
    model = ReadModel(settings.data)

    def there() -> bool:
        with model.snapshot() as at:
            (answers,) = at.events.execute("SELECT count(*) FROM parses").fetchone()
            ids = [row[0] for row in at.events.execute("SELECT DISTINCT document FROM documents")]
            found = [standing(at.events, each) for each in ids]
            return answers == count and all(each and each.settled for each in found)

    await until(there, 30)
    model.close()


async def read_again(settings: Settings) -> tuple[Report, dict[str, ParseRecord]]:
    report, answers = Report(), {}
    async for read in again(settings, wanted(settings, 0), "test"):
        assert read.answer is not None, read
        if report.add(read.answer):
            answers[read.document] = read.answer
    return report, answers


def run(settings: Settings, *arguments: str) -> dict[str, Any]:
    done = khabar("reparse", "--json", *arguments, **settings.environment())
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.slow
async def test_the_dry_run_tells_what_apply_does(settings: Settings) -> None:
    async with a_world(settings), a_reader(settings):
        _, one, two = await an_upgrade(settings)
        with a_worker(settings, "parse"):
            await served(settings, 3)
            before = await facts(settings)
            assert {event.extraction.version for event in before} == {"0"}

            report, tried = await read_again(settings)
            dry = await asyncio.to_thread(run, settings)
            assert dry == report.to_json()
            assert set(tried) == {one.document, two.document}
            assert (dry["documents"], dry["differing"]) == (3, 2)
            assert dry["new"]
            assert dry["changed"]
            assert len(await facts(settings)) == len(before), "a dry run publishes nothing"

            only = await asyncio.to_thread(run, settings, "--document", one.url or "", "--examples", "0")
            assert (only["documents"], only["differing"]) == (1, 1)
            assert not any(group["examples"] for group in only["groups"])
            assert (await asyncio.to_thread(run, settings, "--since", "2999-01-01"))["documents"] == 0
            shown = await asyncio.to_thread(lambda: khabar("reparse", **settings.environment()).stdout)
            assert "2 of 3 documents differ" in shown
            assert "9,000 jobs" in shown
            assert "nothing was published; --apply does it" in shown

            applied = await asyncio.to_thread(run, settings, "--apply")
            done = applied.pop("published")
            assert applied == dry
            made = [r for r in await answered(settings, 5) if r.change is Change.REPARSE]
            await published(settings, made)
            await served(settings, 5)
            assert {r.document: (r.change, r.status) for r in made} == dict.fromkeys(
                tried, (Change.REPARSE, Status.REPARSED)
            )
            for record in made:
                assert claims(record) == claims(tried[record.document])
            assert done["documents"] == done["answered"] == 2
            assert done["events"] == sum(d["type"] != "retraction" for r in made for d in r.events)
            assert done["retractions"] == {
                "extractor_bug": sum(d["type"] == "retraction" for r in made for d in r.events)
            }
            again_dry = await asyncio.to_thread(run, settings)
            assert (again_dry["differing"], again_dry["groups"]) == (0, [])
        living = await living_claims(settings, one.document)
        assert living == {fact_.claim_id for fact_ in new_events(one)}
        versions = {e.extraction.version for e in await facts(settings) if e.type != "retraction"}
        assert versions == {"0", VERSION}


def claims(record: ParseRecord) -> list[tuple[str, str]]:
    """What an answer says, apart from the ids that its revision gives."""
    return [(data["type"], delta.claim_of(data)) for data in record.events]


def new_events(document: StoredDocument) -> list[codec.AnyEvent]:
    record = delta.answer(document, Place("documents", 0, 0), {}, parse(document.as_document()), 0.5)
    return [codec.decode(canonical(data)) for data in record.events]


async def living_claims(settings: Settings, document: str) -> set[str]:
    model = ReadModel(settings.data)
    with model.snapshot() as at:
        found = standing(at.events, document)
    model.close()
    assert found is not None
    return {claim for claim, data in found.live.items() if data["type"] != "retraction"}


@pytest.mark.slow
async def test_the_very_revision_that_was_tried_gets_the_very_answer(settings: Settings) -> None:
    """Over every kind of change, the read model and the agent's index know the same of a document."""
    async with a_world(settings), a_reader(settings):
        _, one, two = await an_upgrade(settings)
        with a_worker(settings, "parse") as worker:
            made = await answered(settings, 3)
            deal = next(d for r in made if r.document == two.document for d in r.events)
            retract = Request(id="r1", by="test", event=deal["id"])
            await publish(settings, two.changed(Change.RETRACTION, retract))
            asked = Request(id="r2", by="test")
            await publish(settings, one.changed(Change.WITHDRAWN, asked))
            await publish(settings, one.changed(Change.REINSTATED, asked))
            await published(settings, await answered(settings, 6))
            await served(settings, 6)
            reads = [read async for read in again(settings, wanted(settings, 0), "test")]
            for number, read in enumerate(reads):
                assert read.asked is not None
                assert read.answer is not None
                await publish(settings, read.asked)
                answer = next(
                    r for r in await answered(settings, 7 + number) if r.revision == read.asked.revision
                )
                place = {"partition": answer.partition, "offset": answer.offset}
                assert documents.encode(answer) == documents.encode(read.answer.model_copy(update=place))
            await served(settings, 6 + len(reads))
            assert worker.end() == 0
        index = ParseIndex(next(settings.data.glob("**/parse-index.db")))
        model = ReadModel(settings.data)
        with model.snapshot() as at:
            for read in reads:
                found = standing(at.events, read.document)
                assert found is not None
                assert list(found.live.items()) == list(index.known(read.document).live.items())
        model.close()
        index.close()


@pytest.mark.slow
async def test_it_waits_for_no_worker_without_end_and_leaves_alone_what_changed(settings: Settings) -> None:
    async with a_world(settings), a_reader(settings):
        _, one, two = await an_upgrade(settings)
        with a_worker(settings, "parse"):
            await served(settings, 3)
            reads = {read.document: read async for read in again(settings, wanted(settings, 0), "test")}
            await publish(settings, one.changed(Change.WITHDRAWN, Request(id="r1", by="test")))
            await served(settings, 4)
        async with applying(settings) as applied:
            await applied.publish(reads[one.document])
            await applied.publish(reads[two.document])
            done = await applied.wait(0.1)
        assert (done.changed_meanwhile, done.documents, done.answered) == (1, 1, 0)


@pytest.mark.slow
async def test_nothing_is_applied_by_a_data_directory_that_is_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reparsing, "CAUGHT_UP_SECONDS_MAX", 0.1)
    async with a_world(settings):
        async with a_reader(settings):
            await an_upgrade(settings)
            with a_worker(settings, "parse"):
                await served(settings, 3)
        await publish(settings, article(9, DEAL))  # nobody reads it
        with pytest.raises(ViewBehind, match="behind the log"):
            async with applying(settings):
                pass
