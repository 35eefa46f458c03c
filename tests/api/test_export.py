"""An exported moment: what the queries answer at it, the same bytes for ever, in bounded memory."""

from __future__ import annotations

import gc
import hashlib
import tempfile
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from pyarrow import parquet

from api.as_of import Asked
from api.export import files
from api.export.columns import TABLES, Kind
from api.export.dataset import Wanted, export
from api.export.files import Format
from api.read_model.event_queries import moment
from seeds.facts import Quantity
from streams import tokens
from streams.codec import decode, wire
from streams.cuts import Cut
from streams.entity_changes import ChangeKind, make
from streams.entity_map import EntityMap
from streams.events import AnyEvent
from streams.vectors import covers
from tests.api.making import article, events, fact, investment, org
from tests.api.test_as_of import Feed, _dead, answered, feed_in, feeds, versioned

JOBS = Quantity(low="200", high="200", surface="200 jobs")


def tell(feed: Feed, *told: AnyEvent) -> None:
    for event in told:
        feed.publish(event)
    feed.post()
    feed.cut()


def at(cut: Cut, form: Format = Format.JSONL, valid: date | None = None, *companies: str) -> Wanted:
    return Wanted(form, Asked(valid, tokens.at("a-log", cut, cut.vector).encode()), companies)


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (out / f"{table}.jsonl").read_bytes().splitlines()]


def everything(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def said_by_positions(feed: Feed, cut: Cut, day: date) -> list[dict[str, Any]]:
    """What `position_queries` answers for every company that ever had a line, step by step."""
    companies = feed.views.file.connection.execute("SELECT DISTINCT company FROM line_versions")
    found = []
    for (company,) in companies:
        for line in answered(feed.snapshot(), company, day, cut).values():
            for step in line["steps"]:
                found.append(
                    {
                        "line": line["line"],
                        "name": line["name"],
                        **{n: step[n] for n in ("date", "certain", "until", "precision", "type", "weak")},
                        **{n: step[n] for n in ("closing", "events", "origins")},
                        "event": step["entry"]["id"],
                        "slots": step["entry"]["slots"],
                        "is_current": step == line["current"],
                        "possibly": line["possibly"] and step == line["current"],
                        "is_otherwise": step == line["otherwise"],
                    }
                )
    return found


def said_by_file(out: Path) -> list[dict[str, Any]]:
    names = "name date certain until precision type weak closing events origins event is_current possibly"
    return [
        {
            "line": f"{row['company']}|{row['section']}|{row['counterpart']}",
            **{name: row[name] for name in [*names.split(), "is_otherwise"]},
            "slots": orjson.loads(row["slots"]),
        }
        for row in rows(out, "lines")
    ]


def in_order(told: list[dict[str, Any]]) -> list[bytes]:
    return sorted(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in told)


@settings(max_examples=25, deadline=None)
@given(feeds())
def test_a_moment_is_exported_as_it_is_answered_and_never_changes(steps: Any) -> None:
    """Events, retractions, merges, splits: each cut is exported when it comes, and once more at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feed = feed_in(folder / "data")
        first: dict[int, dict[str, bytes]] = {}
        for step in steps:
            feed.step(*step)
            for cut in feed.cuts:
                if cut.number not in first and cut.number <= versioned(feed):
                    export(folder / "data", at(cut, valid=None), folder / f"first-{cut.number}")
                    first[cut.number] = everything(folder / f"first-{cut.number}")
        feed.post()
        feed.cut()
        for cut in feed.cuts:
            out = folder / f"again-{cut.number}"
            manifest = export(folder / "data", at(cut), out)
            assert everything(out) == first.get(cut.number, everything(out)), "a final export has changed"
            day = date.fromisoformat(manifest["as_of"]["valid"])
            assert in_order(said_by_file(out)) == in_order(said_by_positions(feed, cut, day))
            told = [event for event, record in feed.told if covers(cut.vector, *record[:3])]
            shown = rows(out, "events")
            assert sorted(row["id"] for row in shown) == sorted({event.id for event in told})
            assert {row["id"] for row in shown if row["retracted"]} == _dead(told)
            known = EntityMap.of([c for c, record in feed.changes if covers(cut.vector, *record[:3])])
            ids = {row["id"]: row["shown_as"] for row in rows(out, "entities")}
            assert all(known.resolve(one) == shown_as for one, shown_as in ids.items())
            assert {one for row in shown for one in row["entities"]} <= ids.keys(), "a join would lose some"
            assert all(row["cut"] <= cut.number for row in shown)
        export(folder / "data", Wanted(Format.JSONL), folder / "last")
        assert everything(folder / "last") == everything(folder / f"again-{len(feed.cuts)}")
        feed.close()


@pytest.fixture
def feed(tmp_path: Path) -> Any:
    """Two investments in what turns out to be one company, one taken back; three cuts."""
    from streams.delta import retraction
    from streams.slots import Cause

    feed = feed_in(tmp_path / "data")
    wrong, right = investment("meta-platforms", "scale-ai", 5), investment("google", "scale-labs", 7)
    document = article()
    tell(feed, wrong, right)
    tell(feed, retraction(wire(wrong), Cause.EXTRACTOR_BUG, "desk", document))
    feed.change(make(ChangeKind.MERGE, entity="scale-labs", into="scale-ai", by="desk", reason="one firm"))
    tell(feed, *events(document, fact("layoff", {"company": org("scale-ai"), "count": JOBS})))
    yield feed
    feed.close()


def test_before_and_after_a_retraction_and_a_merge(feed: Feed, tmp_path: Path) -> None:
    for cut in feed.cuts:
        export(tmp_path / "data", at(cut), tmp_path / str(cut.number))
    before, corrected, merged = ({row["id"]: row for row in rows(tmp_path / n, "events")} for n in "123")
    wrong = next(row for row in before.values() if row["amount_low"] == 5)
    assert (wrong["amount_unit"], wrong["amount_low_exact"], wrong["retracted"]) == ("USD", "5", False)
    taken = corrected[wrong["id"]]
    assert (taken["retracted"], taken["retraction_cause"]) == (True, "extractor_bug")
    assert taken["retracted_at"] == corrected[taken["retracted_by"]]["recorded_at"]
    by = corrected[taken["retracted_by"]]
    assert (by["type"], by["retracts"], by["amount_low"], by["cut"]) == ("retraction", wrong["id"], None, 2)
    right = next(row for row in before.values() if row["amount_low"] == 7)
    assert right["entities"] == ["google", "scale-labs"]
    assert merged[right["id"]]["entities"] == ["google", "scale-ai"]
    names = {row["id"]: row for row in rows(tmp_path / "3", "entities")}
    assert names["scale-labs"] | {"shown_as": "scale-ai", "events": 0} == names["scale-labs"]
    assert names["scale-ai"]["events"] == 4  # two investments, the retraction of one, the layoff
    investors = [row for row in rows(tmp_path / "3", "lines") if row["section"] == "investors"]
    assert [(row["company"], row["counterpart"], row["name"]) for row in investors] == [
        ("scale-ai", "google", "Google")
    ]


def test_only_some_companies_by_any_of_their_ids(feed: Feed, tmp_path: Path) -> None:
    manifest = export(
        tmp_path / "data", at(feed.cuts[2], Format.JSONL, None, "scale-labs"), tmp_path / "some"
    )
    assert manifest["only"]["companies"] == ["scale-ai"]
    assert len(rows(tmp_path / "some", "events")) == 4
    assert {row["company"] for row in rows(tmp_path / "some", "lines")} == {"scale-ai"}
    export(tmp_path / "data", at(feed.cuts[0], Format.JSONL, None, "google"), tmp_path / "then")
    assert [row["amount_low"] for row in rows(tmp_path / "then", "events")] == [7]
    assert [row["id"] for row in rows(tmp_path / "then", "entities")] == ["google", "scale-labs"]


def test_a_day_keeps_out_what_took_effect_later(feed: Feed, tmp_path: Path) -> None:
    export(tmp_path / "data", at(feed.cuts[0], Format.JSONL, date(2025, 6, 16)), tmp_path / "before")
    assert rows(tmp_path / "before", "events") == []
    assert {row["is_current"] for row in rows(tmp_path / "before", "lines")} == {False}
    export(tmp_path / "data", at(feed.cuts[0], Format.JSONL, date(2025, 6, 17)), tmp_path / "on")
    assert len(rows(tmp_path / "on", "events")) == 2
    assert {row["is_current"] for row in rows(tmp_path / "on", "lines")} == {True}


def test_a_place_between_two_cuts(feed: Feed, tmp_path: Path) -> None:
    """A token may stand a little beyond its cut: that is what is exported, then and later."""
    more = investment("openai", "scale-ai", 9)
    vector = {topic: dict(ends) for topic, ends in feed.cuts[-1].vector.items()}
    feed.publish(more)
    feed.post()
    record = feed.told[-1][1]
    vector.setdefault(record.topic, {})[str(record.partition)] = record.offset + 1
    wanted = Wanted(Format.JSONL, Asked(None, tokens.at("a-log", feed.cuts[-1], vector).encode()))
    manifest = export(tmp_path / "data", wanted, tmp_path / "then")
    assert manifest["as_of"]["token"] == wanted.asked.recorded
    shown = {row["id"]: row for row in rows(tmp_path / "then", "events")}
    assert shown[more.id]["cut"] is None
    assert more.id in {row["event"] for row in rows(tmp_path / "then", "lines")}
    tell(feed, investment("google", "openai", 11))
    export(tmp_path / "data", wanted, tmp_path / "later")
    assert everything(tmp_path / "later") == everything(tmp_path / "then")


def test_checksums_schemas_and_events_hold(feed: Feed, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = export(tmp_path / "data", at(feed.cuts[-1]), out)
    assert orjson.loads((out / "manifest.json").read_bytes()) == manifest
    listed = {file["name"]: file for file in manifest["files"]}
    assert listed.keys() == everything(out).keys() - {"manifest.json"}
    for name, data in everything(out).items():
        if name != "manifest.json":
            assert (listed[name]["bytes"], listed[name]["sha256"]) == (
                len(data),
                hashlib.sha256(data).hexdigest(),
            )
    for table in TABLES:
        schema = orjson.loads((out / "schema" / f"{table}.json").read_bytes())
        assert listed[f"{table}.jsonl"]["rows"] == len(rows(out, table)) > 0
        for row in rows(out, table):
            jsonschema.validate(row, schema, jsonschema.Draft202012Validator)
    for row in rows(out, "events"):
        event = decode(row["data"].encode())  # checks the id
        assert event.id == row["id"]
        schema = orjson.loads(
            (out / "schema" / f"v{row['schema_version']}" / f"{row['type']}.json").read_bytes()
        )
        jsonschema.validate(orjson.loads(row["data"]), schema, jsonschema.Draft202012Validator)
    for table, columns in TABLES.items():
        told = (out / "README.md").read_text("utf-8").partition(f"## {table}\n")[2].partition("\n## ")[0]
        assert [line.split("`")[1] for line in told.splitlines()[2:] if line] == [c.name for c in columns]


def test_both_formats_hold_the_same(feed: Feed, tmp_path: Path) -> None:
    for form in Format:
        export(tmp_path / "data", at(feed.cuts[-1], form), tmp_path / form)
    export(tmp_path / "data", at(feed.cuts[-1], Format.PARQUET), tmp_path / "again")
    assert everything(tmp_path / "again") == everything(tmp_path / "parquet")
    for table, columns in TABLES.items():
        read = parquet.read_table(tmp_path / "parquet" / f"{table}.parquet").to_pylist()
        for row in read:
            for column in columns:
                if row[column.name] is not None and column.kind is Kind.DAY:
                    row[column.name] = row[column.name].isoformat()
                elif row[column.name] is not None and column.kind is Kind.MOMENT:
                    row[column.name] = moment(round(row[column.name].timestamp() * 1000))
        assert read == rows(tmp_path / "jsonl", table)


def test_before_the_first_cut_there_is_nothing(feed: Feed, tmp_path: Path) -> None:
    for form in Format:
        manifest = export(tmp_path / "data", Wanted(form, Asked(None, "1999-01-01")), tmp_path / form)
        assert [file["rows"] for file in manifest["files"] if "rows" in file] == [0, 0, 0]
        assert (manifest["as_of"]["cut"], manifest["as_of"]["final"]) == (0, True)
    for table, columns in TABLES.items():
        read = parquet.read_table(tmp_path / "parquet" / f"{table}.parquet")
        assert read.column_names == [column.name for column in columns]


def test_a_moment_to_come_is_not_final(feed: Feed, tmp_path: Path) -> None:
    manifest = export(tmp_path / "data", Wanted(Format.JSONL, Asked(None, "2999-01-01")), tmp_path / "out")
    assert (manifest["as_of"]["cut"], manifest["as_of"]["final"]) == (3, False)
    last = export(tmp_path / "data", Wanted(Format.JSONL), tmp_path / "last")
    assert (last["as_of"]["cut"], last["as_of"]["final"]) == (3, True)
    assert last["as_of"]["token"] == manifest["as_of"]["token"]


@pytest.mark.parametrize("form", list(Format))
def test_memory_does_not_grow_with_rows(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times the events, on ten times the lines of one company: the same memory."""
    import pyarrow as pa

    monkeypatch.setattr(files, "BATCH_ROWS", 20)
    monkeypatch.setattr(files, "GROUP_ROWS", 60)
    document = article(published_at="2025-06-17")
    feed = feed_in(tmp_path / "data")
    peaks, arrow = [], []
    for start, stop in ((0, 150), (150, 1_500)):
        told = [
            e
            for n in range(start, stop)
            for e in events(document, fact("supply", {"supplier": org("tsmc"), "customer": org(f"c{n}")}))
        ]
        records = [feed.log.event(event) for event in told]
        assert not feed.log.apply(records).skipped
        feed.views.post_all(records)
        feed.cut()
        export(tmp_path / "data", Wanted(form), tmp_path / f"warm-{stop}")
        gc.collect()
        tracemalloc.start()
        usual, counting = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
        pa.set_memory_pool(counting)
        manifest = export(tmp_path / "data", Wanted(form), tmp_path / f"out-{stop}")
        pa.set_memory_pool(usual)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        arrow.append(counting.max_memory())
        assert [file["rows"] for file in manifest["files"] if file["name"].startswith("events")] == [stop]
    assert peaks[1] < peaks[0] * 1.5, peaks
    if form is Format.PARQUET:
        assert 0 < arrow[1] < arrow[0] * 1.5, arrow
        assert parquet.ParquetFile(tmp_path / "out-1500" / "events.parquet").metadata.num_row_groups == 25
    feed.close()
