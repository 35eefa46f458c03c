"""Old versions are read as if they had been written today, and verified as they were written."""

from hypothesis import given

from streams.codec import decode_dict, wire
from streams.events import EVENT
from streams.ids import canonical, event_id
from streams.upcast import upcast
from tests.strategies import events, retractions

STEPS = {
    # A version 0 of our own: the customer was called client.
    ("supply", 0): lambda data: {
        **data,
        "slots": {("customer" if key == "client" else key): value for key, value in data["slots"].items()},
    },
}


def as_version_0(event):
    data = {**wire(event), "schema_version": 0}
    data["slots"] = {("client" if key == "customer" else key): value for key, value in data["slots"].items()}
    return {**data, "id": event_id(data)}


@given(events(["supply"]))
def test_an_old_event_is_verified_as_written_and_read_as_new(event):
    old = as_version_0(event)
    read = decode_dict(canonical(old), STEPS)
    assert read == {**wire(event), "id": old["id"]}
    assert EVENT.validate_python(read).slots == event.slots


@given(events(["rivalry"]))
def test_a_type_that_did_not_change_needs_no_step(event):
    old = as_version_0(event)
    assert decode_dict(canonical(old), STEPS) == {**wire(event), "id": old["id"]}


@given(retractions(events(["supply"])))
def test_an_old_event_in_a_new_retraction_is_upcast_too(event):
    data = wire(event)
    target = EVENT.validate_python(data["slots"]["event"])
    data["slots"]["event"] = as_version_0(target)
    read = decode_dict(canonical({**data, "id": event_id(data)}), STEPS)
    assert read["slots"]["event"]["slots"] == wire(target)["slots"]


def test_steps_run_in_their_order_up_to_the_newest_version():
    steps = {
        ("x", 0): lambda data: {**data, "seen": [*data["seen"], 0]},
        ("x", 2): lambda data: {**data, "seen": [*data["seen"], 2]},
        ("x", 3): lambda data: {**data, "seen": [*data["seen"], 3]},
        ("y", 1): lambda data: {**data, "seen": [*data["seen"], "y"]},
    }
    old = {"type": "x", "schema_version": 0, "seen": []}
    assert upcast(old, steps, newest=3) == {"type": "x", "schema_version": 3, "seen": [0, 2]}
    assert old == {"type": "x", "schema_version": 0, "seen": []}
