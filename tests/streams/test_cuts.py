"""Cuts: whoever reads the topic counts the same ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import cuts
from streams.cuts import START, Cut, next_cut
from streams.vectors import dominates
from tests.streams.test_vectors import VECTORS

RECORDS = st.lists(st.tuples(VECTORS, st.integers(0, 10**13)), max_size=12)


def read(records):
    """The cuts of a topic, as any reader numbers them."""
    found, last = [], START
    for vector, append_ms in records:
        cut = next_cut(last, cuts.decode(cuts.encode(vector)), append_ms)
        if cut is not None:
            found.append(cut)
            last = cut
    return found


@given(RECORDS)
def test_numbers_times_and_vectors_only_go_up(records):
    found = [START, *read(records)]
    for before, after in pairwise(found):
        assert after.number == before.number + 1
        assert after.ms >= before.ms
        assert dominates(after.vector, before.vector)
        assert not dominates(before.vector, after.vector)


@given(RECORDS, st.data())
def test_readers_that_race_append_nothing_new(records, data):
    twice = [record for record in records for _ in range(data.draw(st.integers(1, 3)))]
    assert read(twice) == read(records)


def test_what_goes_back_anywhere_is_ignored():
    one = Cut(1, 100, {"facts.supply": {"0": 5, "1": 5}})
    assert next_cut(one, {"facts.supply": {"0": 9, "1": 4}}, 200) is None
    assert next_cut(one, {"facts.supply": {"0": 9}}, 200) is None
    assert next_cut(one, {"facts.supply": {"0": 9, "1": 5}}, 200) == Cut(
        2, 200, {"facts.supply": {"0": 9, "1": 5}}
    )


def test_a_clock_that_steps_back_does_not_take_time_along():
    one = Cut(1, 1000, {"facts.supply": {"0": 5}})
    assert next_cut(one, {"facts.supply": {"0": 6}}, 400).ms == 1000


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff", b"[]", b"{}", b'{"vector":[]}', b'{"vector":{"facts.supply":{"0":"9"}}}']
)
def test_a_record_that_is_no_cut_counts_for_nothing(value):
    for last in (START, Cut(1, 100, {"facts.supply": {"0": 5}})):
        assert next_cut(last, cuts.decode(value), 200) is None
