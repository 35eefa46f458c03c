from __future__ import annotations

import sqlite3
import tempfile
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.read_model import document_queries, event_queries
from api.read_model.places import cut_below, cut_of, read_cut, read_offsets
from seeds.facts import Modality, Stage
from streams import cuts
from streams.codec import encode, wire
from streams.delta import retraction
from streams.documents import Change, ParseRecord, Place, Status
from streams.documents import encode as encode_record
from streams.entity_map import EntityMap
from streams.errors import NewerVersion
from streams.events import CATALOGUE, AnyEvent
from streams.filters import EventFilter
from streams.slots import Cause
from tests.api.files import PARTITIONS, Log
from tests.api.making import article, investment
from tests.strategies import events

filters = st.builds(
    EventFilter,
    types=st.frozensets(st.sampled_from(list(CATALOGUE)), max_size=3),
    stages=st.frozensets(st.sampled_from([s for s in Stage if s != "other"]), max_size=2),
    modalities=st.frozensets(st.sampled_from([m for m in Modality if m != "other"]), max_size=2),
    min_confidence=st.sampled_from([Decimal(0), Decimal("0.5"), Decimal("0.9"), Decimal(1)]),
    company=st.none() | st.sampled_from(["company-1", "company-2", "nobody"]),
)


def taken_back(event: AnyEvent) -> AnyEvent:
    return retraction(wire(event), Cause.EXTRACTOR_BUG, "a test", article())


@given(st.lists(events(), min_size=1, max_size=8, unique_by=lambda e: e.id), st.lists(filters, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_filter_of_pages_and_streams_is_that_of_subscribers(
    made: list[AnyEvent], wanted: list[EventFilter]
) -> None:
    made = [*made, taken_back(made[0]), taken_back(taken_back(made[-1]))]
    roles = [EventFilter(company=event.home) for event in made]
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder))
        assert log.apply(map(log.event, made)).skipped == []
        for each in [EventFilter(), *roles, *wanted]:
            expected = [event.id for event in made if each.matches(event)]
            file = log.file.connection
            told = event_queries.after(file, each, 0, 10**6, EntityMap.of(()))
            streamed = [orjson.loads(event.data)["id"] for event in told]
            assert streamed == expected
            paged: list[str] = []
            cursor = None
            while True:
                found, cursor = event_queries.page(file, each, 0, cursor, 3, EntityMap.of(()))
                paged += [orjson.loads(e.data)["id"] for e in found]
                if cursor is None:
                    break
            assert sorted(paged) == sorted(expected)
        log.file.close()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_an_event_is_retracted_in_whatever_order_it_is_read(tmp_path: Path, order: tuple[int, ...]) -> None:
    event = investment("meta", "scale")
    gone = taken_back(event)
    back = taken_back(gone)
    made = [event, gone, back]
    log = Log(tmp_path)
    seen: set[int] = set()
    for number in order:
        log.apply([log.event(made[number])])
        seen.add(number)
        for at, one in enumerate(made):
            if at in seen:
                stored = event_queries.one(log.file.connection, one.id)
                assert stored is not None
                expected = {0: 1 in seen and 2 not in seen, 1: 2 in seen, 2: False}[at]
                # A retraction of a retraction that is itself unread cannot be known to be undone.
                assert stored.retracted == expected


def test_what_no_worker_posts_is_skipped(tmp_path: Path) -> None:
    log = Log(tmp_path)
    event = investment("meta", "scale")
    good = log.event(event)
    forged = encode(event).replace(b'"confidence":"0.9"', b'"confidence":"1"')
    elsewhere = (good.partition + 1) % PARTITIONS
    applied = log.apply(
        [
            log.record("facts.investment", 0, b"\xff\x00"),
            log.record("facts.investment", 0, b"[]"),
            log.record("facts.investment", good.partition, forged),
            log.record("facts.investment", elsewhere, encode(event)),
            log.record("documents", 0, b"{}"),
            log.record("parses", 0, b"no"),
            log.record("cuts", 0, b"{}"),
            good,
            log.event(event),
        ]
    )
    assert [r.topic for r, _ in applied.skipped] == ["facts.investment"] * 4 + ["documents", "parses"]
    assert (applied.events, applied.duplicates) == (1, 1)
    stored = event_queries.one(log.file.connection, event.id)
    assert stored is not None
    assert stored.offset == good.offset, "the first place counts"
    assert read_offsets(log.file.connection) == log.positions


def test_a_newer_version_stops_the_reader(tmp_path: Path) -> None:
    from streams.ids import canonical, event_id

    data = wire(investment("meta", "scale")) | {"schema_version": 99}
    data["id"] = event_id(data)
    log = Log(tmp_path)
    partition = log.event(investment("meta", "scale")).partition
    with pytest.raises(NewerVersion):
        log.apply([log.record("facts.investment", partition, canonical(data), key=data["home"].encode())])
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):  # it may remember more than it holds
        read_offsets(log.file.connection)
    assert read_offsets(Log(tmp_path).file.connection) == {}, "nothing of the batch is kept"


def test_the_first_answer_to_a_document_counts(tmp_path: Path) -> None:
    log = Log(tmp_path)
    event = investment("meta", "scale")

    def answer(status: Status, *made: AnyEvent) -> bytes:
        return encode_record(
            ParseRecord(
                partition=1, offset=7, document="d", revision="0" * 26, change=Change.TEXT, status=status,
                extractor="rules", version="1", events=tuple(wire(e) for e in made),
            )
        )  # fmt: skip

    log.apply(
        [
            log.record("parses", 0, answer(Status.PARSED, event)),
            log.record("parses", 0, answer(Status.FAILED)),
        ]
    )
    found = document_queries.event_keys_of(log.file.connection, Place("documents", 1, 7))
    assert found == [bytes.fromhex(event.id)[:16]]
    assert document_queries.event_keys_of(log.file.connection, Place("documents", 1, 8)) is None


def test_cuts_are_numbered_by_the_rule_and_found_by_place(tmp_path: Path) -> None:
    log = Log(tmp_path)
    vectors = [
        {"facts.supply": {"0": 3}},
        {"facts.supply": {"0": 2}},
        {"facts.supply": {"0": 5}, "entities": {"0": 1}},
    ]
    made = [investment("meta", "scale")]
    log.apply(map(log.event, made))
    log.positions["facts.supply", 0] = 9
    log.apply([log.record("cuts", 0, cuts.encode(v), ms) for v, ms in zip(vectors, (10, 20, 5), strict=True)])
    file = log.file.connection
    assert read_cut(file, 1) == cuts.Cut(1, 10, vectors[0])
    assert read_cut(file, 2) == cuts.Cut(2, 10, vectors[2]), "the one that went back is none; nor does time"
    assert read_cut(file, 3) is None
    assert [cut_of(file, "facts.supply", 0, n) for n in (0, 2, 3, 4, 5)] == [1, 1, 2, 2, None]
    for offset, number in ((2, 0), (3, 1), (4, 1), (5, 2), (99, 2)):
        assert cut_below(file, {"facts.supply": {"0": offset}}).number == number
