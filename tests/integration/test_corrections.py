"""Articles that change, are withdrawn and stand again; events taken back with a cause: with real workers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest
from httpx import AsyncClient, Response

from streams.codec import event_id
from streams.settings import Settings
from streams.slots import Cause
from streams.topics import fact_topics
from tests.integration.test_documents import everything
from tests.integration.workers import records

DEAL = "Meta invested $14.8 billion in Scale AI, valuing the company at $29 billion."
JOBS = "Microsoft said on Monday it cut 9,000 jobs."
URL = "https://news.example/deal"
PATH = "/v1/documents/https%3A%2F%2Fnews.example%2Fdeal"


def told(*paragraphs: str) -> dict[str, str]:
    return {"text": "\n\n".join(paragraphs), "url": URL, "language": "en", "published_at": "2025-06-17"}


async def after(client: AsyncClient, accepted: Response) -> dict[str, Any]:
    """Give the document once what was asked for is answered and served."""
    assert accepted.status_code == 202, accepted.text
    found = await client.get(PATH, params={"min_token": accepted.json()["token"], "wait": "30s"})
    assert found.status_code == 200, found.text
    document: dict[str, Any] = found.json()
    return document


async def events(client: AsyncClient) -> dict[str, dict[str, Any]]:
    """All events served, by id."""
    page = (await client.get("/v1/events", params={"limit": 200})).json()
    assert page["next"] is None
    for item in page["events"]:
        assert event_id(item["event"]) == item["event"]["id"]
    return {item["event"]["id"]: item for item in page["events"]}


async def living(client: AsyncClient) -> dict[str, str]:
    """The facts that stand: type → id."""
    found = [i["event"] for i in (await events(client)).values() if not i["retracted"]]
    return {event["type"]: event["id"] for event in found if event["type"] != "retraction"}


async def publishings(settings: Settings) -> Counter[str]:
    """How often each event stands in its topic."""
    return Counter([orjson.loads(r.value)["id"] async for r in records(settings, *fact_topics())])


def causes(found: dict[str, dict[str, Any]]) -> Counter[str]:
    retractions = (i["event"] for i in found.values() if i["event"]["type"] == "retraction")
    return Counter(event["slots"]["cause"] for event in retractions)


@pytest.mark.slow
async def test_an_edited_paragraph_leaves_the_facts_of_the_others_alone(settings: Settings) -> None:
    async with everything(settings) as client:
        await after(client, await client.post("/v1/documents", json=told(DEAL, JOBS)))
        first = await living(client)
        assert first.keys() == {"investment", "valuation", "layoff"}

        edited = JOBS.replace("9,000", "6,000")
        document = await after(client, await client.post("/v1/documents", json=told(DEAL, edited)))
        second = await living(client)
        assert {t: second[t] for t in ("investment", "valuation")} == {
            t: first[t] for t in ("investment", "valuation")
        }
        assert second["layoff"] != first["layoff"]
        found = await events(client)
        (retraction,) = (i["event"] for i in found.values() if i["event"]["type"] == "retraction")
        assert retraction["slots"]["cause"] == "source_corrected"
        assert retraction["slots"]["event"] == found[first["layoff"]]["event"]
        assert [r["status"] for r in document["revisions"]] == ["parsed", "parsed"]

        await after(client, await client.post("/v1/documents", json=told(DEAL, JOBS)))
        third = await living(client)
        assert third["layoff"] not in (first["layoff"], second["layoff"]), "told again: it lives again"
        claims = {i: found["event"]["claim_id"] for i, found in (await events(client)).items()}
        assert claims[third["layoff"]] == claims[first["layoff"]]
        assert third["investment"] == first["investment"]
        assert set((await publishings(settings)).values()) == {1}


@pytest.mark.slow
async def test_a_withdrawn_article_and_what_brings_it_back(settings: Settings) -> None:
    async with everything(settings) as client:
        assert (await client.delete(PATH, params={"reason": "too early"})).status_code == 404
        await after(client, await client.post("/v1/documents", json=told(DEAL)))
        first = await living(client)
        assert (await client.post(f"{PATH}/reinstatement")).status_code == 409
        assert (await client.delete(PATH)).status_code == 422, "a withdrawal has a reason"

        why = {"reason": "the outlet took it down", "by": "desk@example.org"}
        key = {"Idempotency-Key": "withdraw-1"}
        gone = await client.request("DELETE", PATH, json=why, headers=key)
        document = await after(client, gone)
        assert await living(client) == {}
        assert causes(await events(client)) == {"source_withdrawn": len(first)}
        assert document["withdrawn"] is True
        assert document["text"] == DEAL, "what it said stays readable"
        told_why = document["revisions"][-1]
        assert {k: told_why[k] for k in ("change", "status", "reason", "by")} == {
            "change": "withdrawn", "status": "withdrawn", **why
        }  # fmt: skip

        again = await client.request("DELETE", PATH, json=why, headers=key)
        assert (again.status_code, again.json()) == (202, gone.json()), "the key remembers"
        other = await client.request("DELETE", PATH, json={"reason": "another"}, headers=key)
        assert other.status_code == 422
        article = await client.post("/v1/documents", json=told(DEAL), headers=key)
        assert article.status_code == 422, "the key was one of a withdrawal"
        assert (await client.delete(PATH, params={"reason": "twice"})).status_code == 409

        back = await client.post(f"{PATH}/reinstatement", json={"reason": "by mistake"})
        document = await after(client, back)
        assert document["withdrawn"] is False
        assert document["revisions"][-1]["reason"] == "by mistake"
        second = await living(client)
        assert second.keys() == first.keys()
        assert not set(second.values()) & set(first.values())

        await after(client, await client.delete(PATH, params={"reason": "in the query"}))
        assert await living(client) == {}
        document = await after(client, await client.post("/v1/documents", json=told(DEAL)))
        assert document["withdrawn"] is False, "the same text, posted again, is published again"
        assert (await living(client)).keys() == first.keys()

        await after(client, await client.delete(PATH, params={"reason": "for good"}))
        await after(client, await client.post("/v1/documents", json=told(JOBS)))
        assert (await living(client)).keys() == {"layoff"}, "another text tells its own facts alone"


@pytest.mark.slow
async def test_every_cause_cascades_and_can_be_taken_back(settings: Settings) -> None:
    async with everything(settings) as client:
        await after(client, await client.post("/v1/documents", json=told(DEAL, JOBS)))
        first = await living(client)
        for cause in Cause:
            if cause == "other":
                continue
            before = await events(client)
            body = {"cause": cause, "by": "desk", "reason": f"to try {cause}"}
            path = f"/v1/events/{first['investment']}/retraction"
            document = await after(client, await client.post(path, json=body))
            assert await living(client) == {"layoff": first["layoff"]}, "the valuation followed from the deal"
            last = document["revisions"][-1]
            assert (last["change"], last["status"]) == ("retraction", "retracted")
            assert (last["cause"], last["reason"]) == (cause, body["reason"])
            assert last["event"] == first["investment"]

            found = await events(client)
            new = [i["event"] for id_, i in found.items() if id_ not in before]
            by_target = {event["slots"]["event"]["type"]: event for event in new}
            deal, value = by_target["investment"], by_target["valuation"]
            assert len(new) == 2
            assert deal["slots"]["event"] == found[first["investment"]]["event"], "whole, as it was published"
            assert deal["slots"]["cause"] == value["slots"]["cause"] == cause
            assert value["derived_from"] == deal["id"]

            undo = {"cause": "extractor_bug", "by": "desk"}
            await after(client, await client.post(f"/v1/events/{deal['id']}/retraction", json=undo))
            assert await living(client) == first, "the very same events live again"
            found = await events(client)
            assert found[deal["id"]]["retracted"]
            assert found[value["id"]]["retracted"]
        assert set((await publishings(settings)).values()) == {1}


@pytest.mark.slow
async def test_what_was_retracted_on_request_stays_so_through_withdrawal(settings: Settings) -> None:
    async with everything(settings) as client:
        await after(client, await client.post("/v1/documents", json=told(DEAL, JOBS)))
        first = await living(client)
        body = {"cause": "duplicate"}
        await after(client, await client.post(f"/v1/events/{first['layoff']}/retraction", json=body))
        await after(client, await client.delete(PATH, params={"reason": "gone"}))
        await after(client, await client.post(f"{PATH}/reinstatement"))
        assert (await living(client)).keys() == {"investment", "valuation"}
