"""Merging, splitting, renaming and undoing over HTTP, on files made here; Kafka is a log without a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from api.read_model.event_queries import moment
from api.read_model.records import Record
from api.service import Service
from streams.documents import Place
from streams.entity_changes import EntityChange, encode
from streams.settings import Settings
from tests.api.making import investment
from tests.api.test_as_of import Feed, feed_in


class Desk:
    """Two investments in what was taken for two firms, and one in a third."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.cutting = True
        self.deal = investment("meta-platforms", "rimal", 5)
        self.other = investment("openai", "unresolved/rimal-co", 7)
        for event in (self.deal, self.other, investment("openai", "sadaf", 9)):
            feed.publish(event)
        feed.post()
        feed.cut()

    async def publish(self, change: EntityChange) -> Place:
        """Put a change into the log of the files, and let it be served."""
        self.feed.change(change)
        self.feed.cut() if self.cutting else self.feed.views.look()
        return Place("entities", 0, self.feed.changes[-1][1].offset)

    def at(self, number: int) -> str:
        return moment(self.feed.cuts[number - 1].ms)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(feed_in(tmp_path))


@pytest_asyncio.fixture
async def client(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(data=tmp_path))
    service: Service = app.state.service
    service.publish_entity_change = desk.publish  # type: ignore[method-assign]  # the log is these files
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking,
    ):
        yield asking


async def change(client: httpx.AsyncClient, kind: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/entities/changes", json={"kind": kind, "reason": "desk", **more})
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def refused(client: httpx.AsyncClient, kind: str, **more: Any) -> tuple[int, str]:
    answer = await client.post("/v1/entities/changes", json={"kind": kind, "reason": "desk", **more})
    return answer.status_code, answer.json()["detail"]


async def investors(client: httpx.AsyncClient, company: str, **asked: str) -> list[str]:
    answer = await client.get(f"/v1/companies/{company}", params=asked)
    assert answer.status_code == 200, answer.text
    return sorted(line["counterpart"] for line in answer.json()["sections"].get("investors", []))


RIMAL_CO = "unresolved/rimal-co"


async def test_a_merge_shows_one_position_and_leads_there(client: httpx.AsyncClient, desk: Desk) -> None:
    made = await change(client, "merge", entity=RIMAL_CO, into="rimal", by="lina")
    wanted = {"min_token": made["token"], "wait": "0s"}
    assert await investors(client, "rimal", **wanted) == ["meta-platforms", "openai"]
    moved = await client.get(f"/v1/companies/{RIMAL_CO}", params={"valid_as_of": "2026-01-01"})
    assert moved.status_code == 308
    assert moved.headers["location"] == "/v1/companies/rimal?valid_as_of=2026-01-01"
    gone = await client.get(f"/v1/entities/{RIMAL_CO}")
    assert (gone.status_code, gone.headers["location"]) == (308, "/v1/entities/rimal")
    told = (await client.get("/v1/entities/rimal")).json()
    assert [(one["id"], one["changes"]) for one in told["merged"]] == [(RIMAL_CO, [made["change"]])]
    assert told["events"] == 2
    assert {"rimal", "unresolved/rimal-co"} <= set(told["names"])
    assert await investors(client, "rimal", recorded_as_of=desk.at(1)) == ["meta-platforms"]
    assert await investors(client, RIMAL_CO, recorded_as_of=desk.at(1)) == ["openai"]


async def everything(client: httpx.AsyncClient) -> dict[str, tuple[int, bytes]]:
    paths = [f"/v1/companies/{one}" for one in ("rimal", RIMAL_CO, "sadaf", "openai", "meta-platforms")]
    paths += [*(f"{path}/events" for path in paths), "/v1/events", "/v1/companies?query=rimal"]
    found = {path: await client.get(path) for path in paths}
    return {path: (answer.status_code, answer.content) for path, answer in found.items()}


async def test_undoing_gives_the_same_bytes_again(client: httpx.AsyncClient, desk: Desk) -> None:
    before = await everything(client)
    merged = await change(client, "merge", entity=RIMAL_CO, into="rimal")
    split = await change(client, "split", entity="rimal", into="sadaf", events=[desk.deal.id])
    assert await investors(client, "sadaf") == ["meta-platforms", "openai"]
    assert await investors(client, "rimal") == ["openai"]
    assert await everything(client) != before
    await change(client, "undo", undoes=split["change"])
    assert await investors(client, "rimal") == ["meta-platforms", "openai"]
    await change(client, "undo", undoes=merged["change"])
    assert await everything(client) == before
    listed = (await client.get("/v1/entities/changes")).json()["changes"]
    assert [(one["kind"], one["in_force"], one["why_not"]) for one in listed] == [
        ("undo", True, None),
        ("undo", True, None),
        ("split", False, "it was undone"),
        ("merge", False, "it was undone"),
    ]
    page = (await client.get("/v1/entities/changes", params={"limit": 3})).json()
    rest = (await client.get("/v1/entities/changes", params={"before": page["next"]})).json()
    assert page["changes"] + rest["changes"] == listed
    assert rest["next"] is None


async def test_a_token_between_two_cuts_sees_the_merge(client: httpx.AsyncClient, desk: Desk) -> None:
    desk.cutting = False

    async def token() -> str:
        return (await client.get("/v1/companies/sadaf")).headers["khabar-token"]

    before = await token()
    await change(client, "merge", entity=RIMAL_CO, into="rimal")
    between = await token()
    await change(client, "merge", entity="rimal", into="sadaf")
    after = await token()
    for _ in range(2):
        assert await investors(client, "rimal", recorded_as_of=before) == ["meta-platforms"]
        assert await investors(client, "rimal", recorded_as_of=between) == ["meta-platforms", "openai"]
        assert await investors(client, "sadaf", recorded_as_of=between) == ["openai"]
        assert await investors(client, "sadaf", recorded_as_of=after) == ["meta-platforms", "openai"]
        desk.feed.cut()  # and once a cut is behind them all


async def test_a_token_waits_for_the_change_to_be_applied(client: httpx.AsyncClient, desk: Desk) -> None:
    service: Service = client._transport.app.state.service  # type: ignore[attr-defined]  # the one under test

    async def unread(change: EntityChange) -> Place:
        record = desk.feed.log.record("entities", 0, encode(change))
        records.append(record)
        return Place("entities", 0, record.offset)

    records: list[Record] = []
    service.publish_entity_change = unread  # type: ignore[method-assign]  # Kafka has it, the reader not yet
    made = await change(client, "merge", entity="rimal", into="sadaf")
    code, said = await refused(client, "merge", entity="rimal", into="openai")
    assert (code, said) == (409, "rimal was merged into sadaf already"), "told, though not read yet"
    asked = {"min_token": made["token"], "wait": "0s"}
    assert (await client.get("/v1/companies/sadaf", params=asked)).status_code == 503
    desk.feed.log.apply(records)
    assert (await client.get("/v1/companies/sadaf", params=asked)).status_code == 503
    desk.feed.views.look()
    assert await investors(client, "sadaf", **asked) == ["meta-platforms", "openai"]


async def test_a_new_name_is_shown_and_found(client: httpx.AsyncClient) -> None:
    made = await change(client, "rename", entity=RIMAL_CO, name="Rimal Capital", name_ar="رمال كابيتال")
    told = (await client.get(f"/v1/entities/{RIMAL_CO}")).json()
    assert (told["name"], told["name_ar"]) == ("Rimal Capital", "رمال كابيتال")
    found = (await client.get("/v1/companies", params={"query": "رمال"})).json()["companies"]
    assert [one["id"] for one in found] == [RIMAL_CO]
    again = {"entity": RIMAL_CO, "name": "Rimal Capital", "name_ar": "رمال كابيتال"}
    assert await refused(client, "rename", **again) == (409, f"{RIMAL_CO} has that name already")
    await change(client, "undo", undoes=made["change"])
    assert (await client.get(f"/v1/entities/{RIMAL_CO}")).json()["name"] != "Rimal Capital"


async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, desk: Desk) -> None:
    assert (await refused(client, "merge", entity="nobody", into="rimal"))[0] == 404
    assert (await refused(client, "undo", undoes="0" * 64))[0] == 404
    assert (await refused(client, "split", entity="rimal", into="sadaf", events=["0" * 64]))[0] == 404
    code, said = await refused(client, "split", entity="rimal", into="sadaf", events=[desk.other.id])
    assert (code, said) == (422, f"events: {desk.other.id} is not about rimal")
    assert (await refused(client, "merge", entity="rimal"))[0] == 422
    assert (await refused(client, "merge", entity="rimal", into="rimal"))[0] == 422
    assert (await refused(client, "rename", entity="rimal", name="x", into="sadaf"))[0] == 422
    assert (await refused(client, "vanish", entity="rimal"))[0] == 422
    assert (await client.get("/v1/entities/nobody")).status_code == 404

    first = await change(client, "merge", entity="rimal", into="sadaf")
    assert await refused(client, "merge", entity="rimal", into="openai") == (
        409,
        "rimal was merged into sadaf already",
    )
    assert (await refused(client, "merge", entity="sadaf", into="rimal"))[0] == 409
    assert (await refused(client, "distinct", entity="sadaf", into="rimal"))[0] == 409
    assert (await refused(client, "split", entity="sadaf", into="rimal", events=[desk.deal.id]))[0] == 409
    await change(client, "undo", undoes=first["change"])
    assert await refused(client, "undo", undoes=first["change"]) == (409, "it was undone")
    await change(client, "distinct", entity="rimal", into="sadaf")
    assert (await client.get("/v1/entities/rimal")).json()["distinct"] == ["sadaf"]
    assert (await refused(client, "distinct", entity="sadaf", into="rimal"))[0] == 409
    assert (await refused(client, "merge", entity="sadaf", into="rimal"))[0] == 409
    listed = (await client.get("/v1/entities/changes")).json()["changes"]
    assert [one["kind"] for one in listed] == ["distinct", "undo", "merge"], "what is refused is not kept"


async def test_a_key_makes_one_change(client: httpx.AsyncClient) -> None:
    async def ask(**more: str) -> httpx.Response:
        body = {"kind": "merge", "entity": "rimal", "into": "sadaf", "reason": "one firm", **more}
        return await client.post("/v1/entities/changes", json=body, headers={"Idempotency-Key": "k-1"})

    first, again, other = await ask(), await ask(), await ask(reason="another")
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert other.status_code == 422
    assert len((await client.get("/v1/entities/changes")).json()["changes"]) == 1
