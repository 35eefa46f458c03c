"""What is kept of positions is what would be made anew, whatever was written meanwhile, and however often."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import ApiError
from api.kept import KeptAnswers
from api.live import LivePositions
from api.positions import entity_of
from api.read_model import changes, store
from api.read_model.changes import ROWS_KEPT, Changed
from api.read_model.places import read_vector
from api.read_model.records import Record
from api.service import Service
from seeds.facts import Entity, Investor, Quantity
from streams import codec
from streams.codec import wire
from streams.delta import retraction
from streams.entity_changes import ChangeKind, make
from streams.events import AnyEvent
from streams.settings import Settings
from streams.slots import Cause
from streams.topics import fact_topic, partition_of
from tests.api.files import PARTITIONS, Views
from tests.api.making import article, events, fact
from tests.api.test_as_of import Feed, feed_in
from tests.api.test_dead_letters import sent_again

COMPANIES = ("rimal", "sadaf", "scale-ai", "unresolved/najd", "unresolved/tuwaiq")
NAMES = ("Rimal", "رمال", "Najd Grid", "NAJD")

Told = tuple[int, list[tuple[bytes, bytes]], bytes]


class World:
    """Files that are written to in all ways, and a server that keeps what it answered."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.feed: Feed = feed_in(data)
        self.service = Service(Settings(data=data))
        self.live = LivePositions(self.service)
        self.number = 0
        self.letters: list[tuple[Record, AnyEvent]] = []

    def close(self) -> None:
        self.service.model.close()
        self.feed.close()

    def event(self, one: str, other: str, name: str) -> AnyEvent:
        self.number += 1
        names = [Entity(id=one, name=name, surface=name), Entity(id=other, name=name, surface=name)]
        amount = Quantity(low=str(self.number), high=str(self.number), unit="USD", surface="$")
        if self.number % 4:
            slots: dict[str, Any] = {
                "target": names[0],
                "investors": (Investor(entity=names[1], amount=amount),),
            }
            made = events(article(published_at="2025-06-17"), fact("investment", slots))
        else:
            slots = {"company": names[0], "amount": amount}
            made = events(article(published_at="2025-06-17"), fact("valuation", slots))
        return made[0]

    def publish(self, one: str, other: str, name: str) -> None:
        if one != other:
            self.feed.publish(self.event(one, other, name))

    def retract(self, which: int) -> None:
        if self.feed.told:
            event = self.feed.told[which % len(self.feed.told)][0]
            self.feed.publish(retraction(wire(event), Cause.EXTRACTOR_BUG, "desk", article()))

    def refuse(self, one: str, other: str) -> None:
        """An event that stands under the key of another, or that is none."""
        event, log = self.event(one, "rimal" if one != "rimal" else "sadaf", "Rimal"), self.feed.log
        value = codec.encode(event) if self.number % 2 else b"{"
        partition = partition_of(other.encode(), PARTITIONS)
        record = log.record(fact_topic(event.type), partition, value, key=other.encode())
        if log.apply([record]).skipped:
            self.letters.append((record, event))

    def settle(self, which: int, send: bool) -> None:
        """What was refused comes where it belongs, or something is sent in its stead."""
        if not self.letters:
            return
        record, event = self.letters.pop(which % len(self.letters))
        if send:
            again = sent_again(self.feed.log, record, event)
            self.feed.log.apply([again])
            self.feed.told.append((event, again))
            self.feed.unposted.append(again)
        else:
            self.feed.publish(event)

    def unpost(self, which: int) -> None:
        """A row of the changelog goes, though the log has its event; then it is posted again."""
        if posted := [record for _, record in self.feed.told if record not in self.feed.unposted]:
            record = posted[which % len(posted)]
            self.feed.views.post(record, dict.fromkeys(self.feed.views.rows(record)))

    def repost(self) -> None:
        """Everything is posted once more, so that nothing is wrong any more."""
        for _, record in self.feed.told:
            self.feed.views.post(record)
        self.feed.unposted.clear()

    def change(self, kind: str, one: str, other: str, name: str) -> None:
        why = {"by": "desk", "reason": f"change {self.number}"}
        self.number += 1
        if kind == "rename":
            self.feed.change(make(ChangeKind.RENAME, entity=one, name=name, **why))
        elif kind == "undo" and self.feed.changes:
            self.feed.change(make(ChangeKind.UNDO, undoes=self.feed.changes[-1][0].id, **why))
        elif kind == "split" and one != other and self.feed.told:
            event = self.feed.told[-1][0]
            self.feed.change(make(ChangeKind.SPLIT, entity=one, into=other, events=(event.id,), **why))
        elif kind == "merge" and one != other:
            self.feed.change(make(ChangeKind.MERGE, entity=one, into=other, **why))

    def batch(self, names: list[str]) -> None:
        """Several events in one commit of each file."""
        made = [self.event("rimal", one, name) for one in COMPANIES[1:] for name in names]
        records = [self.feed.log.event(event) for event in made]
        self.feed.log.apply(records)
        self.feed.told += zip(made, records, strict=True)
        self.feed.unposted += records

    def post(self) -> None:
        for record in self.feed.unposted:
            self.feed.views.post(record)
        self.feed.unposted.clear()

    def cut(self) -> None:
        self.feed.log.cut()
        self.look()

    def look(self) -> None:
        views = self.feed.views
        read = read_vector(self.feed.log.file.connection)
        views.file.apply([], {}, read, set(range(PARTITIONS)), views.now_ms)

    def restart(self) -> None:
        self.feed.views.reopen()

    def anew(self) -> None:
        """The generation's file is made anew, in the place of the one before."""
        self.feed.views.file.close()
        store.remove(store.views_path(self.data, 1))
        self.feed.views = Views(self.feed.log, store.events_path(self.data).parent)
        self.repost()

    def unserve(self) -> None:
        """There is no generation that is served; then it is that one again."""
        events_file = self.feed.log.file.connection
        live = store.get_meta(events_file, "live")
        store.set_meta(events_file, "live", "0" if live == "1" else "1")

    def differ(self) -> list[str]:
        """Of which companies the server answers otherwise than one that has kept nothing."""
        service = Service(Settings(data=self.data))
        try:
            return [one for one in COMPANIES if told(self.live, one) != told(LivePositions(service), one)]
        finally:
            service.model.close()


def told(positions: LivePositions, company: str) -> Told:
    try:
        answer = positions.answer(company, [])
    except ApiError as error:
        return 0, [], f"{type(error).__name__}: {error}".encode()
    return answer.status_code, answer.raw_headers, bytes(answer.body)


@contextmanager
def a_world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        yield world
        world.close()


one_of, a_name, number = st.sampled_from(COMPANIES), st.sampled_from(NAMES), st.integers(0, 99)
COMMON = st.one_of(
    st.tuples(st.just("publish"), one_of, one_of, a_name),
    st.tuples(st.just("publish"), one_of, one_of, a_name),
    st.tuples(st.just("post")),
    st.tuples(st.just("post")),
    st.tuples(st.just("cut")),
)
RARE = st.one_of(
    st.tuples(st.just("batch"), st.lists(a_name, min_size=1, max_size=3)),
    st.tuples(st.just("retract"), number),
    st.tuples(st.just("refuse"), one_of, one_of),
    st.tuples(st.just("settle"), number, st.booleans()),
    st.tuples(st.just("unpost"), number),
    st.tuples(st.just("repost")),
    st.tuples(st.just("look")),
)
CHANGES = st.tuples(
    st.just("change"), st.sampled_from(("rename", "merge", "split", "undo")), one_of, one_of, a_name
)
ANEW = st.tuples(st.sampled_from(("restart", "anew", "unserve")))
STEPS = st.integers(0, 19).flatmap(
    lambda n: CHANGES if not n else ANEW if n == 1 else COMMON if n < 13 else RARE
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STEPS, st.lists(one_of, max_size=3)), max_size=40))
def test_what_is_kept_is_what_would_be_made_anew(steps: Any) -> None:
    """Some are asked for after each step, so that answers get old; now and then all are compared."""
    with a_world() as world:
        for count, ((name, *given_), asked) in enumerate(steps):
            getattr(world, name)(*given_)
            for company in asked:
                told(world.live, company)
            if count % 5 == 4:
                assert world.differ() == []
        assert world.differ() == []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    for one, other in (("rimal", "unresolved/najd"), ("sadaf", "scale-ai")):
        world.publish(one, other, "Rimal")
    world.post()
    yield world
    world.close()


def made(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which positions are made from now on, in their order."""
    asked: list[str] = []
    of = entity_of

    def noted(at: Any, company: str, as_of: Any) -> Any:
        asked.append(company)
        return of(at, company, as_of)

    monkeypatch.setattr("api.live.entity_of", noted)
    return asked


def test_only_what_a_change_concerns_is_made_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = made(world, monkeypatch)

    def ask() -> list[str]:
        for company in COMPANIES:
            told(world.live, company)
        anew = asked.copy()
        asked.clear()
        return anew

    assert ask() == list(COMPANIES)
    assert ask() == ["unresolved/tuwaiq"]  # that there is none is not kept
    world.publish("sadaf", "scale-ai", "Rimal")
    assert ask() == ["sadaf", "scale-ai", "unresolved/tuwaiq"]  # the events are counted
    world.post()
    assert ask() == ["sadaf", "scale-ai", "unresolved/tuwaiq"]
    world.look()
    world.feed.views.file.unknown(0, 0)
    assert ask() == ["unresolved/tuwaiq"]
    world.cut()  # it is called so for good, also in the position of another
    assert ask() == list(COMPANIES)
    world.cut()
    assert ask() == ["unresolved/tuwaiq"]
    world.change("rename", "scale-ai", "", "Scale")
    assert set(ask()) == set(COMPANIES)
    with store.transaction(world.feed.log.file.connection):  # whoever tells nothing
        pass
    assert set(ask()) == set(COMPANIES)
    world.restart()
    assert set(ask()) == set(COMPANIES)


def test_a_name_that_a_cut_brings_is_told(world: World) -> None:
    """An entity is called as it was met first, until the cut says which mention is first."""
    homes = sorted(("rimal", "sadaf", "scale-ai"), key=lambda one: partition_of(one.encode(), PARTITIONS))
    world.number = 4  # two investments come next
    world.publish(homes[-1], "unresolved/tuwaiq", "as it was met first")
    world.publish(homes[0], "unresolved/tuwaiq", "as it is in the first partition")
    world.post()
    assert world.differ() == []
    assert b"as it was met first" in told(world.live, homes[0])[2]
    world.cut()
    assert b"as it was met first" not in told(world.live, homes[0])[2]
    assert world.differ() == []


def test_a_letter_is_told_of_no_more_once_its_event_comes_under_its_own_key(world: World) -> None:
    assert b'"dead_letters":null' in told(world.live, "scale-ai")[2]
    world.number = 4  # an event that is whole comes next
    world.refuse("sadaf", "scale-ai")
    assert b'"dead_letters":{"count":1' in told(world.live, "scale-ai")[2]
    world.settle(0, send=False)
    assert b'"dead_letters":null' in told(world.live, "scale-ai")[2]
    assert world.differ() == []


def test_what_is_told_of_one_that_was_merged_is_told_of_what_it_is_now(world: World) -> None:
    world.publish("unresolved/tuwaiq", "scale-ai", "Tuwaiq")
    world.change("merge", "unresolved/tuwaiq", "rimal", "")
    world.cut()
    assert b'"events":2' in told(world.live, "rimal")[2]
    world.number = 4
    world.publish("unresolved/tuwaiq", "scale-ai", "Tuwaiq")  # counted, and not yet posted
    assert b'"events":3' in told(world.live, "rimal")[2]
    assert world.differ() == []


def test_who_has_not_looked_for_long_is_told_that_anything_may_have_changed(tmp_path: Path) -> None:
    file = store.create(tmp_path / "events.db", "events", {})
    begun = changes.last(file)

    def write(*ids: str) -> None:
        with store.transaction(file, Changed(set(ids))):
            pass

    for count in range(ROWS_KEPT):
        write(f"company-{count}")
    assert changes.since(file, begun).changed == Changed({f"company-{n}" for n in range(ROWS_KEPT)})
    write()
    assert not changes.since(file, begun).changed.anything
    write("one more")
    assert changes.since(file, begun).changed.anything
    assert changes.since(file, begun + 1).changed.ids >= {"one more", "company-1"}
    at = changes.last(file)
    assert changes.since(file, at) == (at, Changed())
    write(*map(str, range(changes.IDS_MAX + 1)))
    assert changes.since(file, at) == (at + 1, Changed(anything=True))
    assert file.execute("SELECT count(*) FROM changes").fetchone()[0] == ROWS_KEPT
    file.close()


def test_what_is_rolled_back_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    file = store.create(path, "events", {})
    begun = changes.last(file)
    with pytest.raises(sqlite3.OperationalError), store.transaction(file, Changed({"rimal"})):
        file.execute("no SQL")
    file = store.open_reader(path)
    assert changes.since(file, begun) == (begun, Changed())
    file.close()


IDS = st.sampled_from("abcde")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("keep"), IDS, st.integers(1, 2000), st.sets(IDS), st.sets(IDS)),
            st.tuples(st.just("change"), st.sets(IDS), st.sets(IDS), st.booleans()),
            st.tuples(st.just("get"), IDS),
        )
    )
)
def test_answers_are_kept_until_a_change_or_for_want_of_room(steps: Any) -> None:
    bytes_max = 4000
    kept: KeptAnswers[int] = KeptAnswers(bytes_max)
    model: dict[str, tuple[int, int, set[str], set[str]]] = {}  # the one used last comes last
    for number_, (what, *given_) in enumerate(steps):
        if what == "keep":
            asked, size, ids, names = given_
            kept.keep(asked, number_, size, ids, names)
            model.pop(asked, None)
            model[asked] = number_, size + 200 * (len(ids) + len(names)), ids, names
            while sum(one[1] for one in model.values()) > bytes_max:
                del model[next(iter(model))]
        elif what == "change":
            ids, names, anything = given_
            kept.drop_changed(Changed(ids, names, anything))
            model = {
                asked: one for asked, one in model.items() if not (anything or ids & one[2] or names & one[3])
            }
        else:
            found = kept.get(given_[0])
            assert found == (model[given_[0]][0] if given_[0] in model else None)
            if given_[0] in model:
                model[given_[0]] = model.pop(given_[0])
        assert kept.size == sum(one[1] for one in model.values()) <= bytes_max
    assert {one for one in "abcde" if kept.get(one) is not None} == model.keys()
