import copy

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import canonical, decode, decode_dict, encode, event_id, headers, wire
from streams.errors import BadId, Invalid, NewerVersion, NotJson, UnknownType
from streams.events import CATALOGUE, EVENT
from streams.upcast import upcast
from tests.strategies import events


@given(events())
def test_what_is_written_is_read_again(event):
    assert decode(encode(event)) == event


@given(events())
def test_the_wire_form_is_rfc_8785(event):
    assert encode(event) == rfc8785.dumps(wire(event))


@given(events(), st.data())
def test_any_changed_leaf_is_noticed(event, data):
    changed = wire(event)
    leaf = data.draw(st.sampled_from(["stage", "home", "confidence", "origin"]))
    changed[leaf] = changed[leaf] + "x"
    with pytest.raises(BadId):
        decode_dict(canonical(changed))


@given(events())
def test_a_changed_quote_is_noticed_and_an_erased_one_is_not(event):
    data = wire(event)
    span = data["evidence"]["trigger"][0]
    changed = copy.deepcopy(data)
    changed["evidence"]["trigger"][0]["exact"] += "x"
    with pytest.raises(BadId):
        decode_dict(canonical(changed))
    from streams.ids import erased

    gone = erased({"exact": span["exact"]}, data["source"]["salt"])["exact"]
    data["evidence"]["trigger"][0]["exact"] = gone
    assert event_id(data) == event.id


def reseal(data):
    return canonical({**data, "id": event_id(data)})


@given(events())
def test_a_reader_ignores_fields_and_values_of_a_newer_writer(event):
    data = wire(event)
    data["mood"] = "sunny"
    data["slots"]["weather"] = {"kind": "rain"}
    data["stage"] = "dreamt"
    read = decode(reseal(data))
    assert read.stage == "other"
    assert read.slots == event.slots


@given(events())
def test_a_writer_refuses_what_only_a_reader_may_meet(event):
    data = wire(event)
    data["stage"] = "dreamt"
    read = decode(reseal(data))
    with pytest.raises(Invalid, match="stage is `other`"):
        encode(read)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, NotJson),
        (b"", NotJson),
        (b"\xff", NotJson),
        (b"[]", Invalid),
        (b"{}", Invalid),
        (b'{"a":1', NotJson),
    ],
)
def test_what_is_no_event_is_told_apart(value, error):
    with pytest.raises(error):
        decode(value)


def test_deep_nesting_is_refused_and_not_followed():
    deep = b"[" * 900 + b"]" * 900
    with pytest.raises(Invalid):
        decode(b'{"source":{"salt":"s"},"x":' + deep + b"}")


@given(events())
def test_an_unknown_type_is_told(event):
    data = {**wire(event), "type": "merger_of_equals"}
    with pytest.raises(UnknownType, match="merger_of_equals"):
        decode(reseal(data))


@given(events())
def test_a_newer_version_stops_the_reader(event):
    with pytest.raises(NewerVersion, match="update it first"):
        decode(reseal({**wire(event), "schema_version": 99}))


def test_old_versions_go_through_their_steps_in_order():
    steps = {
        ("supply", 0): lambda d: {**d, "slots": {**d["slots"], "customer": d["slots"]["client"]}},
        ("supply", 1): lambda d: {**d, "slots": {k: v for k, v in d["slots"].items() if k != "client"}},
    }
    old = {"type": "supply", "schema_version": 0, "slots": {"client": "openai"}}
    assert upcast(old, steps, newest=3) == {
        "type": "supply",
        "schema_version": 3,
        "slots": {"customer": "openai"},
    }


@given(events(types=["supply"]))
def test_an_old_event_is_verified_as_written_and_read_as_new(event):
    old = wire(event)
    old["schema_version"] = 0
    old["slots"]["client"] = old["slots"].pop("customer")
    steps = {
        ("supply", 0): lambda d: {
            **d,
            "slots": {("customer" if k == "client" else k): v for k, v in d["slots"].items()},
        }
    }
    data = decode_dict(reseal(old), steps)
    assert EVENT.validate_python(data).slots == event.slots
    assert data["id"] == event_id(old)


@given(events())
def test_headers_are_cloudevents(event):
    said = dict(headers(event))
    assert said["ce_id"] == event.id.encode()
    assert {"ce_specversion", "ce_type", "ce_source", "ce_subject", "content-type"} <= said.keys()
    assert all(value.isascii() for value in said.values())


def test_the_catalogue_has_the_eighteen_types():
    assert len(CATALOGUE) == 18
