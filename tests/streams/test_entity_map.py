"""Merges, splits and their undoing: every entry is shown somewhere, and undoing puts it back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import wire
from streams.entity_changes import ChangeKind, EntityChange, decode, encode, make
from streams.entity_map import EntityMap
from streams.errors import BadId, Invalid, NewerVersion, NotJson, TooLong
from streams.lines import Line, entities_of, lines, with_entities
from tests.strategies import events

IDS = ["rimal", "sadaf", "a", "unresolved/najd-grid", "rimal-9"]
EVENTS = [digit * 64 for digit in "12a"]
LINES = [
    Line("a", "investors", "sadaf"),
    Line("rimal", "rivals", "a"),
    Line("sadaf", "concerns", "spending+rimal"),
    Line("rimal", "builds", "data_centre+-"),
    Line("rimal", "products", "rimal~unresolved/x"),
    Line("a", "products", "rimal-9"),
    Line("sadaf", "results", "revenue+2025-01-01/2025-03-31"),
    Line("unresolved/najd-grid", "valuation", "-"),
]


def merge(entity: str, into: str) -> EntityChange:
    return make(ChangeKind.MERGE, entity=entity, into=into, by="desk", reason="one firm")


def split(entity: str, into: str, *event_ids: str) -> EntityChange:
    return make(ChangeKind.SPLIT, entity=entity, into=into, events=event_ids, by="desk", reason="two firms")


def undo(change: EntityChange) -> EntityChange:
    return make(ChangeKind.UNDO, undoes=change.id, by="desk", reason="it was wrong")


@st.composite
def changes(draw: st.DrawFn) -> list[EntityChange]:
    """Any changes, sensible or not; some undo others, some undo that."""
    made: list[EntityChange] = []
    for number in range(draw(st.integers(0, 7))):
        one, other = draw(st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True))
        told = draw(st.integers(0, 3))
        if told == 0 and made:
            change = undo(draw(st.sampled_from(made)))
        elif told == 1:
            change = split(one, other, draw(st.sampled_from(EVENTS)))
        else:
            change = merge(one, other)
        data = {**change.model_dump(mode="json", exclude_none=True), "reason": f"reason {number}"}
        made.append(make(**{k: v for k, v in data.items() if k not in ("id", "schema_version", "at")}))
    return made


def everything(entities: EntityMap) -> list[Line]:
    return [entities.line(line, event) for line in LINES for event in EVENTS]


@given(changes())
def test_every_entry_is_found_on_the_line_that_shows_it(made: list[EntityChange]) -> None:
    entities = EntityMap.of(made)
    for line in LINES:
        for event in EVENTS:
            shown = entities.line(line, event)
            assert line in entities.sources_of(shown)
            assert shown == line or (entities.concerns(line) and entities.concerns(shown))
            assert shown == entities.line(shown, "f" * 64), "what is shown is shown nowhere else"


@given(changes())
def test_an_id_leads_to_one_that_stands(made: list[EntityChange]) -> None:
    entities = EntityMap.of(made)
    for one in IDS:
        assert entities.resolve(entities.resolve(one)) == entities.resolve(one)
        assert one in entities.sources(entities.resolve(one))


@given(changes(), changes())
def test_undoing_restores_exactly_what_was(before: list[EntityChange], more: list[EntityChange]) -> None:
    was = EntityMap.of(before)
    known = {change.id for change in before}
    done = [c for c in more if c.kind in (ChangeKind.MERGE, ChangeKind.SPLIT) and c.id not in known]
    after = EntityMap.of([*before, *done, *(undo(change) for change in done)])
    assert everything(after) == everything(was)


def test_an_undo_can_be_undone() -> None:
    merged = merge("a", "rimal")
    wrong = undo(merged)
    assert EntityMap.of([merged, wrong]).resolve("a") == "a"
    assert EntityMap.of([merged, wrong, undo(wrong)]).resolve("a") == "rimal"


def test_merges_chain_and_circles_are_refused() -> None:
    chain = [merge("a", "rimal"), merge("rimal", "sadaf")]
    assert EntityMap.of(chain).resolve("a") == "sadaf"
    assert EntityMap.of(chain).sources("sadaf") == {"a", "rimal", "sadaf"}
    assert EntityMap.of(chain).sources("a") == frozenset()
    circle = merge("sadaf", "a")
    twice = merge("a", "sadaf")
    found = EntityMap.of([*chain, circle, twice])
    assert found.refused.keys() == {circle.id, twice.id}
    assert found.resolve("a") == "sadaf"


def test_a_split_takes_events_of_all_that_was_merged() -> None:
    entities = EntityMap.of([merge("a", "rimal"), split("rimal", "sadaf", EVENTS[0])])
    assert {entities.resolve(one, EVENTS[0]) for one in ("a", "rimal")} == {"sadaf"}
    assert {entities.resolve(one, EVENTS[1]) for one in ("a", "rimal")} == {"rimal"}
    assert entities.sources("sadaf") == {"a", "rimal", "sadaf"}
    assert entities.splits(["a"])


def test_one_merged_with_its_counterpart_has_a_line_with_itself() -> None:
    entities = EntityMap.of([merge("sadaf", "a")])
    assert entities.line(Line("a", "investors", "sadaf"), EVENTS[0]) == Line("a", "investors", "a")


def test_a_product_goes_with_the_company_that_it_belongs_to() -> None:
    entities = EntityMap.of([merge("rimal", "a")])
    scoped = Line("rimal", "products", "rimal~unresolved/x")
    assert entities.line(scoped, EVENTS[0]) == Line("a", "products", "a~unresolved/x")


@settings(max_examples=200)
@given(events())
def test_a_line_is_made_of_its_entities(event: object) -> None:
    data = wire(event)  # type: ignore[arg-type]  # the strategy draws events
    for line in lines(data["type"], data["slots"]):
        assert with_entities(line, line.company, entities_of(line)) == line


@given(changes())
def test_a_change_survives_the_wire(made: list[EntityChange]) -> None:
    assert [decode(encode(change)) for change in made] == made


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"{", NotJson),
        (b"[]", Invalid),
        (None, NotJson),
        (encode(merge("a", "rimal")).replace(b"rimal", b"sadaf"), BadId),
        (b'{"schema_version":2}', NewerVersion),
        (b" " * (200 << 10), TooLong),
    ],
)
def test_what_is_no_change_is_refused(value: bytes | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode(value)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "merge", "entity": "a"},
        {"kind": "merge", "entity": "a", "into": "a"},
        {"kind": "merge", "entity": "a", "into": "b", "name": "x"},
        {"kind": "split", "entity": "a", "into": "b"},
        {"kind": "rename", "entity": "a"},
        {"kind": "undo", "entity": "a"},
        {"kind": "merge", "entity": "a b", "into": "c"},
    ],
)
def test_a_change_has_what_its_kind_needs_and_nothing_else(fields: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        make(**fields, by="desk", reason="why")  # type: ignore[arg-type]  # what a request may say
