"""The state of a line, entry by entry, against the plain fold: the same bytes after every one of them."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fold import Posted, fold
from streams.line_state import LineState, Unsure
from streams.line_view import STEPS_MAX
from streams.state_rows import MemoryRows
from tests.streams.entries_drawn import entry, retraction, tellings
from tests.streams.telling import MS


class Kept:
    """A state that is kept as a host does: made anew where it is not sure; every view is a new start."""

    def __init__(self, every=1):
        self.rows, self.entries, self.unsure, self.every = MemoryRows(), {}, 0, every
        self.waiting = []

    def add(self, item):
        self.entries.setdefault(item.entry["id"], item)
        self.waiting.append(item)
        if len(self.waiting) < self.every:
            return
        state = LineState(self.rows, self.entries.__getitem__)
        try:
            for one in self.waiting:
                state.add(one)
            view = state.view()
        except Unsure:
            self.unsure += 1
            self.rows = LineState.build(self.entries.values())
            view = LineState(self.rows, self.entries.__getitem__).view()
        self.waiting.clear()
        assert view == orjson.dumps(fold(self.entries.values()))


@settings(max_examples=300, deadline=None)
@given(tellings(), st.integers(1, 5))
def test_what_is_kept_serves_what_the_fold_makes(items, every):
    kept = Kept(every)
    for item in items:
        kept.add(item)


@settings(max_examples=100, deadline=None)
@given(tellings(), st.integers(1, 60))
def test_made_at_once_it_goes_on_as_if_it_had_grown(items, at):
    kept = Kept()
    kept.entries = {item.entry["id"]: item for item in reversed(items[:at])}
    kept.rows = LineState.build(items[:at])
    for item in items[at:]:
        kept.add(item)


def test_the_value_is_shown_however_much_talk_follows():
    kept = Kept()
    kept.add(Posted(entry(0, 0), MS))
    for n in range(1, 2 * STEPS_MAX):
        kept.add(Posted(entry(n, 40 * n, stage="planned"), MS + n))
    assert kept.unsure == 0


def test_what_is_told_in_time_and_taken_back_is_never_unsure():
    """The common case: a month of tellings, any of which may go."""
    kept = Kept()
    told = [Posted(entry(n, n // 10, origin=n % 7, amount=n % 3), MS + n) for n in range(300)]
    for item in told:
        kept.add(item)
    for n, item in enumerate(told[::3] + told[1::3]):
        kept.add(Posted(retraction(1000 + n, item.entry["id"], item.entry["id"]), MS + 1000 + n))
    assert kept.unsure == 0
