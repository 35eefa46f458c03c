"""Vectors: a partial order with a least upper bound."""

from hypothesis import given
from hypothesis import strategies as st

from streams.vectors import advance, copy, covers, dominates, next_offset

VECTORS = st.dictionaries(
    st.sampled_from(["facts.supply", "facts.product", "entities"]),
    st.dictionaries(st.sampled_from("012"), st.integers(0, 9)),
)


def joined(*vectors):
    made = {}
    for vector in vectors:
        advance(made, vector)
    return made


@given(VECTORS, VECTORS, VECTORS)
def test_the_maximum_is_the_least_that_dominates_both(a, b, c):
    top = joined(a, b)
    assert dominates(top, a)
    assert dominates(top, b)
    assert dominates(c, top) == (dominates(c, a) and dominates(c, b))


@given(VECTORS, VECTORS)
def test_advancing_tells_whether_it_moved(a, b):
    vector = copy(a)
    assert advance(vector, b) == (not dominates(a, b))
    assert not advance(vector, b)


@given(VECTORS, VECTORS)
def test_a_copy_goes_its_own_way(a, b):
    before = {topic: dict(offsets) for topic, offsets in a.items()}
    advance(copy(a), b)
    assert a == before


def test_offsets_are_the_next_ones():
    vector = {"facts.supply": {"1": 5}}
    assert covers(vector, "facts.supply", 1, 4)
    assert not covers(vector, "facts.supply", 1, 5)
    assert next_offset(vector, "facts.supply", 0) == next_offset(vector, "facts.product", 1) == 0
