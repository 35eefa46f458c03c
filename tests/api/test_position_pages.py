"""A company of many lines in pages: each line once, in one order, now and at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.read_model import line_pages
from api.read_model.event_queries import moment
from streams.entity_changes import ChangeKind, make
from streams.lines import SECTIONS
from streams.settings import Settings
from tests.api.making import investment
from tests.api.test_as_of import Feed, feed_in, plain

HUB = "hub-holding"


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    """A hub with 23 investors and 14 investments, at two cuts."""
    feed = feed_in(tmp_path)
    for number in range(23):
        feed.publish(
            investment(f"fund-{number:02}", HUB, number + 1, published_at=f"2025-06-{number + 1:02}")
        )
    feed.post()
    feed.cut()
    for number in range(14):
        feed.publish(investment(HUB, f"firm-{number:02}", 5))
    feed.post()
    feed.cut()
    yield feed
    feed.close()


async def pages(folder: Path, **asked: Any) -> list[dict[str, Any]]:
    """Ask for one page after the other."""
    app, found = create_app(Settings(data=folder)), list[dict[str, Any]]()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        while not found or found[-1]["next"]:
            after = {"cursor": found[-1]["next"]} if found else {}
            answer = await client.get(f"/v1/companies/{HUB}", params={**asked, **after})
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
    return found


def lines(page: dict[str, Any]) -> list[str]:
    return [line["line"] for found in page["sections"].values() for line in found]


def ordered(names: Any) -> list[str]:
    order = list(SECTIONS)
    return sorted(names, key=lambda name: (order.index(name.split("|")[1]), name.split("|")[2]))


@pytest.mark.parametrize("limit", [1, 7, 23, 36])
async def test_pages_hold_each_line_once(feed: Feed, tmp_path: Path, limit: int) -> None:
    wanted = plain(feed, feed.cuts[-1].vector, HUB)
    found = await pages(tmp_path, limit=limit)
    assert [line for page in found for line in lines(page)] == ordered(wanted)
    assert [len(lines(page)) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert {page["lines"] for page in found} == {37}
    for page in found:
        for line in (line for section in page["sections"].values() for line in section):
            assert {name: line[name] for name in wanted[line["line"]]} == wanted[line["line"]]


async def test_what_fits_on_a_page_stands_with_the_latest_first(feed: Feed, tmp_path: Path) -> None:
    (page,) = await pages(tmp_path, limit=37)
    assert page["lines"] == 37
    assert page["sections"]["investors"][0]["counterpart"] == "fund-22"
    assert (await pages(tmp_path))[0]["sections"] == page["sections"]


async def test_pages_of_a_moment_hold_what_was_known_then(feed: Feed, tmp_path: Path) -> None:
    first, last = (moment(cut.ms) for cut in feed.cuts)
    for at, number in ((first, 23), (last, 37)):
        found = await pages(tmp_path, limit=5, recorded_as_of=at)
        wanted = plain(feed, feed.cuts[at == last].vector, HUB)
        assert len(wanted) == number
        assert [line for page in found for line in lines(page)] == ordered(wanted)


async def test_pages_at_a_token_beyond_a_cut(feed: Feed, tmp_path: Path) -> None:
    feed.publish(investment("fund-99", HUB, 5))
    feed.post()
    app = create_app(Settings(data=tmp_path))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        token = (await client.get(f"/v1/companies/{HUB}")).headers["khabar-token"]
    found = await pages(tmp_path, limit=9, recorded_as_of=token)
    told = [line for page in found for line in lines(page)]
    assert told == ordered(told)
    assert len(told) == 38


async def test_a_merge_moves_lines_and_the_count_with_them(feed: Feed, tmp_path: Path) -> None:
    feed.change(make(ChangeKind.MERGE, entity="fund-03", into="fund-04", by="desk", reason="one fund"))
    feed.cut()
    found = await pages(tmp_path, limit=10)
    told = [line for page in found for line in lines(page)]
    assert told == ordered(plain(feed, feed.cuts[-1].vector, HUB))
    assert {page["lines"] for page in found} == {len(told)} == {36}
    assert line_pages.number(feed.views.file.connection, "fund-03") == 0


async def test_a_line_that_comes_meanwhile_moves_no_other(feed: Feed, tmp_path: Path) -> None:
    views = feed.views.file.connection
    first = line_pages.now(views, HUB, line_pages.Asked(10))
    feed.publish(investment("fund-000", HUB, 9, published_at="2025-12-31"))
    feed.publish(investment("fund-20", HUB, 9, published_at="2025-12-31"))
    feed.post()
    second = line_pages.now(views, HUB, line_pages.Asked(10, first.next))
    assert [line.counterpart for line in second.lines] == [f"fund-{number:02}" for number in range(10, 20)]


def test_a_page_of_long_lines_ends_early(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_pages, "PAGE_BYTES_MAX", 3000)
    views = feed.views.file.connection
    page = line_pages.now(views, HUB, line_pages.Asked())
    assert 1 <= len(page.lines) < 37
    assert sum(len(line.view) for line in page.lines) <= 3000
    monkeypatch.setattr(line_pages, "PAGE_BYTES_MAX", 1)
    events = feed.log.file.connection
    assert len(line_pages.at_cut(views, events, HUB, feed.cuts[1].number, line_pages.Asked()).lines) == 1


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "WzEsMl0"])
async def test_a_cursor_that_is_none_is_refused(feed: Feed, tmp_path: Path, cursor: str) -> None:
    app = create_app(Settings(data=tmp_path))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        answer = await client.get(f"/v1/companies/{HUB}", params={"cursor": cursor})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]


def test_a_day_is_asked_of_a_page_as_of_a_whole_position(feed: Feed) -> None:
    from api.read_model.position_queries import position

    at, day = feed.snapshot(), date(2025, 6, 10)
    page = position(at, HUB, day, None, line_pages.Asked(12)).sections["investors"]
    held = {line["counterpart"]: line["current"] is not None for line in page}
    assert held == {f"fund-{number:02}": number < 10 for number in range(12)}
