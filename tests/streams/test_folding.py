"""A line folded again and again as its entries arrive, against the plain fold of what has arrived."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fold import Posted, fold
from streams.folding import Folding
from streams.line_view import STEPS_MAX
from tests.streams.entries_drawn import entry, tellings
from tests.streams.telling import MS


def check(items, sizes):
    """Let entries arrive, so many at a time."""
    folding, there = Folding(), 0
    while there < len(items):
        size = sizes[there % len(sizes)]
        new, there = items[there : there + size], there + size
        assert folding.with_new(new) == orjson.dumps(fold(items[:there]))


@settings(max_examples=300, deadline=None)
@given(tellings(), st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_at_each_moment_it_is_what_the_fold_makes_of_what_is_there(items, sizes):
    check(items, sizes)


@settings(deadline=None)
@given(tellings(), st.data())
def test_an_entry_that_turns_out_to_be_recorded_earlier_is_shown_so(items, data):
    again = data.draw(st.lists(st.sampled_from(items), max_size=5))
    earlier = [
        item._replace(recorded_ms=item.recorded_ms - data.draw(st.integers(1, 10**6))) for item in again
    ]
    check(items + earlier, [1])


def test_more_steps_than_are_shown_and_more_bytes_than_a_row_holds():
    check(
        [Posted(entry(n, 40 * n, stage="planned" if n else None), MS + n) for n in range(2 * STEPS_MAX)], [1]
    )
    long = {"matter": [{"quote": "x" * 4000}]}
    check([Posted(entry(n, 40 * n, slots=long), MS + n) for n in range(STEPS_MAX)], [1])
