"""Any moment of any history: what is answered is what a plain fold of the log up to there gives, for ever."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.as_of import Asked, Recorded, resolve
from api.errors import ViewBehind
from api.read_model import event_queries, position_queries, store
from api.read_model.change_queries import difference, recorded_changes, valid_changes
from api.read_model.reading import Snapshot
from api.read_model.records import Record
from seeds.facts import Investor, Quantity
from streams import cuts
from streams.codec import wire
from streams.cuts import Cut
from streams.entity_changes import ChangeKind, EntityChange, make
from streams.entity_changes import encode as encode_change
from streams.entity_map import EntityMap
from streams.entries import entries
from streams.events import AnyEvent
from streams.filters import EventFilter
from streams.fold import Posted, fold, holding
from streams.lines import Line
from streams.vectors import covers
from tests.api.files import Log, Views
from tests.api.making import article, events, fact, investment, org
from tests.strategies import histories

COMPANIES = ("rimal", "sadaf", "a", "unresolved/najd-grid", "layla-h", "omar-k")
DAYS = [date(2024, 1, 1), date(2025, 2, 10), date(2025, 6, 15), date(2026, 1, 1), date(2030, 1, 1)]

Published = tuple[AnyEvent, Record]


class Feed:
    """A log, its views, and what was published: what a plain model needs."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.views = Views(self.log, folder)
        self.told: list[Published] = []
        self.unposted: list[Record] = []
        self.cuts: list[Cut] = []
        self.changes: list[tuple[EntityChange, Record]] = []

    def change(self, change: EntityChange) -> None:
        """A merge or so: in the log, and read."""
        record = self.log.record("entities", 0, encode_change(change))
        assert not self.log.apply([record]).skipped
        self.changes.append((change, record))

    def publish(self, event: AnyEvent) -> None:
        record = self.views.publish(event)
        self.told.append((event, record))
        self.unposted.append(record)

    def post(self) -> None:
        for record in self.unposted:
            assert self.views.post(record) == []
        self.unposted.clear()

    def cut(self) -> None:
        cut = self.log.cut()
        if cut is not None:
            self.cuts.append(cut)
        self.views.look()

    def step(
        self, event: AnyEvent, post_now: bool, cut_now: bool, change: EntityChange | None = None
    ) -> None:
        """Go one step of a drawn history: an event, then what comes with it."""
        self.publish(event)
        if change is not None:
            self.change(change)
        if post_now:
            self.post()
        if cut_now:
            self.cut()

    def snapshot(self) -> Snapshot:
        return Snapshot(self.log.file.connection, self.views.file.connection, 1)

    def close(self) -> None:
        self.views.file.close()
        self.log.file.close()


def feed_in(data: Path) -> Feed:
    """A data directory whose first generation is served."""
    folder = store.events_path(data).parent
    folder.mkdir(parents=True)
    feed = Feed(folder)
    store.set_meta(feed.log.file.connection, "live", "1")
    return feed


def plain(feed: Feed, vector: dict[str, dict[str, int]], company: str) -> dict[str, Any]:
    """Lines of a company, folded from the events below a vector, under the names of entities of then."""
    known = EntityMap.of([change for change, record in feed.changes if covers(vector, *record[:3])])
    posted: dict[Line, list[Posted]] = {}
    for event, record in feed.told:
        if covers(vector, *record[:3]):
            fact = wire(event)
            while fact["type"] == "retraction":
                fact = fact["slots"]["event"]
            for line, entry in entries(wire(event)):
                shown = known.line(line, fact["id"])
                posted.setdefault(shown, []).append(Posted(orjson.loads(entry), record.timestamp_ms))
    return {str(line): fold(found) for line, found in posted.items() if line.company == company}


def answered(at: Snapshot, company: str, day: date, cut: Cut | None) -> dict[str, Any]:
    recorded = Recorded(cut.number, cut.ms, cut.vector, True, True) if cut else None
    sections = position_queries.position(at, company, day, recorded).sections
    return {line["line"]: line for lines in sections.values() for line in lines}


TYPES = ("supply", "customer_pullback", "valuation", "capex_plan", "rivalry")


@st.composite
def feeds(draw: st.DrawFn) -> list[tuple[AnyEvent, bool, bool, EntityChange | None]]:
    """Events; after each: is what waits posted now, is a cut made, and a change of entities before that."""
    steps: list[tuple[AnyEvent, bool, bool, EntityChange | None]] = []
    made: list[EntityChange] = []
    for event in draw(histories(event_types=TYPES)):
        change = draw(a_change(event, made)) if draw(st.integers(0, 2)) == 0 else None
        made += [change] if change else []
        steps.append((event, draw(st.booleans()), draw(st.integers(0, 2)) == 0, change))
    return steps


@st.composite
def a_change(draw: st.DrawFn, event: AnyEvent, before: list[EntityChange]) -> EntityChange:
    one, other = draw(st.lists(st.sampled_from(COMPANIES), min_size=2, max_size=2, unique=True))
    why = {"by": "desk", "reason": f"change {len(before)}"}
    match draw(st.integers(0, 2)):
        case 0 if before:
            return make(ChangeKind.UNDO, undoes=draw(st.sampled_from(before)).id, **why)
        case 1:
            return make(ChangeKind.SPLIT, entity=one, into=other, events=(event.id,), **why)
        case _:
            return make(ChangeKind.MERGE, entity=one, into=other, **why)


@settings(max_examples=60, deadline=None)
@given(feeds(), st.sampled_from(DAYS))
def test_a_moment_is_answered_as_a_plain_fold_up_to_it(steps: Any, day: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = Feed(Path(folder))
        seen: dict[int, dict[str, Any]] = {}
        for step in steps:
            feed.step(*step)
            for cut in feed.cuts:
                if cut.number not in seen and cut.number <= versioned(feed):
                    seen[cut.number] = {c: answered(feed.snapshot(), c, day, cut) for c in COMPANIES}
        feed.post()
        feed.cut()
        at = feed.snapshot()
        assert versioned(feed) == len(feed.cuts)
        for cut in feed.cuts:
            for company in COMPANIES:
                wanted = plain(feed, cut.vector, company)
                found = answered(at, company, day, cut)
                assert found.keys() == wanted.keys()
                for line, view in wanted.items():
                    shown = found[line]
                    assert {name: shown[name] for name in view} == view
                    assert {name: shown[name] for name in ("current", "possibly", "otherwise")} == holding(
                        view, day
                    )
                assert found == seen.get(cut.number, {}).get(company, found), "a final answer has changed"
        for company in COMPANIES:  # at the last cut, which covers everything, it is the live position
            live = answered(at, company, day, None)
            assert live == answered(at, company, day, feed.cuts[-1])
        feed.close()


@settings(max_examples=30, deadline=None)
@given(feeds())
def test_a_rebuilt_file_gives_the_same_answers(steps: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = Feed(Path(folder))
        for event, _, cut_now, change in steps:
            feed.step(event, True, cut_now, change)
        feed.cut()
        (Path(folder) / "again").mkdir()
        again = Views(feed.log, Path(folder) / "again")
        for _, record in feed.told:
            assert again.post(record) == []
        rows = "SELECT * FROM line_versions ORDER BY company, section, counterpart, cut"
        wanted = feed.views.file.connection.execute(rows).fetchall()
        assert again.file.connection.execute(rows).fetchall() == wanted
        again.file.close()
        feed.close()


@settings(max_examples=40, deadline=None)
@given(feeds(), st.sampled_from(COMPANIES), st.sampled_from(DAYS))
def test_events_of_a_moment_are_those_below_it(steps: Any, company: str, day: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = Feed(Path(folder))
        for event, _, cut_now, _ in steps:
            feed.step(event, False, cut_now)
        nobody = EntityMap.of(())
        for cut in feed.cuts:
            found, _ = event_queries.page(
                feed.log.file.connection, EventFilter(), 0, None, 200, nobody, below=cut.vector
            )
            below = [event for event, record in feed.told if covers(cut.vector, *record[:3])]
            assert {event.key.hex() for event in found} == {event.id[:32] for event in below}
            dead = _dead(below)
            assert {event.key.hex() for event in found if event.retracted} == {one[:32] for one in dead}
            by_then, _ = event_queries.page(
                feed.log.file.connection, EventFilter(company=company), 0, None, 200, nobody, day=day
            )
            assert all(orjson.loads(event.data)["id"] for event in by_then)
        feed.close()


def _dead(told: list[AnyEvent]) -> set[str]:
    """Ids that are taken back by a retraction that stands, among these."""
    against: dict[str, list[str]] = {}
    for event in told:
        if event.type == "retraction":
            against.setdefault(wire(event)["slots"]["event"]["id"], []).append(event.id)

    def dead(event_id: str) -> bool:
        return any(not dead(one) for one in against.get(event_id, ()))

    return {event.id for event in told if dead(event.id)}


def versioned(feed: Feed) -> int:
    found = feed.views.file.connection.execute("SELECT value FROM meta WHERE name = 'versioned'").fetchone()
    return int(found[0]) if found else 0


def test_a_moment_is_the_last_cut_before_it_and_final_once_there_is_another(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    for amount in (1, 2):
        feed.publish(investment("meta-platforms", "scale-ai", amount))
        feed.post()
        feed.cut()
    first, second = feed.cuts
    at = feed.snapshot()

    def moment(text: str) -> tuple[int, bool]:
        recorded = resolve(at, Asked(None, text)).recorded
        assert recorded is not None
        return recorded.cut, recorded.final

    assert moment(_iso(first.ms - 1)) == (0, True)
    assert moment(_iso(first.ms)) == (1, True)
    assert moment(_iso(second.ms - 1)) == (1, True)
    assert moment(_iso(second.ms)) == (2, False)
    assert moment("2099-01-01") == (2, False)
    feed.publish(investment("meta-platforms", "scale-ai", 3))
    feed.log.cut()
    feed.views.look()
    with pytest.raises(ViewBehind):  # the third cut is there, what it covers is not posted yet
        moment("2099-01-01")
    feed.close()


def _iso(ms: int) -> str:
    return event_queries.moment(ms)


def test_a_cut_that_is_read_before_a_merge_that_it_covers_waits_for_it(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    feed.publish(investment("meta-platforms", "scale-ai"))
    feed.post()
    feed.cut()
    change = make(ChangeKind.MERGE, entity="scale-ai", into="sadaf", by="desk", reason="one firm")
    record = feed.log.record("entities", 0, encode_change(change))
    vector = {**feed.log.file.cut.vector, "entities": {"0": 1}}
    read = feed.log.record("cuts", 0, cuts.encode(vector))
    feed.log.file.apply([read], {("cuts", 0): read.offset + 1})
    cut = feed.log.file.cut
    feed.views.look()
    assert versioned(feed) == 1, "the cut is there, the merge that it covers is not"
    assert not feed.log.apply([record]).skipped
    feed.views.look()
    at = feed.snapshot()
    assert answered(at, "scale-ai", DAYS[2], cut) == answered(at, "scale-ai", DAYS[2], None) == {}
    assert answered(at, "sadaf", DAYS[2], cut).keys() == {"sadaf|investors|meta-platforms"}
    assert answered(at, "sadaf", DAYS[2], None) == answered(at, "sadaf", DAYS[2], cut)
    for company, gone in (("scale-ai", True), ("sadaf", False)):
        changes = [c for _, c in recorded_changes(at, company, (1, "\U0010ffff", "", ""), 9, DAYS[4]) if c]
        assert [(c.after is None, c.entity_changes) for c in changes] == [(gone, (change.id,))]
    feed.close()


def test_what_was_split_away_as_it_came_is_in_no_version_of_the_line_it_was_posted_to(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    one, two, three = (investment("meta-platforms", "scale-ai", amount) for amount in (1, 2, 3))
    feed.publish(one)
    feed.publish(two)
    feed.post()
    feed.cut()
    feed.publish(three)
    why = {"by": "desk", "reason": "another firm of that name"}
    feed.change(make(ChangeKind.SPLIT, entity="scale-ai", into="sadaf", events=(three.id,), **why))
    feed.post()
    feed.cut()
    for cut, events_of_line in zip(feed.cuts, (2, 2), strict=True):
        (line,) = answered(feed.snapshot(), "scale-ai", DAYS[2], cut).values()
        (wanted,) = plain(feed, cut.vector, "scale-ai").values()
        assert {name: line[name] for name in wanted} == wanted
        assert wanted["events"] == events_of_line
    feed.close()


@pytest.mark.parametrize("batches", [1, 2])
def test_a_name_does_not_depend_on_the_batches(tmp_path: Path, batches: int) -> None:
    feed = Feed(tmp_path)
    money = Quantity(low="5", high="5", unit="USD", surface="$5")
    slots = {"target": org("y-firm"), "investors": (Investor(entity=org("x-fund", "X Fund")),)}
    told = [
        *events(article(), fact("investment", slots)),
        *events(article(), fact("valuation", {"company": org("x-fund", "The X fund."), "amount": money})),
    ]
    records = [feed.log.event(event) for event in told]
    for batch in [records] if batches == 1 else [records[1:], records[:1]]:
        feed.log.apply(batch)
    feed.log.cut()
    row = feed.log.file.connection.execute("SELECT name, named FROM entities WHERE id = 'x-fund'").fetchone()
    assert row == ("X Fund", 1)  # facts.investment goes before facts.valuation
    feed.close()


def test_more_steps_than_are_served_are_all_answered(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    for year in range(1960, 2020):
        feed.publish(investment("meta-platforms", "scale-ai", year, published_at=f"{year}-06-17"))
    feed.post()
    feed.cut()
    at, day = feed.snapshot(), date(1965, 7, 1)
    recorded = resolve(at, Asked(day, "2099-01-01")).recorded
    (line,) = answered(at, "scale-ai", day, None).values()
    assert line["current"]["date"] == "1965-06-17"
    (change,) = difference(at, "scale-ai", (day, recorded), (date(2019, 7, 1), recorded))
    assert (change["before"]["date"], change["after"]["date"]) == ("1965-06-17", "2019-06-17")
    steps = valid_changes(at, "scale-ai", date(1959, 1, 1), date(2020, 1, 1), recorded)
    assert [step.at[:4] for step in steps] == [str(year) for year in range(1960, 2020)]
    (told,) = [c for _, c in recorded_changes(at, "scale-ai", (0, "", "", ""), 9, day) if c]
    assert told.after is not None
    assert told.after["date"] == "1965-06-17"
    feed.close()
