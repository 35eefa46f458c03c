from datetime import date

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import wire
from streams.delta import retraction
from streams.documents import StoredDocument
from streams.entries import entries, line_of, table_key
from streams.fold import LINE_BYTES_MAX, Posted, fold, value_at
from streams.lines import SECTIONS, Line, home
from streams.slots import Cause
from tests.strategies import events, sealed

MS = 1_750_000_000_000


def entry_of(event):
    return orjson.loads(entries(wire(event))[0][1])


def posted(*fact_events):
    return [Posted(entry_of(event), MS) for event in fact_events]


def entity(id_):
    return {"id": id_, "name": id_, "surface": id_}


def fact(
    event_type, slots, *, day=None, stage="completed", modality="asserted", published="2025-06-01",
    origin="o", confidence="0.9", n=0,
):  # fmt: skip
    return sealed(
        {
            "type": event_type,
            "stage": stage,
            "modality": modality,
            "valid": {"from": day, "to": day} if day else None,
            "slots": slots,
            "evidence": {"trigger": [{"start": n, "end": n + 1, "exact": "x"}]},
            "source": {
                "document": f"d{n}",
                "revision": "01J00000000000000000000000",
                "text_sha256": "0" * 64,
                "salt": "0" * 32,
                "language": "en",
                "published_at": published,
            },
            "extraction": {"extractor": "rules", "version": "1", "rule": "r"},
            "confidence": confidence,
            "origin": origin,
        }
    )


SUPPLY = {"supplier": entity("scale-ai"), "customer": entity("openai")}
DEAL = {"target": entity("scale-ai"), "acquirers": [entity("meta-platforms")]}


def retracting(event, cause=Cause.EXTRACTOR_BUG):
    data = event if isinstance(event, dict) else wire(event)
    document = StoredDocument(
        document=data["source"]["document"],
        revision="01J00000000000000000000001",
        fetched_at="2025-07-01T00:00:00Z",
        text_sha256="0" * 64,
        salt="0" * 32,
        origin="o",
    )
    return retraction(data, cause, "tester", document)


def pullback(**how):
    return fact("customer_pullback", {**SUPPLY, "extent": "reducing"}, **how)


def supply(**how):
    return fact("supply", SUPPLY, **how)


TELLINGS = st.builds(
    lambda make, day, stage, modality, published, origin, n: make(
        day=day, stage=stage, modality=modality, published=published, origin=origin, n=n
    ),
    st.sampled_from([supply, pullback]),
    st.none() | st.dates(date(2025, 1, 1), date(2025, 6, 30)).map(date.isoformat),
    st.sampled_from(["considering", "planned", "agreed", "completed", "ended"]),
    st.sampled_from(["asserted", "reported", "possible", "denied"]),
    st.dates(date(2025, 1, 1), date(2025, 6, 30)).map(date.isoformat),
    st.sampled_from("abc"),
    st.integers(0, 9),
)


@settings(max_examples=150)
@given(st.lists(TELLINGS, min_size=1, max_size=8), st.data())
def test_order_and_repetition_do_not_matter(told, data):
    back = [retracting(event) for event in told if data.draw(st.booleans())]
    again = [retracting(wire(event)) for event in back if data.draw(st.booleans())]
    items = [Posted(entry_of(e), MS + data.draw(st.integers(0, 10**10))) for e in [*told, *back, *again]]
    plain = fold(items)
    shuffled = items + [data.draw(st.sampled_from(items)) for _ in range(3)]
    assert fold(data.draw(st.permutations(shuffled))) == plain


def test_ten_retellings_within_a_month_are_one_step_with_ten_origins():
    told = [supply(day=f"2025-06-{n + 1:02}", origin=f"o{n}", n=n) for n in range(10)]
    view = fold(posted(*told))
    assert [(s["events"], s["origins"]) for s in view["steps"]] == [(10, 10)]


def test_copies_of_one_origin_count_once():
    told = [supply(day="2025-06-01", origin="agency:reuters", n=n) for n in range(5)]
    assert fold(posted(*told))["steps"][0]["origins"] == 1


def test_retellings_more_than_a_month_apart_are_two_steps():
    view = fold(
        posted(supply(day="2025-01-01"), supply(day="2025-02-01", n=1), supply(day="2025-01-25", n=2))
    )
    assert len(view["steps"]) == 1
    assert len(fold(posted(supply(day="2025-01-01"), supply(day="2025-02-01", n=1)))["steps"]) == 2


def test_a_reported_pullback_follows_an_older_supply_however_well_attested():
    told = [supply(day="2025-01-01", origin=f"o{n}", n=n) for n in range(9)]
    late = pullback(day="2025-06-17", modality="reported", confidence="0.5", n=20)
    view = fold(posted(*told, late))
    assert value_at(view, date(2025, 6, 18))["type"] == "customer_pullback"
    assert value_at(view, date(2025, 6, 16))["type"] == "supply"


def test_on_one_day_the_pullback_comes_last():
    view = fold(posted(pullback(published="2025-06-17"), supply(published="2025-06-17", n=1)))
    assert value_at(view, date(2025, 6, 17))["type"] == "customer_pullback"


def test_a_departure_ends_an_appointment():
    role = {"organisation": entity("acme"), "person": entity("jane-doe")}
    told = [fact("appointment", role, day="2020-03-01", origin=f"o{n}", n=n) for n in range(10)]
    view = fold(posted(*told, fact("departure", role, day="2024-05-01", n=11)))
    assert value_at(view, date(2024, 4, 30))["type"] == "appointment"
    assert value_at(view, date(2024, 5, 1))["type"] == "departure"


def test_a_rumour_never_displaces_a_completed_deal():
    done = fact("acquisition", DEAL, day="2025-01-01")
    rumour = fact("acquisition", DEAL, stage="considering", modality="possible", published="2025-06-01", n=1)
    view = fold(posted(done, rumour))
    assert value_at(view, date(2025, 6, 2))["entry"]["id"] == done.id


def test_a_rumour_stands_until_the_deal_is_done_and_then_is_its_rival():
    rumour = fact("acquisition", DEAL, stage="considering", modality="possible", published="2025-05-20", n=1)
    assert value_at(fold(posted(rumour)), date(2025, 6, 2))["weak"]
    done = fact("acquisition", DEAL, day="2025-06-01")
    (step,) = fold(posted(rumour, done))["steps"]
    assert step["entry"]["id"] == done.id
    assert step["rivals"] == [rumour.id]


def test_a_cancelled_deal_follows_the_agreed_one():
    agreed = fact("acquisition", DEAL, day="2025-06-01", stage="agreed")
    off = fact("acquisition", DEAL, day="2025-06-20", stage="cancelled", n=1)
    view = fold(posted(off, agreed))
    assert [s["entry"]["stage"] for s in view["steps"]] == ["agreed", "cancelled"]


def test_a_denial_is_a_rival_only():
    told, denied = supply(day="2025-06-01"), supply(day="2025-06-02", modality="denied", n=1)
    (step,) = fold(posted(told, denied))["steps"]
    assert (step["entry"]["id"], step["rivals"]) == (told.id, [denied.id])
    assert fold(posted(denied))["steps"] == []
    assert fold(posted(denied))["denied"] == 1


def test_what_more_origins_say_is_preferred():
    def deal(amount, **how):
        slots = {
            "company": entity("scale-ai"),
            "amount": {"low": amount, "high": amount, "unit": "USD", "surface": "s"},
        }
        return fact("valuation", slots, day="2025-06-13", **how)

    told = [deal("29", origin="a"), deal("29", origin="b", n=1), deal("28", origin="c", n=2, confidence="1")]
    (step,) = fold(posted(*told))["steps"]
    assert step["entry"]["slots"]["amount"]["low"] == "29"


def test_a_retraction_takes_back_and_can_be_taken_back():
    event = supply(day="2025-06-01")
    back = retracting(event)
    again = retracting(wire(back))
    assert fold(posted(event, back))["steps"] == []
    assert fold(posted(event, back))["retracted"] == 1
    assert len(fold(posted(event, back, again))["steps"]) == 1
    assert fold(posted(again, back, event)) == fold(posted(event, back, again))


def test_a_line_of_many_entries_is_bounded():
    quote = {"quote": "م" * 300}
    told = [
        fact("supply", {**SUPPLY, "product": quote}, day=f"{2000 + n // 6}-{n % 6 * 2 + 1:02}-01", n=n)
        for n in range(150)
    ]
    view = fold(posted(*told))
    assert len(orjson.dumps(view)) <= LINE_BYTES_MAX
    assert view["events"] == 150
    assert view["older"] + len(view["steps"]) == 150


@settings(max_examples=300)
@given(events())
def test_every_line_that_an_event_touches_has_its_home(event):
    for line, _ in entries(wire(event)):
        assert line.section in SECTIONS
        assert home(*line[1:2], line.company, line.counterpart) == event.home


@given(events())
def test_keys_tell_their_line(event):
    for line, _ in entries(wire(event)):
        assert line_of(table_key(line, event.id)) == line
        assert Line.parse(str(line)) == line


@given(events())
def test_a_retraction_touches_the_lines_of_its_target(event):
    back = retracting(event)
    again = retracting(wire(back))
    lines = [line for line, _ in entries(wire(event))]
    assert [line for line, _ in entries(wire(back))] == lines
    assert [line for line, _ in entries(wire(again))] == lines
