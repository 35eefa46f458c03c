"""The wire form: what is written, what is read, what is refused."""

import json

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from seeds.facts import Modality
from streams import codec
from streams.checks import ERASED
from streams.errors import BadId, CodecError, Invalid, NewerVersion, NotJson, TooLong, UnknownType
from streams.events import EVENT, SCHEMA_VERSION
from streams.ids import canonical, erased, event_id
from streams.slots import BuildKind
from tests.strategies import events, retractions


def signed(data):
    """The bytes of data under an id that verifies, as a foreign writer might send them."""
    return canonical({**data, "id": event_id(data)})


def changed(event, *path, to):
    """The wire data of an event with one value replaced."""
    data = codec.wire(event)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return data


NO_DAYS = [
    1750118400,
    0,
    True,
    "2025-6-1",
    "2025-06-17T00:00:00",
    "17.06.2025",
    "2025-02-30",
    "٢٠٢٥-٠٦-١٧",
    "x",
]
NO_MOMENTS = [
    1750118400, "1750118400", "2025-06-17T09:30:00", "2025-06-17 09:30:00Z", "2025-02-30",
    "2025-06-17T25:00:00Z", "٢٠٢٥-٠٦-١٧", "2025-06-17T09:30:00+25:00",
]  # fmt: skip

any_event = events() | retractions() | retractions(retractions())


@given(any_event)
def test_what_is_written_is_read_as_the_same_event(event):
    value = codec.encode(event)
    assert codec.decode(value) == event
    assert codec.encode(codec.decode(value)) == value
    assert codec.decode_dict(value) == codec.wire(event)


@given(any_event)
def test_the_wire_form_is_rfc_8785_without_nulls(event):
    value = codec.encode(event)
    assert value == rfc8785.dumps(json.loads(value))
    assert b":null" not in value


@given(any_event, st.data())
def test_no_string_or_number_can_be_changed_unnoticed(event, data):
    told = codec.wire(event)
    leaves = list(_leaves(told))
    path, value = data.draw(st.sampled_from(leaves))
    other = value + 1 if type(value) is int else not value if isinstance(value, bool) else value + "x"
    with pytest.raises(CodecError):
        codec.decode(canonical(changed(event, *path, to=other)))


def _leaves(value, path=()):
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*path, key))
    else:
        yield path, value


@given(events())
def test_fields_of_a_newer_writer_are_ignored_and_kept_in_the_data(event):
    data = codec.wire(event)
    data["slots"]["colour"] = "green"
    data["source"]["edition"] = {"exact": "late", "number": 3}
    value = signed(data)
    assert codec.decode(value) == event.model_copy(update={"id": event_id(data)})
    assert codec.decode_dict(value)["slots"]["colour"] == "green"


@given(events(["infrastructure_build"]))
def test_values_of_a_newer_writer_are_read_as_other(event):
    data = changed(event, "slots", "kind", to="orbital_station")
    data["modality"] = "rumoured"
    read = codec.decode(signed(data))
    assert (read.slots.kind, read.modality) == (BuildKind.OTHER, Modality.OTHER)
    with pytest.raises(Invalid, match="modality is `other`"):
        codec.encode(read)


@given(events(["infrastructure_build"]))
def test_a_writer_may_not_say_other(event):
    data = changed(event, "slots", "kind", to="other")
    with pytest.raises(Invalid, match=r"slots\.kind is `other`"):
        codec.encode(codec.decode(signed(data)))


@given(events())
def test_a_writer_may_not_give_an_event_another_events_id(event):
    with pytest.raises(BadId):
        codec.encode(event.model_copy(update={"confidence": "0.123"}))


@given(events())
def test_a_home_that_the_slots_do_not_name_is_refused(event):
    with pytest.raises(Invalid, match="home is 'elsewhere'"):
        codec.decode(signed(changed(event, "home", to="elsewhere")))


@given(any_event, st.integers(SCHEMA_VERSION + 1, 10**6))
def test_a_newer_version_is_told_apart_even_where_nothing_else_is_known(event, version):
    data = changed(event, "schema_version", to=version)
    data["type"] = "merger_of_equals"
    data["slots"] = {"moon": "full"}
    with pytest.raises(NewerVersion, match="update it first"):
        codec.decode(signed(data))


@given(events(), st.sampled_from(["1", None, True, -1, [], {}]))
def test_a_version_that_is_no_number_does_not_stop_a_worker(event, version):
    with pytest.raises(Invalid, match="schema_version"):
        codec.decode(signed(changed(event, "schema_version", to=version)))


@given(events())
def test_an_unknown_type_of_this_version_is_refused(event):
    with pytest.raises(UnknownType):
        codec.decode(signed(changed(event, "type", to="merger_of_equals")))


@given(st.binary(max_size=40) | st.recursive(st.none() | st.text(), st.lists).map(orjson.dumps))
def test_whatever_else_comes_is_refused_as_such(value):
    with pytest.raises(CodecError):
        codec.decode(value)


@pytest.mark.parametrize(
    "inside", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "1.5", "1e400", str(2**60), "NaN"]
)
def test_hostile_json_is_refused(inside):
    with pytest.raises(CodecError):
        codec.decode(b'{"id":"x","source":{"salt":"s"},"x":' + inside.encode() + b"}")


def test_a_tombstone_is_no_event():
    with pytest.raises(NotJson):
        codec.decode(None)


@given(retractions())
def test_a_retraction_of_a_forged_event_is_refused(event):
    data = changed(event, "slots", "event", "confidence", to="0.001")
    with pytest.raises(Invalid, match=r"slots\.event: the id .* is not that of the content"):
        codec.decode(signed(data))


@given(retractions())
def test_a_retraction_must_lie_with_its_target(event):
    with pytest.raises(Invalid, match="home is"):
        codec.decode(signed(changed(event, "home", to="elsewhere")))


@given(retractions(), st.sampled_from([None, "x", {}, {"source": {"salt": "x" * 16}}]))
def test_a_retraction_of_nothing_is_refused(event, target):
    with pytest.raises(Invalid, match=r"slots\.event"):
        codec.decode(signed(changed(event, "slots", "event", to=target)))


@given(events(["concern"]))
@settings(max_examples=5)  # each is as large as an event may be
def test_an_event_beyond_the_limit_is_refused(event):
    spans = next(iter(event.evidence.values())) * 2000
    data = codec.wire(event.model_copy(update={"evidence": {"trigger": spans}}))
    value = signed(data)
    with pytest.raises(TooLong, match="16384"):
        codec.decode(value)
    with pytest.raises(TooLong, match="16384"):
        codec.encode(EVENT.validate_json(value))


@given(events(["concern"]))
@settings(max_examples=5)
def test_a_newer_version_may_have_other_limits(event):
    data = codec.wire(event) | {"schema_version": SCHEMA_VERSION + 1, "more": "x" * (1 << 17)}
    with pytest.raises(NewerVersion):
        codec.decode(signed(data))


def test_what_no_topic_takes_is_not_even_parsed():
    with pytest.raises(TooLong, match="8388608"):
        codec.decode(b"[" + b" " * (8 << 20))


@given(events(["product"]), st.sampled_from(["from", "to"]), st.sampled_from(NO_DAYS))
def test_what_is_no_iso_day_is_refused(event, end, told):
    data = changed(event, "slots", "when", to={"precision": "day", end: told})
    with pytest.raises(Invalid, match=rf"slots\.when\.{end}"):
        codec.decode(signed(data))


@given(events(), st.sampled_from(NO_MOMENTS))
def test_what_is_no_moment_with_its_zone_is_refused(event, told):
    with pytest.raises(Invalid, match=r"source\.published_at"):
        codec.decode(signed(changed(event, "source", "published_at", to=told)))


@given(events(), st.sampled_from(["2025-06-17", "2025-06-17T09:30:00+03:00", "2025-06-17T06:30:00.123456Z"]))
def test_days_and_moments_with_their_zone_are_read(event, told):
    assert codec.decode(signed(changed(event, "source", "published_at", to=told))).source.published_at == told


@given(any_event)
def test_an_event_is_read_under_its_own_id_when_all_that_it_quotes_was_erased(event):
    data = codec.wire(event)
    value = canonical(erased(data, data["source"]["salt"]))
    if event.type == "retraction":  # what it takes back has its own salt
        value = canonical(_erased_whole(data))
    read = codec.decode(value)
    assert (read.id, read.claim_id, read.home) == (event.id, event.claim_id, event.home)
    assert codec.decode_dict(value) == orjson.loads(value), (
        "a reader keeps the hashes, not what stands for them"
    )
    assert all(span.exact.startswith(ERASED) for spans in read.evidence.values() for span in spans)
    if read.evidence:
        with pytest.raises(BadId):
            codec.encode(read)


def _erased_whole(data):
    if data["type"] == "retraction":
        data = {**data, "slots": {**data["slots"], "event": _erased_whole(data["slots"]["event"])}}
    return erased(data, data["source"]["salt"])


@given(events(), st.sampled_from([{"sha256": "ab"}, {"sha256": "ab" * 32, "more": "x"}, {}, {"sha256": 1}]))
def test_what_is_no_hash_stands_for_no_string(event, told):
    spans = [{"part": "text", "start": 0, "end": 1, "exact": told}]
    with pytest.raises(Invalid, match="evidence"):
        codec.decode(signed(changed(event, "evidence", to={"trigger": spans})))


@given(events())
def test_headers_are_those_of_cloudevents(event):
    headers = dict(codec.headers(event))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"].decode() == event.id
    assert headers["ce_type"].decode() == f"khabar.{event.type}.v{SCHEMA_VERSION}"
    assert headers["ce_subject"].decode() == event.home
    assert headers["content-type"] == b"application/json"
    assert headers["ce_source"]
