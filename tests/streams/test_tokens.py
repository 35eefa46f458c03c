"""Log tokens: what goes out comes back, and nothing else is let in."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cuts import START, Cut
from streams.documents import Place
from streams.tokens import TEXT_MAX, Token, TokenError, at, vector_of
from streams.topics import fact_topics
from streams.vectors import advance, copy

OFFSETS = st.integers(0, 2**40)
VECTORS = st.dictionaries(
    st.sampled_from((*fact_topics(), "entities")),
    st.dictionaries(st.integers(0, 9).map(str), OFFSETS, min_size=1),
)
PLACES = st.none() | st.builds(Place, st.just("documents"), st.integers(0, 999), OFFSETS)
LOG = "MkU3OEVBNTcwNTJENDM2Qg"


def whole(vector):
    """A vector without what it holds at 0, which says nothing."""
    kept = {t: {p: o for p, o in offsets.items() if o} for t, offsets in vector.items()}
    return {t: offsets for t, offsets in kept.items() if offsets}


@given(VECTORS, VECTORS, st.integers(0, 2**40), PLACES)
def test_a_token_leads_back_to_its_vector(below, beyond, number, place):
    vector = copy(below)
    advance(vector, beyond)
    cut = Cut(number, 0, below)
    token = at(LOG, cut, vector, place)
    read = Token.decode(token.encode())
    assert read == token
    assert (read.log, read.cut, read.document) == (LOG, number, place)
    assert whole(vector_of(read, cut)) == whole(vector)


@given(VECTORS)
def test_before_the_first_cut_a_token_holds_all(vector):
    assert whole(vector_of(Token.decode(at(LOG, START, vector).encode()), START)) == whole(vector)


def test_a_token_holds_only_what_moved_among_facts_and_entities():
    cut = Cut(3, 0, {"facts.supply": {"0": 5, "1": 5}, "entities": {"0": 1}})
    token = at(LOG, cut, {"facts.supply": {"0": 5, "1": 7}, "entities": {"0": 4}, "views": {"0": 1}})
    assert token.moved == {"facts.supply": {"1": 2}, "entities": {"0": 3}}
    assert Token.decode(token.encode()) == token


@pytest.mark.parametrize("partitions", [1, 4, 12, 100, 1000])
def test_a_token_is_never_too_long(partitions):
    vector = {t: {str(p): 10**12 + 999 for p in range(partitions)} for t in fact_topics()}
    cut = Cut(10**9, 0, {t: {str(p): 10**12 for p in range(partitions)} for t in fact_topics()})
    token = at(LOG, cut, vector, Place("documents", partitions - 1, 10**12))
    read = Token.decode(token.encode())
    assert len(token.encode()) <= TEXT_MAX
    assert (read.cut, read.document) == (token.cut, token.document)
    assert read == token or not read.moved  # all of what moved, or from the cut on
    assert read == token or partitions > 12


def text_of(data):
    return base64.urlsafe_b64encode(orjson.dumps(data)).rstrip(b"=").decode()


GOOD = {"v": 1, "l": LOG, "c": 3, "m": {"supply": [1, 2]}, "d": [0, 5]}


def test_the_form_that_the_refused_ones_break():
    assert Token.decode(text_of(GOOD)) == Token(LOG, 3, {"facts.supply": {"1": 2}}, Place("documents", 0, 5))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2}, {"v": None}, {"l": 7}, {"l": "x" * 65}, {"c": -1}, {"c": "3"}, {"c": True}, {"c": 2**53},
        {"c": 1.5}, {"m": []}, {"m": {"supply": [1]}}, {"m": {"supply": [1, -2]}}, {"m": {"supply": "12"}},
        {"m": {"friends": [1, 2]}}, {"m": {"supply": [2**31, 1]}}, {"d": [1]}, {"d": [1, 2, 3]}, {"d": 5},
        {"d": ["0", 5]},
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(change):
    with pytest.raises(TokenError, match="not a log token"):
        Token.decode(text_of({**GOOD, **change}))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_other_texts_are_refused(text):
    with pytest.raises(TokenError):
        Token.decode(text)


ATOMS = st.none() | st.integers(-(2**63), 2**63) | st.text()


@given(st.recursive(ATOMS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_other_json_is_refused(data):
    with pytest.raises(TokenError):
        Token.decode(text_of(data))


def test_a_token_that_is_too_long_is_refused():
    with pytest.raises(TokenError):
        Token.decode(text_of({**GOOD, "x": "x" * TEXT_MAX}))
