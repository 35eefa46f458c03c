"""Both axes, history, differences, explanations and the stream of changes over HTTP, on files made here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from api.app import create_app
from api.as_of import day_of
from api.positions_stream import PositionWalk, go_on, start
from seeds.facts import Interval, Precision, Quantity
from streams.codec import wire
from streams.delta import retraction
from streams.events import AnyEvent
from streams.settings import Settings
from streams.slots import Cause
from tests.api.making import article, events, fact, org
from tests.api.test_as_of import Feed, feed_in

MONTH = Interval(start="2025-06-01", end="2025-06-30", precision=Precision.MONTH)  # type: ignore[arg-type]  # ISO days are read


def valuation(amount: int, *, day: str = "2025-06-17", valid: Interval | None = None) -> AnyEvent:
    document = article(published_at=day)
    money = Quantity(low=str(amount), high=str(amount), unit="USD", surface=f"${amount}")
    told = fact("valuation", {"company": org("scale-ai", "Scale AI"), "amount": money})
    (event,) = events(document, told.model_copy(update={"valid": valid}))
    return event


class Told:
    """Three cuts: a valuation; another, told as of some day in June; the first taken back."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.first = valuation(14, day="2025-04-02")
        self.second = valuation(29, day="2025-06-20", valid=MONTH)
        self.back = retraction(wire(self.first), Cause.SOURCE_CORRECTED, "the desk", article())
        for event in (self.first, self.second, self.back):
            feed.publish(event)
            feed.post()
            feed.cut()

    def at(self, number: int) -> str:
        """The time of a cut, as a parameter."""
        from api.read_model.event_queries import moment

        return moment(self.feed.cuts[number - 1].ms)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(feed_in(tmp_path))


@pytest_asyncio.fixture
async def client(told: Told, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(data=tmp_path))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking,
    ):
        yield asking


async def line(client: httpx.AsyncClient, **asked: str) -> dict[str, Any] | None:
    answer = await client.get("/v1/companies/scale-ai", params=asked)
    assert answer.status_code == 200, answer.text
    lines = answer.json()["sections"].get("valuation", [])
    return lines[0] if lines else None


def amount(step: dict[str, Any] | None) -> str | None:
    return step["entry"]["slots"]["amount"]["low"] if step else None


async def test_the_recorded_axis_gives_back_what_was_known(client: httpx.AsyncClient, told: Told) -> None:
    found = [await line(client, recorded_as_of=told.at(n), valid_as_of="2025-07-01") for n in (1, 2, 3)]
    assert [amount(one["current"]) if one else None for one in found] == ["14", "29", "29"]
    assert [one["retracted"] if one else None for one in found] == [0, 0, 1]
    assert await line(client, recorded_as_of="2001-01-01") is None
    answer = await client.get("/v1/companies/scale-ai", params={"recorded_as_of": told.at(1)})
    assert answer.json()["as_of"]["recorded"] == {"at": told.at(1), "cut": 1, "final": True}
    assert answer.json()["as_of"]["valid"] == day_of(told.feed.cuts[0].ms).isoformat()
    token = answer.headers["khabar-token"]
    by_token = await line(client, recorded_as_of=token, valid_as_of="2025-07-01")
    assert by_token == found[2]


async def test_the_valid_axis_says_possibly_within_june(client: httpx.AsyncClient, told: Told) -> None:
    in_may = await line(client, valid_as_of="2025-05-10", recorded_as_of=told.at(2))
    in_june = await line(client, valid_as_of="2025-06-10", recorded_as_of=told.at(2))
    after = await line(client, valid_as_of="2025-06-30", recorded_as_of=told.at(2))
    assert in_may
    assert in_june
    assert after
    assert (amount(in_may["current"]), in_may["possibly"]) == ("14", False)
    assert (amount(in_june["current"]), in_june["possibly"], amount(in_june["otherwise"])) == (
        "29",
        True,
        "14",
    )
    assert (in_june["current"]["date"], in_june["current"]["certain"]) == ("2025-06-01", "2025-06-30")
    assert (amount(after["current"]), after["possibly"], after["otherwise"]) == ("29", False, None)
    assert amount((await line(client, valid_as_of="2025-05-10") or {})["current"]) is None


async def test_events_people_and_search_take_both_axes(client: httpx.AsyncClient, told: Told) -> None:
    async def ids(path: str, **asked: str) -> list[tuple[str, bool]]:
        answer = await client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return [(one["event"]["id"], one["retracted"]) for one in answer.json()["events"]]

    for path in ("/v1/events", "/v1/companies/scale-ai/events"):
        assert await ids(path, recorded_as_of=told.at(2)) == [(told.second.id, False), (told.first.id, False)]
        assert (told.first.id, True) in await ids(path, recorded_as_of=told.at(3))
        assert await ids(path, valid_as_of="2025-05-10", recorded_as_of=told.at(2)) == [
            (told.first.id, False)
        ]
    answer = await client.get("/v1/events", params={"valid_as_of": "2025-06-10", "type": "valuation"})
    assert {one["event"]["id"]: one["possibly"] for one in answer.json()["events"]} == {
        told.first.id: False,
        told.second.id: True,
        told.back.id: False,
    }
    one = f"/v1/events/{told.first.id}"
    assert (await client.get(one, params={"recorded_as_of": told.at(1)})).json()["retracted"] is False
    assert (await client.get(one)).json()["retracted"] is True
    assert (await client.get(one, params={"recorded_as_of": "2001-01-01"})).status_code == 404

    async def count(**asked: str) -> int:
        answer = await client.get("/v1/companies", params={"query": "scale ai", **asked})
        return int(next(c["events"] for c in answer.json()["companies"] if c["id"] == "scale-ai"))

    assert [await count(recorded_as_of=told.at(n)) for n in (1, 2, 3)] == [1, 2, 3]
    assert await count(valid_as_of="2025-05-10", recorded_as_of=told.at(2)) == 1


async def test_a_history_tells_each_change_and_what_made_it(client: httpx.AsyncClient, told: Told) -> None:
    asked = {"from": "2001-01-01", "valid_as_of": "2025-07-01"}
    answer = await client.get("/v1/companies/scale-ai/history", params=asked)
    assert answer.status_code == 200, answer.text
    changes = answer.json()["changes"]
    assert [(c["cut"], c["events"]) for c in changes] == [(1, [told.first.id]), (2, [told.second.id])]
    assert changes[0]["before"] is None
    assert changes[1]["before"] == changes[0]["after"]
    page = (await client.get("/v1/companies/scale-ai/history", params={**asked, "limit": 1})).json()
    rest = (
        await client.get("/v1/companies/scale-ai/history", params={**asked, "cursor": page["next"]})
    ).json()
    assert page["changes"] + rest["changes"] == changes
    by_day = {"axis": "valid", "from": "2025-01-01", "to": "2025-12-31", "recorded_as_of": told.at(2)}
    valid = (await client.get("/v1/companies/scale-ai/history", params=by_day)).json()["changes"]
    assert [(c["at"], c["after"]["possibly"]) for c in valid] == [
        ("2025-04-02", False),
        ("2025-06-01", True),
        ("2025-06-30", False),
    ]


async def test_a_difference_is_that_of_two_moments(client: httpx.AsyncClient, told: Told) -> None:
    path = "/v1/companies/scale-ai/diff"
    asked = {"from": told.at(1), "to": told.at(3), "valid_as_of": "2025-05-10"}
    (change,) = (await client.get(path, params=asked)).json()["lines"]
    assert change["before"]["event"] == told.first.id
    assert change["after"] is None
    assert set(change["events"]) == {told.second.id, told.back.id}
    assert (await client.get(path, params={"from": told.at(3)})).json()["lines"] == []
    refused = await client.get(path, params={"axis": "valid", "from": told.at(1)})
    assert refused.status_code == 422
    assert "day" in refused.json()["detail"]


async def test_an_explanation_leads_to_the_words_and_the_place(client: httpx.AsyncClient, told: Told) -> None:
    path = "/v1/companies/scale-ai/explain"
    answer = await client.get(path, params={"line": "scale-ai|valuation|-"})
    assert answer.status_code == 200, answer.text
    (step,) = answer.json()["steps"]
    preferred = step["preferred"]
    assert preferred["event"] == told.second.id
    assert preferred["evidence"]["trigger"][0]["exact"] == "Article"
    assert preferred["source"]["url"] == told.second.source.url
    assert preferred["extraction"]["rule"] == "test"
    place = preferred["recorded"]
    assert (place["topic"], place["cut"]) == ("facts.valuation", 2)
    assert step["single_source"] is True
    (gone,) = answer.json()["retracted"]
    assert gone["event"] == told.first.id
    assert gone["retracted_by"] == [{"event": told.back.id, "cause": "source_corrected", "by": "the desk"}]
    before = await client.get(path, params={"line": "scale-ai|valuation|-", "recorded_as_of": told.at(1)})
    assert [step["preferred"]["event"] for step in before.json()["steps"]] == [told.first.id]
    assert before.json()["retracted"] == []
    assert (await client.get(path, params={"line": "scale-ai|rivals|x"})).status_code == 404
    assert (await client.get(path, params={"line": "x|rivals|scale-ai"})).status_code == 422


async def test_timelines_are_data(client: httpx.AsyncClient, told: Told) -> None:
    answer = await client.get("/v1/companies/scale-ai/timelines", params={"recorded_as_of": told.at(2)})
    series = answer.json()["series"]
    assert [(p["date"], p["amount"]["low"]) for p in series["valuation"]] == [
        ("2025-04-02", "14"),
        ("2025-06-01", "29"),
    ]
    assert series["leadership"] == []


def test_the_stream_of_changes_resumes_behind_any_message(told: Told) -> None:
    at = told.feed.snapshot()

    def walk(where: str, **wanted: Any) -> list[tuple[dict[str, Any], str]]:
        sections = wanted.get("sections", frozenset())
        found, at_end = go_on(at, start(at, wanted.get("company"), sections, where))
        assert at_end
        return [(orjson.loads(data), id_) for data, id_ in found]

    whole = walk("beginning")
    assert [(c["cut"], c["line"]) for c, _ in whole] == [
        (1, "scale-ai|valuation|-"),
        (2, "scale-ai|valuation|-"),
    ]
    for number, (_, id_) in enumerate(whole, 1):
        assert walk(id_) == whole[number:]
    assert walk("beginning", company="meta-platforms") == []
    assert walk("beginning", sections=frozenset({"rivals"})) == []
    assert walk("now") == []
    assert isinstance(start(at, None, frozenset(), "now"), PositionWalk)
