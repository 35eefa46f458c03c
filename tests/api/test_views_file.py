"""A generation's file, without Kafka: what the proof notes beside single entries, and how the file fails."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson
import pytest

from api.read_model import lines_db
from api.read_model.differences import entries_of
from api.read_model.view_queries import proof
from streams.codec import wire
from streams.delta import retraction
from streams.entries import entries, table_key
from streams.events import EVENT, AnyEvent
from streams.ids import canonical, event_id
from streams.slots import Cause
from tests.api.files import Log, Views
from tests.api.making import article, events, fact, investment, org
from tests.streams.test_upcast import STEPS, as_version_0


@pytest.fixture
def views(tmp_path: Path) -> Views:
    return Views(Log(tmp_path), tmp_path)


def broken(entry: bytes) -> bytes:
    """An entry that no line can be made of."""
    return orjson.dumps({k: v for k, v in orjson.loads(entry).items() if k != "stage"})


def test_a_line_that_cannot_be_folded_is_a_finding_and_not_served_as_it_was(views: Views) -> None:
    first = views.publish(investment("meta", "scale"))
    assert views.post(first) == []
    second = views.publish(investment("meta", "scale", 7))
    wanted = views.rows(second)
    line = "scale|investors|meta"
    altered = {k: broken(e) if k.startswith(line.encode()) else e for k, e in wanted.items()}

    found = views.post(second, altered)
    assert sorted(f.kind for f in found) == ["altered", "unfoldable"]
    assert views.lines() == {"meta|investments|scale"}
    (told,) = [d for d in proof(views.file.connection)["differences"] if d["kind"] == "unfoldable"]
    assert (told["line"], told["event"], told["bucket"], told["settled_at"]) == (line, None, None, None)
    assert str(next(f for f in found if f.kind == "unfoldable")).endswith(f"line {line}")

    third = views.publish(investment("meta", "scale", 9))
    assert views.post(third) == [], "it is no news"
    assert views.lines() == {"meta|investments|scale"}

    assert views.post(second) == []
    assert views.differences() == [("altered", True), ("unfoldable", True)]
    assert line in views.lines()
    assert proof(views.file.connection)["proven"]


def test_a_line_that_the_log_makes_unfoldable_is_no_fault_of_the_posting(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, more = views.publish(investment("meta", "scale")), views.publish(investment("meta", "scale", "5"))
    with monkeypatch.context() as patched:

        def failing(_: object) -> dict[str, object]:
            raise IndexError

        patched.setattr(lines_db, "fold", failing)  # a version whose fold has a fault
        assert not views.post(event)  # a line with one entry is not folded yet
        assert {f.kind for f in views.post(more)} == {"unfoldable"}
    assert views.lines() == set()
    views.reopen()  # by a version that has none
    assert views.lines() == {"scale|investors|meta", "meta|investments|scale"}
    assert proof(views.file.connection)["proven"]


def test_a_line_is_settled_with_its_last_entry(views: Views) -> None:
    event = views.publish(investment("meta", "scale"))
    rows = views.rows(event)
    views.post(event, {key: broken(entry) for key, entry in rows.items()})
    assert {f.kind for f in views.post(event, dict.fromkeys(rows))} == {"missing"}
    assert views.lines() == set()
    assert views.differences() == [("missing", False)] * 2 + [("unfoldable", True)] * 2


def test_sums_that_no_key_explains_are_a_finding_until_they_agree(views: Views) -> None:
    first = views.publish(investment("meta", "scale"))
    views.post(first)
    key, entry = next(iter(views.rows(first).items()))
    posted, _ = views.file.entries.sums[first.partition]
    posted.add(key, entry)  # as if it had been counted twice
    second = views.publish(investment("meta", "scale", 7))
    (found,) = views.post(second)
    assert found.kind == "sum"
    assert found.partition == first.partition
    told = proof(views.file.connection)
    (difference,) = told["differences"]
    assert not told["proven"]
    assert (difference["bucket"], difference["line"], difference["event"]) == (found.key[0], None, None)
    assert str(found) == f"sum: partition {found.partition}, bucket {found.key[0]}"

    third = views.publish(investment("meta", "scale", 8))
    assert views.post(third) == [], "it is no news"
    posted.remove(key, entry)
    assert views.post(views.publish(investment("meta", "scale", 9))) == []
    assert views.differences() == [("sum", True)]
    assert proof(views.file.connection)["proven"]


def a_supply() -> AnyEvent:
    slots = {"supplier": org("scale"), "customer": org("meta")}
    (event,) = events(article(), fact("supply", slots))
    return event


def test_what_a_retraction_takes_back_is_upcast_too() -> None:
    event = a_supply()
    old = as_version_0(event)
    again = EVENT.validate_python({**wire(event), "id": old["id"]})
    for _ in range(2):
        again = retraction(wire(again), Cause.EXTRACTOR_BUG, "a test", article())
        data = wire(again)
        data["slots"]["event"] = old
        old = {**data, "id": event_id(data)}
        rows = entries_of(canonical(old), STEPS)
        expected = {table_key(line, old["id"]) for line, _ in entries({**wire(again), "id": old["id"]})}
        assert len(rows) == 2
        assert rows.keys() == expected
        again = EVENT.validate_python({**wire(again), "id": old["id"]})


def test_what_is_no_event_any_more_posts_nothing() -> None:
    event = wire(investment("meta", "scale"))
    assert len(entries_of(canonical(event))) == 2
    assert entries_of(canonical({**event, "type": "of-yesterday"})) == {}


def test_a_file_that_failed_is_not_written_on(views: Views) -> None:
    """Its writer had taken the batch in before the transaction failed."""
    event = views.publish(investment("meta", "scale"))
    views.file.connection.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON lines BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        views.post(event)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        views.post(event)
    views.reopen()
    assert views.file.exposed == {}
    assert views.post(event) == []
    assert len(views.lines()) == 2
    assert proof(views.file.connection)["proven"]
