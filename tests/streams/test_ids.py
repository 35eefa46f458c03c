"""Ids by content: what they cover, and what they leave out."""

import copy
import hashlib
import json

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.codec import wire
from streams.ids import VERBATIM, canonical, claim_id, erased, event_id
from tests.strategies import events, retractions

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(json_values)
def test_canonical_is_rfc_8785_for_what_we_write(value):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**70])
def test_integers_that_a_double_does_not_hold_are_not_written(number):
    with pytest.raises(TypeError):
        canonical({"n": number})


def test_an_event_id_is_what_the_contract_says():
    """Computed here by hand, so that another language could do the same."""
    data = {
        "id": "whatever",
        "slots": {"target": {"id": "t", "surface": "هدف"}, "matter": [{"quote": "a"}]},
        "source": {"salt": "s" * 16},
    }

    def hidden(text):
        return {"sha256": hashlib.sha256(("s" * 16 + text).encode()).hexdigest()}

    covered = {
        "slots": {"matter": [{"quote": hidden("a")}], "target": {"id": "t", "surface": hidden("هدف")}},
        "source": {"salt": "s" * 16},
    }
    assert event_id(data) == hashlib.sha256(rfc8785.dumps(covered)).hexdigest()


@given(events() | retractions(), st.data())
def test_any_verbatim_strings_can_be_erased_and_the_id_still_verifies(event, data):
    told = wire(event)
    whole = erased(told, told["source"]["salt"])
    holders = list(_holders(told))
    for path, key in data.draw(st.lists(st.sampled_from(holders), min_size=1)):
        _at(told, path)[key] = _at(whole, path)[key]
    assert told != wire(event)
    assert event_id(told) == event.id


def _holders(value, path=()):
    if isinstance(value, dict):
        yield from ((path, key) for key in VERBATIM if isinstance(value.get(key), str))
        for key, inner in value.items():
            yield from _holders(inner, (*path, key))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _holders(inner, (*path, number))


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def claim(data, parent=None):
    return claim_id(data["source"]["document"], data, parent)


@given(events())
def test_a_claim_stays_where_only_its_telling_changes(event):
    before = wire(event)
    after = copy.deepcopy(before)
    after["source"] |= {"revision": "9" * 26, "salt": "9" * 16, "text_sha256": "9" * 64, "publisher": "X"}
    after["extraction"] = {"extractor": "model", "version": "7", "rule": "other"}
    after["confidence"], after["origin"], after["schema_version"] = "0.1", "near:9", 2
    after["evidence"] = {"trigger": [{"part": "text", "start": 5, "end": 6, "exact": "x"}]}
    for path, key in _holders(after["slots"], ("slots",)):
        inner = _at(after, path)
        if key == "surface" and {"id", "low", "high", "from", "to"} & inner.keys():
            inner["surface"] += " (as written elsewhere)"
            if "name" in inner:
                inner["name"] += " Inc."
    assert claim(after) == claim(before) == event.claim_id


@given(events(), st.sampled_from(["stage", "modality", "home", "type"]))
def test_a_claim_changes_with_how_it_is_told(event, key):
    assert claim({**wire(event), key: "another"}) != event.claim_id


@given(events())
def test_a_claim_changes_with_document_parent_valid_and_speaker(event):
    data = wire(event)
    others = [
        claim_id("sha256:other", data, None),
        claim(data, parent="0" * 64),
        claim({**data, "valid": {"from": "1999-01-01", "to": "1999-01-01", "precision": "day"}}),
        claim({**data, "attributed_to": {"id": "nobody", "name": "N", "surface": "n"}}),
    ]
    assert len({event.claim_id, *others}) == 5


@given(events(), st.data())
def test_a_claim_changes_with_each_value_and_quote(event, data):
    told = wire(event)
    meant = [
        (path, key)
        for path, key in _keys(told["slots"], ("slots",))
        if key in ("id", "low", "high", "unit", "bound", "quote", "from", "to", "lead", "kind", "voting")
        and not (key == "kind" and "id" in _at(told, path))
    ]
    assume(meant)  # a survey may tell nothing but its type
    path, key = data.draw(st.sampled_from(meant))
    _at(told, path)[key] = "another"
    assert claim(told) != event.claim_id


def _keys(value, path=()):
    if isinstance(value, dict):
        yield from ((path, key) for key in value)
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from _keys(inner, (*path, key))


def test_what_an_article_leaves_open_is_told_apart_by_its_words():
    """`13 June` of no known year has no ends; its words are all that there is to tell."""
    base = {"type": "x", "home": "h", "stage": "s", "modality": "m", "slots": {}}
    june, july = ({**base, "valid": {"precision": "day", "surface": s}} for s in ("13 June", "13 July"))
    assert claim_id("d", june, None) != claim_id("d", july, None)


def test_ids_of_the_first_version_never_change():
    """Ids already in logs, kept here as they were computed once."""
    data = json.loads(
        '{"type":"supply","home":"a","stage":"completed","modality":"asserted","slots":{"supplier":'
        '{"id":"a","surface":"A","name":"A"},"customer":{"id":"b","surface":"ب","name":"B"}},'
        '"source":{"salt":"0123456789abcdef","document":"https://news.example/1"}}'
    )
    assert event_id(data) == "51e4c2b1ae4183febb71604587e51a8abc33be19cdbd6be837793b9ba14b4827"
    assert claim(data) == "2c2b2084b1ed5ba9221784413471113aa8e8e690e75ae67de19cb9ecb3a6d194"
