"""What an event posts."""

import orjson
import pytest
from hypothesis import given

from streams.codec import canonical as canonical_json
from streams.codec import decode_dict, encode, wire
from streams.entries import KEY_ID_BYTES, entries, line_of, table_key
from streams.lines import Line
from streams.progress import key as progress_key
from tests.strategies import events, retractions
from tests.streams.telling import entity, entry_of, fact, retracting


@given(events())
def test_entries_depend_on_the_bytes_alone(event):
    data = decode_dict(encode(event))
    shuffled = dict(reversed(data.items()))
    assert entries(shuffled) == entries(data) == entries(wire(event))


@given(events())
def test_every_line_gets_the_same_entry_and_it_is_canonical(event):
    found = {entry for _, entry in entries(wire(event))}
    assert len(found) <= 1
    for entry in found:
        data = orjson.loads(entry)
        assert canonical_json(data) == entry
        assert (data["id"], data["origin"], data["slots"]) == (event.id, event.origin, wire(event)["slots"])
        assert len(entry) <= len(encode(event))


@given(events())
def test_no_place_and_no_time_of_ours_is_in_an_entry(event):
    for _, entry in entries(wire(event)):
        assert not {"offset", "partition", "revision", "recorded_ms", "evidence"} & orjson.loads(entry).keys()


def test_an_entry_has_what_a_line_shows():
    event = fact("supply", {"supplier": entity("acme"), "customer": entity("bolt")}, day="2025-06-01")
    assert entry_of(event) == {
        "id": event.id,
        "type": "supply",
        "claim_id": event.claim_id,
        "stage": "completed",
        "modality": "asserted",
        "valid": {"from": "2025-06-01", "to": "2025-06-01", "precision": "day"},
        "confidence": "0.9",
        "origin": "o",
        "slots": wire(event)["slots"],
        "document": "d0",
        "published_at": "2025-06-01",
    }


@given(retractions())
def test_a_retraction_posts_to_the_lines_of_what_it_takes_back(back):
    target = wire(back)["slots"]["event"]
    again = retracting(back)
    posted = entries(wire(back))
    assert [line for line, _ in posted] == [line for line, _ in entries(target)]
    assert [line for line, _ in entries(wire(again))] == [line for line, _ in posted]
    for _, entry in posted:
        assert orjson.loads(entry) == {
            "id": back.id,
            "type": "retraction",
            "retracts": target["id"],
            "fact": target["id"],
            "cause": back.slots.cause,
            "by": back.slots.by,
            "document": back.source.document,
        }
    for _, entry in entries(wire(again)):
        assert orjson.loads(entry)["retracts"] == back.id


@given(events())
def test_keys_tell_their_line(event):
    for line, _ in entries(wire(event)):
        key = table_key(line, event.id)
        assert line_of(key) == line == Line.parse(str(line))
        assert key.endswith(bytes.fromhex(event.id)[:KEY_ID_BYTES])
        assert key.startswith(str(line).encode() + b"\0")  # the entries of a line are one range of keys


@pytest.mark.parametrize("key", [b"", b"\0" * 16, b"acme|customers|bolt" + b"\1" * 17, progress_key(3)])
def test_what_is_no_key_of_an_entry_is_refused(key):
    with pytest.raises(ValueError, match=r".+"):
        line_of(key)
