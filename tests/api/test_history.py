"""Walks over replicas that met the events in different orders: no gap, no duplicate."""

from __future__ import annotations

import tempfile
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from api import history
from api.history import Walk
from api.read_model.reading import Snapshot
from api.read_model.records import Record
from streams import cuts
from streams.filters import EventFilter
from streams.tokens import TEXT_MAX, Token
from tests.api.files import Log
from tests.api.making import investment

EVENTS = [investment(f"fund-{n}", f"firm-{n % 7}", n + 1) for n in range(12)]
EVERYTHING = EventFilter()


def replica(folder: Path, records: list[Record], order: list[int]) -> Snapshot:
    """Read records partition by partition, the partitions interleaved in some order."""
    log = Log(folder)
    waiting: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        waiting.setdefault(record[:2], []).append(record)
    for choice in order:
        places = sorted(place for place, left in waiting.items() if left)
        if places:
            record = waiting[places[choice % len(places)]].pop(0)
            log.file.apply([record], {record[:2]: record.offset + 1})
    for place, left in waiting.items():
        if left:
            log.file.apply(left, {place: left[-1].offset + 1})
    return Snapshot(log.file.connection, None, 0)


def records_of(folder: Path) -> list[Record]:
    log = Log(folder)
    made = [log.event(event) for event in EVENTS]
    again = [log.event(event) for event in EVENTS[:2]]  # told twice: no event of a second time
    vector: dict[str, dict[str, int]] = {}
    for topic, partition, offset, *_ in made[:6]:
        vector.setdefault(topic, {})[str(partition)] = offset + 1
    cut = log.record("cuts", 0, cuts.encode(vector), 1)
    log.file.close()
    return [*made[:6], cut, *made[6:], *again]


def walk_on(at: Snapshot, walk: Walk, wanted: EventFilter = EVERYTHING) -> list[tuple[str, str]]:
    found, at_end = history.go_on(at, walk, wanted)
    assert at_end
    return [(orjson.loads(event.data)["id"], token) for event, token in found]


@given(st.lists(st.integers(0, 5), max_size=20), st.lists(st.integers(0, 5), max_size=20), st.integers(0, 12))
@settings(max_examples=30, deadline=None)
def test_a_token_of_one_replica_goes_on_at_another(one: list[int], two: list[int], stop: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = records_of(Path(folder) / "all")
        here = replica(Path(folder) / "one", records, one)
        there = replica(Path(folder) / "two", records, two)
        seen = walk_on(here, history.beginning(here))
        assert sorted(event for event, _ in seen) == sorted(event.id for event in EVENTS)
        assert all(len(token) <= TEXT_MAX for _, token in seen)
        begin = history.beginning(here).token() if stop == 0 else seen[stop - 1][1]
        rest = walk_on(there, history.start(there, Token.decode(begin)))
        assert sorted([e for e, _ in seen[:stop]] + [e for e, _ in rest]) == sorted(e.id for e in EVENTS)


def test_a_walk_goes_on_in_a_file_that_was_made_anew(tmp_path: Path) -> None:
    records = records_of(tmp_path / "all")
    before = replica(tmp_path / "one", records[:5], [])
    walk = history.beginning(before)
    seen = [event for event, _ in walk_on(before, walk)]
    after = replica(tmp_path / "two", list(records), [5, 4, 3, 2, 1, 0])
    seen += [event for event, _ in walk_on(after, walk)]
    assert sorted(seen) == sorted(event.id for event in EVENTS)


def test_at_the_end_a_token_is_short_and_nothing_is_left(tmp_path: Path) -> None:
    records = records_of(tmp_path / "all")
    at = replica(tmp_path / "one", records, [])
    walk = history.beginning(at)
    nothing = EventFilter(company="nobody")
    assert walk_on(at, walk, nothing) == []
    assert walk_on(at, history.start(at, Token.decode(walk.token()))) == []
    assert walk_on(at, history.start(at, None)) == []
    assert walk.cut.number == 1
