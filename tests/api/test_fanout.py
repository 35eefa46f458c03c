"""Streams that share what is read: whatever the order of things, each tells what its own reading would."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import fanout, history
from api.read_model import event_queries
from api.read_model.entity_maps import entity_map
from api.read_model.matching import Asked
from api.service import Service
from api.sse import EventMessages
from seeds.facts import Stage
from streams.entity_changes import ChangeKind, make
from streams.events import AnyEvent
from streams.filters import EventFilter
from streams.settings import Settings
from streams.tokens import Token
from tests.api.making import investment
from tests.api.test_as_of import COMPANIES, Feed, a_change, feed_in
from tests.strategies import histories

FILTERS = [
    EventFilter(),
    EventFilter(types=frozenset({"supply"})),
    EventFilter(types=frozenset({"retraction", "valuation"})),
    *(EventFilter(company=company) for company in COMPANIES),
]


class State:
    """What streams share in one process."""

    def __init__(self, data: Path) -> None:
        self.service = Service(Settings(data=data))
        self.fanout = fanout.Fanout(self.service)

    def read(self) -> None:
        with self.service.model.snapshot() as at:
            self.fanout.go_on(at)


class Client:
    """A subscriber; `told` are the ids of the events that it got, `last` the id of the last message."""

    def __init__(self, state: State, wanted: EventFilter) -> None:
        self._state = state
        self.wanted = wanted
        self.told: list[str] = []
        self.messages = self._begun(None)
        self.last = self.messages.id()

    def _begun(self, token: str | None) -> EventMessages:
        service = self._state.service
        with service.model.snapshot() as at:
            walk = history.start(at, Token.decode(token)) if token else history.beginning(at)
        return EventMessages(self._state.fanout, service, walk, self.wanted)

    def take(self) -> bool:
        """Take what there is now."""
        data, at_end = self.messages.go_on()
        for message in data.decode().split("\n\n")[:-1]:
            id_, _, event = (line.partition(": ")[2] for line in message.split("\n"))
            self.told.append(orjson.loads(event)["event"]["id"])
            self.last = id_
        return at_end

    def resume(self) -> None:
        """Go away, and come back with the id of the last message."""
        self.messages.close()
        self.messages = self._begun(self.last)

    def beat(self) -> None:
        """Take a heartbeat: an id alone."""
        self.last = self.messages.id() if self.take() else self.last


@st.composite
def scenes(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Events that are read, and clients that come, take, stay away and come again."""
    told = draw(histories(event_types=("supply", "valuation", "customer_pullback")))
    steps: list[tuple[str, Any]] = []
    for event in told:
        steps += draw(
            st.lists(
                st.one_of(
                    st.tuples(st.just("come"), st.sampled_from(FILTERS)),
                    st.tuples(st.sampled_from(["take", "resume", "beat"]), st.integers(0, 5)),
                    st.tuples(st.sampled_from(["read", "read", "fail"]), st.none()),
                ),
                max_size=4,
            )
        )
        steps.append(("tell", event))
    return steps


@settings(max_examples=80, deadline=None)
@given(scenes(), st.sampled_from([0, 3000, fanout.GROUP_BYTES_MAX]))
def test_each_stream_tells_every_event_once_and_in_order(
    steps: list[tuple[str, Any]], bytes_max: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout, "GROUP_BYTES_MAX", bytes_max)
        feed = feed_in(Path(folder))
        asyncio.run(_played(feed, Path(folder), steps))
        feed.close()


async def _played(feed: Feed, data: Path, steps: list[tuple[str, Any]]) -> None:
    state = State(data)
    clients: list[Client] = []
    for what, one in steps:
        if what == "tell":
            feed.publish(one)
        elif what == "come":
            clients.append(Client(state, one))
        elif what == "read":
            state.read()
        elif what == "fail":  # as when reading for all of them failed
            state.fanout.let_all_go()
        elif clients:
            client = clients[one % len(clients)]
            {"take": client.take, "resume": client.resume, "beat": client.beat}[what]()
    state.read()
    for client in clients:
        while not client.take():
            pass
        client.take()  # once more, now that it is with the others
        assert client.told == wanted_by(feed, client.wanted)
        client.messages.close()
    await state.service.close()


def wanted_by(feed: Feed, wanted: EventFilter) -> list[str]:
    events = feed.log.file.connection
    found = event_queries.after(events, wanted, 0, 1 << 60, entity_map(events))
    return [orjson.loads(event.data)["id"] for event in found]


@st.composite
def changed(draw: st.DrawFn) -> list[tuple[AnyEvent, Any]]:
    made: list[Any] = []
    steps = []
    for event in draw(histories(event_types=("supply", "valuation", "rivalry"))):
        change = draw(a_change(event, made)) if draw(st.booleans()) else None
        made += [change] if change else []
        steps.append((event, change))
    return steps


@settings(max_examples=60, deadline=None)
@given(changed(), st.sampled_from([None, *Stage]), st.sampled_from(["0", "0.5", "0.95"]))
def test_a_filter_means_the_same_with_and_without_sql(
    steps: Any, stage: Stage | None, confidence: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = feed_in(Path(folder))
        for event, change in steps:
            feed.publish(event)
            if change is not None:
                feed.change(change)
        events = feed.log.file.connection
        entities = entity_map(events)
        for one in FILTERS:
            stages = frozenset([stage]) if stage else frozenset()
            wanted = EventFilter(one.types, stages, company=one.company, min_confidence=confidence)  # type: ignore[arg-type]  # texts do
            everything = event_queries.after(events, EventFilter(), 0, 1 << 60, entities)
            told = [
                event.n for event in everything if Asked.of(event.data, entities).is_wanted(wanted, entities)
            ]
            assert told == [event.n for event in event_queries.after(events, wanted, 0, 1 << 60, entities)]
        feed.close()


async def test_a_merge_is_followed_by_streams_of_the_company(tmp_path: Path) -> None:
    feed = feed_in(tmp_path)
    state = State(tmp_path)
    client = Client(state, EventFilter(company="sadaf"))
    assert client.take()
    feed.publish(investment("fund", "scale-ai"))
    state.read()
    client.take()
    feed.change(make(ChangeKind.MERGE, entity="scale-ai", into="sadaf", by="desk", reason="one firm"))
    feed.views.look()
    event = investment("fund", "scale-ai", 7)
    feed.publish(event)
    state.read()
    client.take()
    assert client.told == [event.id]
    await state.service.close()
    feed.close()
