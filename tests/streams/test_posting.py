import json
from pathlib import Path

import pytest
from hypothesis import given

from streams import codec
from streams.errors import BadId, CodecError, Invalid, Misplaced, NewerVersion, NotJson, UnknownType
from streams.ids import canonical, event_id
from streams.lines import SECTIONS, home
from streams.posting import postings
from streams.topics import partition_of
from tests.api.making import investment
from tests.strategies import events

PARTITIONS = 4


def place(event):
    return partition_of(event.home.encode(), PARTITIONS)


@given(events())
def test_all_lines_of_an_event_belong_to_its_partition(event):
    for posting in postings(event.home.encode(), codec.encode(event), place(event), PARTITIONS):
        line = posting.line
        assert home(line.section, line.company, line.counterpart) == event.home


@given(events())
def test_in_another_partition_it_posts_nothing(event):
    with pytest.raises(Misplaced):
        postings(event.home.encode(), codec.encode(event), (place(event) + 1) % PARTITIONS, PARTITIONS)


@pytest.mark.parametrize("key", [None, b"", b"firm-2", b"FIRM", b"\xff", b"firm "])
def test_under_another_key_than_its_home_it_posts_nothing(key):
    event = investment("fund", "firm")
    with pytest.raises(Misplaced, match="its home is 'firm'"):
        postings(key, codec.encode(event), place(event), PARTITIONS)


@pytest.mark.parametrize(
    ("value", "error"), [(None, NotJson), (b"\xff", NotJson), (b"[]", Invalid), (b"{}", Invalid)]
)
def test_what_is_no_event_is_refused(value, error):
    with pytest.raises(error):
        postings(b"firm", value, 0, PARTITIONS)


def resealed(data):
    data["id"] = codec.event_id(data)
    return codec.canonical(data)


def test_an_honest_id_over_a_broken_event_is_refused():
    event = investment("fund", "firm")
    data = codec.wire(event)
    del data["slots"]["target"]["name"]
    with pytest.raises(Invalid):
        postings(event.home.encode(), resealed(data), place(event), PARTITIONS)


def test_a_changed_event_and_a_newer_one_are_told_apart():
    event = investment("fund", "firm")
    with pytest.raises(BadId):
        postings(
            event.home.encode(), codec.encode(event).replace(b'"0.9"', b'"0.8"'), place(event), PARTITIONS
        )
    with pytest.raises(NewerVersion):
        postings(
            event.home.encode(),
            resealed({**codec.wire(event), "schema_version": 99}),
            place(event),
            PARTITIONS,
        )


def retraction_of(target, home_id):
    event = investment("fund", "firm")
    data = codec.wire(event) | {"type": "retraction", "home": home_id}
    data["slots"] = {"event": target, "cause": "duplicate", "by": "test"}
    return resealed(data)


def test_a_retraction_of_nothing_is_refused():
    with pytest.raises(Invalid):
        postings(
            b"firm",
            retraction_of({"type": "investment"}, "firm"),
            partition_of(b"firm", PARTITIONS),
            PARTITIONS,
        )


def test_a_retraction_away_from_the_home_of_its_target_is_refused():
    target = codec.wire(investment("fund", "firm"))
    elsewhere = next(h for h in "abcdefgh" if partition_of(h.encode(), 4) != partition_of(b"firm", 4))
    with pytest.raises(CodecError):
        postings(
            elsewhere.encode(),
            retraction_of(target, elsewhere),
            partition_of(elsewhere.encode(), 4),
            PARTITIONS,
        )


@pytest.mark.parametrize(
    ("event_type", "slot"),
    [
        ("concern", "holder"),
        ("forecast", "about"),
        ("forecast", "forecaster"),
        ("infrastructure_build", "place"),
    ],
)
def test_a_null_of_another_writer_stops_no_worker(event_type, slot):
    """Writers leave nulls out; a foreign one that does not must not make every worker end at its record."""
    golden = Path(__file__).parents[1] / "golden" / "v1" / f"{event_type}.json"
    data = json.loads(golden.read_text("utf-8"))[0]
    data["slots"][slot] = None
    if slot == "about":
        data["home"] = data["source"]["document"]
    data["id"] = event_id(data)
    for posting in postings(
        data["home"].encode(), canonical(data), partition_of(data["home"].encode(), 4), 4
    ):
        assert posting.line.section in SECTIONS


@pytest.mark.parametrize("event_type", [[], {}, None, 7])
def test_a_type_that_is_no_name_is_told(event_type):
    golden = Path(__file__).parents[1] / "golden" / "v1" / "supply.json"
    data = {**json.loads(golden.read_text("utf-8"))[0], "type": event_type}
    data["id"] = event_id(data)
    with pytest.raises(UnknownType):
        postings(data["home"].encode(), canonical(data), 0, 4)
