"""The state of a line, entry by entry, against the plain fold: the same bytes after every one of them."""

from datetime import date

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fold import Posted, fold
from streams.line_state import LineState, Unsure
from streams.line_view import STEPS_MAX
from streams.state_rows import MemoryRows
from tests.streams.telling import MS, days

KINDS = (("supply", "completed"), ("supply", "ended"), ("customer_pullback", "completed"))


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


def entry(n, day, kind=0, modality="asserted", stage=None, origin=0, amount=0, **more):
    type_, done = KINDS[kind]
    return {
        "id": f"{n * 0x9E3779B97F4A7C15 % (1 << 64):064x}",
        "type": type_,
        "stage": stage or done,
        "modality": modality,
        "valid": days(date.fromordinal(735_000 + day).isoformat()),
        "published_at": date.fromordinal(735_000 + day).isoformat(),
        "confidence": "0.9",
        "origin": f"o{origin}",
        "slots": {"amount": {"low": str(amount)}},
        **more,
    }


def retraction(n, target, fact):
    return {
        "id": f"{n * 0x9E3779B97F4A7C15 % (1 << 64):064x}",
        "type": "retraction",
        "retracts": target,
        "fact": fact,
    }


@st.composite
def tellings(draw):
    """Entries of one line, many near each other, some twice, some taken back, some retractions too."""
    made = []
    spread = draw(st.sampled_from([3, 40, 200, 900]))
    for n in range(draw(st.integers(1, 60))):
        facts = [one for one in made if one["type"] != "retraction"]
        what = draw(st.integers(0, 9))
        if made and what == 0:
            made.append(draw(st.sampled_from(made)))
        elif made and what in (1, 2):
            target = draw(st.sampled_from(made))
            made.append(retraction(n, target["id"], target.get("fact", target["id"])))
        elif facts and what == 3:  # a retraction that comes before what it takes back
            target = entry(1000 + n, draw(st.integers(0, spread)))
            made += [retraction(n, target["id"], target["id"]), target]
        else:
            day = draw(st.integers(0, spread))
            long = draw(st.sampled_from([0, 0, 20]))
            precision = draw(st.sampled_from(["day", "month", "week"]))
            start = date.fromordinal(735_000 + day)
            made.append(
                entry(
                    n,
                    day,
                    kind=draw(st.sampled_from([0, 0, 0, 1, 2])),
                    modality=draw(st.sampled_from(["asserted"] * 4 + ["reported", "possible", "denied"])),
                    stage=draw(st.sampled_from([None] * 4 + ["agreed", "planned"])),
                    origin=draw(st.integers(0, 5)),
                    amount=draw(st.integers(0, 3)),
                    confidence=draw(st.sampled_from(["0.9", "0.90", "1", "0.5"])),
                    valid=days(
                        start.isoformat(), date.fromordinal(735_000 + day + long).isoformat(), precision
                    ),
                )
            )
    times = draw(st.lists(st.integers(0, 10**10), min_size=len(made), max_size=len(made)))
    by_id = {}
    return [Posted(one, by_id.setdefault(one["id"], MS + ms)) for one, ms in zip(made, times, strict=True)]


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
