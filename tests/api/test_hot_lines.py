"""Lines that are told of very often: what is served of them is the fold of their entries, as of any other."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from api.app import create_app
from api.read_model import line_rows, lines_db, unwritten
from api.read_model.growing import FOLDED_MAX
from api.read_model.position_queries import view_of
from streams.codec import wire
from streams.delta import retraction
from streams.entity_changes import ChangeKind, make
from streams.entries import entries
from streams.events import EVENT, AnyEvent
from streams.explain import explain
from streams.fold import LINE_BYTES_MAX, Posted
from streams.ids import event_id
from streams.lines import Line
from streams.settings import Settings
from streams.slots import Cause
from tests.api import test_as_of
from tests.api.making import article, investment
from tests.api.test_as_of import Feed, answered, feed_in, plain, versioned

LINE = Line("scale-ai", "investors", "meta-platforms")


@pytest.fixture(params=[0, line_rows.FOLDING_MAX], ids=["state", "folded again"])
def always_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is kept as one that is told of often, and its versions are made in either way."""
    monkeypatch.setattr(lines_db, "FOLDED_MAX", 0)
    monkeypatch.setattr(line_rows, "FOLDED_MAX", 0)
    monkeypatch.setattr(line_rows, "FOLDING_MAX", request.param)


@pytest.mark.usefixtures("always_kept")
def test_a_moment_of_a_kept_line_is_answered_as_a_plain_fold_up_to_it() -> None:
    test_as_of.test_a_moment_is_answered_as_a_plain_fold_up_to_it()


@pytest.mark.usefixtures("always_kept")
def test_a_rebuilt_file_gives_the_same_answers_about_kept_lines() -> None:
    test_as_of.test_a_rebuilt_file_gives_the_same_answers()


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = Feed(tmp_path)
    yield feed
    feed.close()


def tellings(seed: int, investor: str = "meta-platforms") -> Iterator[AnyEvent]:
    """Investments of one firm in one other, on days of a few years, by a few origins."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    template = wire(investment(investor, "scale-ai"))
    for number in itertools.count():
        day = (date(2020, 1, 1) + timedelta(rng.randrange(900) // 60 * 60)).isoformat()
        source = {**template["source"], "document": f"https://news.example/{seed}/{number}"}
        data = template | {"source": source, "origin": f"origin-{rng.randrange(9)}"}
        data["valid"] = {"from": day, "to": day, "precision": "day"}
        data["modality"] = rng.choice(["asserted", "asserted", "reported", "possible", "denied"])
        yield EVENT.validate_python({**data, "id": event_id(data)})


def check(feed: Feed, *companies: str) -> None:
    """Hold what is served, and the last version, against the plain fold."""
    at = feed.snapshot()
    assert versioned(feed) == len(feed.cuts)
    for company in companies or ("scale-ai", "meta-platforms"):
        wanted = plain(feed, feed.cuts[-1].vector, company)
        for cut in (None, feed.cuts[-1]):
            found = answered(at, company, date(2030, 1, 1), cut)
            assert found.keys() == wanted.keys()
            for line, view in wanted.items():
                assert {name: found[line][name] for name in view} == view


def tell(feed: Feed, told: list[AnyEvent]) -> None:
    for event in told:
        feed.publish(event)
    feed.views.post_all(feed.unposted)
    feed.unposted.clear()
    feed.cut()


def states(feed: Feed) -> set[str]:
    return {row[0] for row in feed.views.file.connection.execute("SELECT DISTINCT what FROM states")}


def test_a_line_grows_beyond_what_is_folded_anew_and_any_telling_can_be_taken_back(feed: Feed) -> None:
    source = tellings(1)
    told: list[AnyEvent] = []
    while len(told) < 3 * FOLDED_MAX:
        new = list(itertools.islice(source, 5))
        told += new
        tell(feed, new)
        check(feed)
    assert states(feed) == {"served", "cut"}
    rng = random.Random(2)  # noqa: S311  # no secret
    backs = []
    for event in [told[0], told[-1], *rng.sample(told[1:-1], 12)]:
        backs.append(retraction(wire(event), Cause.EXTRACTOR_BUG, "a test", article()))
        tell(feed, [backs[-1]])
        check(feed)
    tell(feed, [retraction(wire(back), Cause.EXTRACTOR_BUG, "a test", article()) for back in backs[::2]])
    check(feed)
    for event in told:
        if event.id not in {wire(back)["slots"]["event"]["id"] for back in backs}:
            tell(feed, [retraction(wire(event), Cause.SOURCE_WITHDRAWN, "a test", article())])
    check(feed)


def test_cuts_that_come_late_have_the_versions_that_they_would_have_had(feed: Feed, tmp_path: Path) -> None:
    source = tellings(3)
    for _ in range(12):
        for event in itertools.islice(source, 4):
            feed.publish(event)
        cut = feed.log.cut()
        assert cut is not None
        feed.cuts.append(cut)
    (tmp_path / "other").mkdir()
    feed.views.post_all(feed.unposted)
    feed.views.look()
    check(feed)
    stored = dict(
        feed.views.file.connection.execute(
            "SELECT cut, view FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?", LINE
        )
    )
    for cut in feed.cuts:
        wanted = plain(feed, cut.vector, "scale-ai")[str(LINE)]
        last = max(number for number in stored if number <= cut.number)
        versions = [(LINE, stored[last], last)]
        found = unwritten.at_cuts(feed.views.file.connection, feed.log.file.connection, versions)
        assert orjson.loads(found[LINE]) == wanted


def test_a_merge_that_moves_a_hot_line_and_its_undoing(feed: Feed) -> None:
    tell(feed, list(itertools.islice(tellings(4), 2 * FOLDED_MAX)))
    tell(feed, list(itertools.islice(tellings(5, "facebook"), 2 * FOLDED_MAX)))
    change = make(ChangeKind.MERGE, entity="facebook", into="meta-platforms", by="desk", reason="renamed")
    feed.change(change)
    feed.cut()
    check(feed)
    more, other = tellings(6, "facebook"), tellings(7)
    for _ in range(3):
        tell(feed, [next(more), next(other)])
        check(feed)
    feed.change(make(ChangeKind.UNDO, undoes=change.id, by="desk", reason="they are two"))
    feed.cut()
    check(feed, "scale-ai", "meta-platforms", "facebook")
    tell(feed, [next(more), next(other)])
    check(feed, "scale-ai", "meta-platforms", "facebook")


def test_what_was_posted_altered_and_is_repaired(feed: Feed) -> None:
    told = list(itertools.islice(tellings(8), 2 * FOLDED_MAX))
    tell(feed, told)
    late = next(tellings(9))
    record = feed.views.publish(late)
    feed.told.append((late, record))
    rows = feed.views.rows(record)
    altered = {key: entry.replace(b'"completed"', b'"agreed"') for key, entry in rows.items()}
    assert feed.views.post(record, altered)
    feed.cut()
    assert feed.views.post(record) == []
    feed.cut()
    check(feed)
    tell(feed, [next(tellings(10))])
    check(feed)


def test_a_row_is_bounded_and_a_reopened_file_goes_on(feed: Feed) -> None:
    tell(feed, list(itertools.islice(tellings(11), 500)))
    feed.views.reopen()
    before = feed.views.file.connection.total_changes
    tell(feed, list(itertools.islice(tellings(12), 1)))
    assert feed.views.file.connection.total_changes - before < 150
    check(feed)
    at = feed.snapshot()
    assert len(orjson.dumps(view_of(at, LINE, None))) <= LINE_BYTES_MAX
    sizes = "SELECT max(length(value)) FROM line_states"
    assert feed.views.file.connection.execute(sizes).fetchone()[0] <= LINE_BYTES_MAX


async def test_an_explanation_comes_in_parts_that_hold_each_telling_once(tmp_path: Path) -> None:
    feed = feed_in(tmp_path)
    told = list(itertools.islice(tellings(13), 700))
    for year in range(1800, 1920):  # a step each
        template = wire(told[0])
        valid = {"from": f"{year}-01-01", "to": f"{year}-01-01", "precision": "day"}
        data = {**template, "valid": valid, "modality": "asserted"}
        told.append(EVENT.validate_python({**data, "id": event_id(data)}))
    backs = [retraction(wire(event), Cause.EXTRACTOR_BUG, "a test", article()) for event in told[:150]]
    tell(feed, told + backs)
    wanted = explain(
        Posted(orjson.loads(e), 1)
        for event in told + backs
        for line, e in entries(wire(event))
        if line == LINE
    )
    feed.close()
    app = create_app(Settings(data=tmp_path))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):

        async def part(cursor: str | None) -> dict[str, Any]:
            asked = {"line": str(LINE)} | ({"cursor": cursor} if cursor else {})
            answer = await client.get(f"/v1/companies/{LINE.company}/explain", params=asked)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        pages = [await part(None)]
        while pages[-1]["next"]:
            pages.append(await part(pages[-1]["next"]))
        steps = [step for page in reversed(pages) for step in page["steps"]]
        gone, rest = pages[0]["retracted"], pages[0]["next_retracted"]
        while rest:
            page = await part(rest)
            gone, rest = gone + page["retracted"], page["next_retracted"]
        for step in steps:
            while step["more"]:
                (further,) = (await part(step["more"]))["steps"]
                assert further["preferred"] == step["preferred"]
                step["rivals"] += further["rivals"]
                step["more"] = further["more"]
    assert [step["preferred"]["event"] for step in steps] == [step["preferred"] for step in wanted["steps"]]
    for step, whole in zip(steps, wanted["steps"], strict=True):
        assert [rival["event"] for rival in step["rivals"]] == [r["event"] for r in whole["rivals"]]
        assert step["independent"] == len(whole["origins"])
    assert [one["event"] for one in gone] == wanted["retracted"]
