"""Suggested merges over HTTP: what a person is shown, and that it goes once the person has decided."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from streams import similar
from tests.api.making import investment
from tests.api.test_entities_endpoints import Desk, change, client, desk, refused

__all__ = ["client", "desk"]  # fixtures

NAMES = ("unresolved/najd-grid-co", "unresolved/najd-grid")


async def suggested(client: httpx.AsyncClient, **asked: int) -> list[dict[str, Any]]:
    answer = await client.get("/v1/entities/suggestions", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["suggestions"]
    return found


def about(found: list[dict[str, Any]], *ids: str) -> list[dict[str, Any]]:
    return [one for one in found if {one["entity"]["id"], one["into"]["id"]} == set(ids)]


@pytest.fixture
def alike(desk: Desk) -> Desk:
    """Two that nobody knows, one told of twice."""
    for target, amount in ((NAMES[0], 3), (NAMES[1], 4), (NAMES[1], 6)):
        desk.feed.publish(investment("openai", target, amount))
    desk.feed.post()
    desk.feed.cut()
    return desk


async def test_what_looks_alike_is_shown_with_what_it_takes_to_decide(
    client: httpx.AsyncClient, alike: Desk
) -> None:
    (one,) = about(await suggested(client), *NAMES)
    assert (one["entity"]["id"], one["into"]["id"]) == NAMES, "the one with more events stays"
    assert (one["entity"]["events"], one["into"]["events"]) == (1, 2)
    assert not one["into"]["known"]
    assert one["score"] >= similar.SCORE_MIN
    example = one["entity"]["example"]
    assert (example["event"], example["type"]) == (alike.feed.told[-3][0].id, "investment")
    assert example["quote"]


async def test_a_pair_goes_when_it_is_merged_or_marked_and_returns_when_that_is_undone(
    client: httpx.AsyncClient, alike: Desk
) -> None:
    first = await suggested(client)
    for kind in ("merge", "distinct"):
        made = await change(client, kind, entity=NAMES[0], into=NAMES[1])
        assert about(await suggested(client), *NAMES) == []
        await change(client, "undo", undoes=made["change"])
        assert await suggested(client) == first


async def test_nothing_is_suggested_twice_between_what_is_known(
    client: httpx.AsyncClient, alike: Desk
) -> None:
    found = await suggested(client)
    assert all(not one["entity"]["known"] for one in found)
    assert len({frozenset((one["entity"]["id"], one["into"]["id"])) for one in found}) == len(found)
    listed = (await client.get("/v1/entities/changes")).json()["changes"]
    assert listed == [], "a person decides"


async def test_an_example_is_of_an_event_that_was_not_split_off(
    client: httpx.AsyncClient, alike: Desk
) -> None:
    last = alike.feed.told[-1][0]
    await change(client, "split", entity=NAMES[1], into="sadaf", events=[last.id])
    (one,) = about(await suggested(client), *NAMES)
    shown = next(s for s in (one["entity"], one["into"]) if s["id"] == NAMES[1])
    assert shown["events"] == 1
    assert shown["example"]["event"] == alike.feed.told[-2][0].id


async def test_names_are_compared_only_when_they_changed(
    client: httpx.AsyncClient, alike: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = 0
    search = similar.pairs

    def counted(*given: Any) -> list[similar.Pair]:
        nonlocal searches
        searches += 1
        return search(*given)

    monkeypatch.setattr(similar, "pairs", counted)
    await suggested(client)
    await suggested(client)
    assert searches == 1
    alike.feed.publish(investment("openai", "unresolved/najd-gird", 1))
    found = await suggested(client)
    assert searches == 2
    assert about(found, "unresolved/najd-gird", NAMES[1])


async def test_the_number_of_pairs_is_bounded(client: httpx.AsyncClient, alike: Desk) -> None:
    alike.feed.publish(investment("openai", "unresolved/najd-gird", 1))
    whole = (await client.get("/v1/entities/suggestions")).json()
    part = (await client.get("/v1/entities/suggestions", params={"limit": 1})).json()
    assert whole["complete"]
    assert not part["complete"]
    assert part["suggestions"] == whole["suggestions"][:1]
    assert (await client.get("/v1/entities/suggestions", params={"limit": 0})).status_code == 422
    assert (await refused(client, "merge", entity="suggestions", into="rimal"))[0] == 404
