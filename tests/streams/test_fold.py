"""The rules of docs/design/fold.md: from entries to the timeline of a line."""

from datetime import date

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import wire
from streams.entries import entries
from streams.fold import LINE_BYTES_MAX, SAMPLES, STEPS_MAX, Posted, fold, value_at
from tests.strategies import histories
from tests.streams.telling import MS, days, entity, entry_of, fact, money, posted, retracting

SUPPLY = {"supplier": entity("scale-ai"), "customer": entity("openai")}
DEAL = {"target": entity("scale-ai"), "acquirers": [entity("meta-platforms")]}
JOB = {"organisation": entity("acme"), "person": entity("jane-doe")}


def pullback(**how):
    return fact("customer_pullback", {**SUPPLY, "extent": "reducing"}, **how)


def supply(**how):
    return fact("supply", SUPPLY, **how)


def deal(**how):
    return fact("acquisition", DEAL, **how)


def valuation(amount, **how):
    return fact("valuation", {"company": entity("scale-ai"), "amount": money(amount)}, **how)


def preferred(*told):
    """The id that stands for the one step of these."""
    (step,) = fold(posted(*told))["steps"]
    return step["entry"]["id"]


# What the result depends on


@st.composite
def lines_of_entries(draw):
    """All entries of one line that a drawn history touches, each with a time that the log gave it."""
    on_line = {}
    for event in draw(
        histories(event_types=draw(st.sampled_from([("supply", "customer_pullback"), ("acquisition",)])))
    ):
        for line, entry in entries(wire(event)):
            on_line.setdefault(line, []).append(
                Posted(orjson.loads(entry), MS + draw(st.integers(0, 10**10)))
            )
    return draw(st.sampled_from(list(on_line.values()) or [[]]))


@settings(max_examples=100)
@given(lines_of_entries(), st.data())
def test_order_and_repetition_do_not_matter(items, data):
    again = data.draw(st.lists(st.sampled_from(items), max_size=4)) if items else []
    later = [Posted(item.entry, item.recorded_ms + 5) for item in again]
    assert fold(data.draw(st.permutations(items + again + later))) == fold(items)


@settings(max_examples=40)
@given(lines_of_entries())
def test_a_view_is_json_that_accounts_for_every_event(items):
    view = fold(items)
    assert orjson.loads(orjson.dumps(view)) == view
    facts = {item.entry["id"] for item in items if item.entry["type"] != "retraction"}
    assert view["events"] + view["retracted"] == len(facts)
    assert view["denied"] <= view["events"]
    in_steps = sum(step["events"] for step in view["steps"])
    assert view["events"] - view["denied"] <= in_steps <= view["events"]


@settings(max_examples=40)
@given(lines_of_entries())
def test_steps_stand_in_the_order_of_time(items):
    steps = fold(items)["steps"]
    order = [(step["date"], step["closing"]) for step in steps]
    assert order == sorted(order)
    assert all(step["date"] <= step["until"] for step in steps)


@settings(max_examples=40)
@given(lines_of_entries(), st.dates(date(2024, 6, 1), date(2026, 8, 1)))
def test_the_value_of_a_day_is_that_of_a_view_until_it(items, day):
    assert value_at(fold(items, day), day) == value_at(fold(items), day)
    assert all(step["date"] <= day.isoformat() for step in fold(items, day)["steps"])


def test_no_entries_make_a_line_without_steps():
    assert fold([]) == {"events": 0, "retracted": 0, "origins": 0, "denied": 0, "older": 0, "steps": []}
    assert value_at(fold([]), date(2025, 6, 1)) is None


# Steps


def test_ten_retellings_within_a_month_are_one_step_with_ten_origins():
    told = [supply(day=f"2025-06-{n + 1:02}", origin=f"o{n}", n=n) for n in range(10)]
    (step,) = fold(posted(*told))["steps"]
    assert (step["events"], step["origins"]) == (10, 10)
    assert (step["date"], step["until"]) == ("2025-06-01", "2025-06-10")
    assert len(step["rivals"]) == SAMPLES


def test_copies_of_one_origin_count_once():
    told = [supply(day="2025-06-01", origin="agency:reuters", n=n) for n in range(5)]
    assert fold(posted(*told))["steps"][0]["origins"] == 1


@pytest.mark.parametrize(("second", "steps"), [("2025-01-31", 1), ("2025-02-01", 2)])
def test_neighbours_are_at_most_thirty_days_apart(second, steps):
    assert len(fold(posted(supply(day="2025-01-01"), supply(day=second, n=1)))["steps"]) == steps


def test_what_is_between_two_joins_them():
    told = [supply(day=day, n=n) for n, day in enumerate(["2025-01-01", "2025-02-20", "2025-01-25"])]
    assert len(fold(posted(*told))["steps"]) == 1


def test_what_happened_between_two_parts_them():
    told = [supply(day="2025-01-01"), pullback(day="2025-01-10", n=1), supply(day="2025-01-20", n=2)]
    assert [s["type"] for s in fold(posted(*told))["steps"]] == ["supply", "customer_pullback", "supply"]


def test_a_cancelled_deal_follows_the_agreed_one():
    agreed, off = deal(day="2025-06-01", stage="agreed"), deal(day="2025-06-20", stage="cancelled", n=1)
    assert [s["entry"]["stage"] for s in fold(posted(off, agreed))["steps"]] == ["agreed", "cancelled"]


# Days


def test_a_fact_stands_on_its_day_else_on_that_of_publication_else_of_recording():
    told = [supply(day="2024-01-05"), supply(published="2025-01-05", n=1), supply(published=None, n=2)]
    assert [s["date"] for s in fold(posted(*told))["steps"]] == ["2024-01-05", "2025-01-05", "2025-06-15"]


@pytest.mark.parametrize("stage", ["planned", "considering"])
def test_a_plan_stands_on_the_day_of_its_publication(stage):
    (step,) = fold(posted(deal(day="2027-01-01", stage=stage, published="2025-06-03")))["steps"]
    assert (step["date"], step["precision"]) == ("2025-06-03", "day")


def test_so_does_a_forecast():
    event = fact("forecast", {"about": entity("acme")}, day="2030-01-01", published="2025-06-03")
    assert fold(posted(event))["steps"][0]["date"] == "2025-06-03"


def test_a_step_says_how_precisely_its_date_is_known():
    for n in range(8):  # whatever the ids are
        month_only = supply(valid=days("2025-06-01", "2025-06-30", "month"), n=n)
        assert fold(posted(month_only))["steps"][0]["precision"] == "month"
        assert fold(posted(month_only, supply(day="2025-06-01", n=10 + n)))["steps"][0]["precision"] == "day"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_days(day):
    (step,) = fold(posted(supply(day=day), supply(day=day, modality="possible", n=1)))["steps"]
    assert (step["date"], step["events"]) == (day, 2)


def test_a_publication_on_no_day_is_none():
    """The codec refuses such an event, but a row of the table is not read by the codec."""
    entry = entry_of(supply()) | {"published_at": "2025-02-30"}
    assert fold([Posted(entry, MS)])["steps"][0]["date"] == "2025-06-15"


# The value of a day


def test_a_reported_pullback_follows_an_older_supply_however_well_attested():
    told = [supply(day="2025-01-01", origin=f"o{n}", n=n) for n in range(9)]
    late = pullback(day="2025-06-17", modality="reported", confidence="0.5", n=20)
    view = fold(posted(*told, late))
    assert value_at(view, date(2025, 6, 18))["type"] == "customer_pullback"
    assert value_at(view, date(2025, 6, 16))["type"] == "supply"
    assert value_at(view, date(2024, 12, 31)) is None


def test_both_lines_of_an_event_tell_the_same():
    told = [supply(day="2025-01-01"), pullback(day="2025-06-17", n=1)]
    sides = {}
    for event in told:
        for line, entry in entries(wire(event)):
            sides.setdefault(str(line), []).append(Posted(orjson.loads(entry), MS))
    assert list(sides) == ["scale-ai|customers|openai", "openai|suppliers|scale-ai"]
    one, other = map(fold, sides.values())
    assert one == other


def test_a_departure_ends_an_appointment_ten_times_confirmed():
    told = [fact("appointment", JOB, day="2020-03-01", origin=f"o{n}", n=n) for n in range(10)]
    view = fold(posted(*told, fact("departure", JOB, day="2024-05-01", n=11)))
    assert value_at(view, date(2024, 4, 30))["type"] == "appointment"
    assert value_at(view, date(2024, 5, 1))["type"] == "departure"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        (supply(n=1), pullback()),
        (fact("appointment", JOB, n=1), fact("departure", JOB)),
        (deal(n=1), deal(stage="cancelled")),
        (deal(n=1), deal(stage="ended")),
    ],
)
def test_on_one_day_what_closes_comes_last(opening, closing):
    for told in ((opening, closing), (closing, opening)):
        step = value_at(fold(posted(*told)), date(2025, 6, 1))
        assert (step["entry"]["id"], step["closing"]) == (closing.id, True)


# Talk and denials


@pytest.mark.parametrize(
    ("stage", "modality"),
    [("considering", "asserted"), ("planned", "asserted"), ("completed", "possible"), ("agreed", "possible")],
)
def test_talk_never_displaces_what_happened(stage, modality):
    done = deal(day="2025-01-01", stage="agreed", modality="reported", confidence="0.5")
    for n, day in enumerate(["2024-12-20", "2025-01-20", "2025-06-01"], 1):
        talk = [
            deal(stage=stage, modality=modality, published=day, origin=f"o{m}", confidence="1", n=10 * n + m)
            for m in range(5)
        ]
        view = fold(posted(done, *talk))
        assert value_at(view, date(2025, 6, 2))["entry"]["id"] == done.id


def test_a_rumour_stands_until_the_deal_is_done_and_then_is_its_rival():
    rumour = deal(stage="considering", modality="possible", published="2025-05-20", n=1)
    assert value_at(fold(posted(rumour)), date(2025, 6, 2))["weak"]
    done = deal(day="2025-06-01")
    (step,) = fold(posted(rumour, done))["steps"]
    assert step["entry"]["id"] == done.id
    assert step["rivals"] == [rumour.id]
    assert step["date"] == "2025-06-01"


def test_talk_stands_among_the_steps_in_the_order_of_time():
    told = [deal(stage="planned", published="2025-01-05"), deal(day="2025-04-01", n=1)]
    told.append(deal(stage="planned", published="2025-08-01", n=2))
    steps = fold(posted(*told))["steps"]
    assert [step["entry"]["id"] for step in steps] == [event.id for event in told]
    assert [step["weak"] for step in steps] == [True, False, True]


def test_a_denial_is_a_rival_only():
    told, denied = supply(day="2025-06-01"), supply(day="2025-06-02", modality="denied", confidence="1", n=1)
    (step,) = fold(posted(told, denied))["steps"]
    assert (step["entry"]["id"], step["rivals"]) == (told.id, [denied.id])
    assert fold(posted(denied))["steps"] == []
    assert fold(posted(denied))["denied"] == 1


def test_a_denied_rumour_is_one_step():
    rumour = deal(stage="planned", published="2025-06-01")
    denied = deal(modality="denied", published="2025-06-03", n=1)
    (step,) = fold(posted(denied, rumour))["steps"]
    assert (step["weak"], step["rivals"]) == (True, [denied.id])


# Preference within a step


def test_stage_goes_before_modality_before_origins_before_confidence_before_recency():
    said = {"modality": "reported", "published": "2025-06-01"}
    ladder = [
        valuation("1", confidence="0.8", **said),
        valuation("2", confidence="0.8", modality="reported", published="2025-06-09", n=1),  # later
        valuation("3", confidence="0.9", **said, n=2),  # surer
        valuation("4", confidence="0.5", **said, origin="a", n=3),  # told by two
        valuation("4", confidence="0.4", **said, origin="b", n=4),
        valuation("5", confidence="0.5", modality="asserted", stage="agreed", n=5),
        valuation("6", confidence="0.5", modality="asserted", n=6),  # completed
    ]
    (step,) = fold(posted(*ladder[:1]))["steps"]
    for upto, amount in [(2, "2"), (3, "3"), (5, "4"), (7, "6")]:
        (step,) = fold(posted(*ladder[:upto]))["steps"]
        assert step["entry"]["slots"]["amount"]["low"] == amount
    agreed = valuation("7", stage="agreed", modality="asserted", confidence="1", n=7)
    assert preferred(agreed, valuation("8", modality="reported", confidence="0.1", n=8)) != agreed.id


def test_recency_is_publication_but_no_later_than_recording():
    early, late = valuation("1", published="2025-06-10"), valuation("2", published="2025-06-20", n=1)
    assert preferred(early, late) == late.id
    both = [Posted(entry_of(early), MS), Posted(entry_of(late), MS - 10 * 86_400_000)]  # recorded on 5 June
    (step,) = fold(both)["steps"]
    assert step["entry"]["id"] == early.id


def test_between_equals_the_id_decides():
    for n in range(4):
        one, other = valuation("1", day="2025-05-20", n=n), valuation("1", day="2025-05-21", n=10 + n)
        assert preferred(one, other) == max(one.id, other.id)


def test_copies_of_one_origin_do_not_outweigh_two_origins():
    copied = [valuation("28", origin="agency:reuters", confidence="1", n=n) for n in range(5)]
    told = [valuation("29", origin="a", n=5), valuation("29", origin="b", n=6)]
    assert preferred(*copied, *told) in {event.id for event in told}


def test_what_is_the_same_but_for_its_words_is_one_value():
    def told(quote, **how):
        return fact("supply", {**SUPPLY, "product": {"quote": quote}}, day="2025-06-01", **how)

    one = [told("chips", origin="a"), told("many chips", origin="b", n=1)]
    other = supply(day="2025-06-01", origin="c", confidence="1", n=2)
    assert preferred(*one, other) in {event.id for event in one}
    assert preferred(one[0], other) == other.id


# Retractions


def test_a_retraction_takes_back_and_can_be_taken_back():
    event = supply(day="2025-06-01")
    back = retracting(event)
    again = retracting(back)
    assert fold(posted(event, back)) == {**fold([]), "retracted": 1}
    assert fold(posted(event, back, again)) == fold(posted(event))
    assert fold(posted(event, back, again, retracting(again))) == fold(posted(event, back))


def test_a_retraction_that_comes_first_waits_for_its_target():
    event = supply(day="2025-06-01")
    back = retracting(event)
    assert fold(posted(back)) == fold([])
    assert fold(posted(back, event)) == fold(posted(event, back))


def test_what_is_taken_back_leaves_its_rival_in_its_place():
    best, other = valuation("29", confidence="1"), valuation("28", n=1)
    assert preferred(best, other) == best.id
    assert preferred(best, other, retracting(best)) == other.id


def test_of_two_retractions_both_must_go():
    event = supply(day="2025-06-01")
    one, two = retracting(event), retracting(event, "source_withdrawn")
    assert fold(posted(event, one, two, retracting(one)))["events"] == 0
    assert fold(posted(event, one, two, retracting(one), retracting(two)))["events"] == 1


# Bounds


def month(n):
    return f"{2000 + n // 6}-{n % 6 * 2 + 1:02}-01"


def test_a_line_of_long_entries_is_bounded_by_bytes_and_shows_its_value():
    """The most that a served line may take, in the widest letters; the value is its earliest step."""
    asset = {"quote": "𝄞" * 300}
    done = fact("acquisition", {**DEAL, "asset": asset}, day="1999-01-01", n=150)
    told = [
        fact("acquisition", {**DEAL, "asset": asset}, stage="planned", published=month(n), n=n)
        for n in range(150)
    ]
    view = fold(posted(done, *told))
    assert LINE_BYTES_MAX * 0.9 < len(orjson.dumps(view)) <= LINE_BYTES_MAX
    assert (view["events"], view["older"] + len(view["steps"])) == (151, 151)
    assert [view["steps"][0]["date"], view["steps"][-1]["date"]] == ["1999-01-01", month(149)]
    assert len(view["steps"]) < STEPS_MAX


def test_the_value_is_shown_however_much_talk_follows():
    done = deal(day="1999-01-01")
    talk = [deal(stage="planned", published=month(n), n=n + 1) for n in range(3 * STEPS_MAX)]
    view = fold(posted(done, *talk))
    assert len(view["steps"]) == STEPS_MAX
    assert view["older"] == 2 * STEPS_MAX + 1
    assert value_at(view, date(2100, 1, 1))["entry"]["id"] == done.id
    assert view["steps"][-1]["entry"]["id"] == talk[-1].id


def test_an_old_day_is_answered_by_a_view_until_it():
    items = posted(*(supply(day=month(n), n=n) for n in range(3 * STEPS_MAX)))
    day = date.fromisoformat(month(5))
    assert value_at(fold(items), day) is None
    view = fold(items, day)
    assert (value_at(view, day)["date"], view["older"]) == (month(5), 0)


def test_samples_of_a_step_are_the_first_and_last_recorded():
    told = [supply(day="2025-06-01", n=n) for n in range(20)]
    items = [Posted(entry_of(event), MS + n) for n, event in enumerate(told)]
    (step,) = fold(items)["steps"]
    assert step["earliest"] == [event.id for event in told[:SAMPLES]]
    assert step["latest"] == [event.id for event in told[-SAMPLES:]]


@pytest.mark.parametrize("spread_days", [20, 9_000, 300_000])
def test_ten_thousand_entries_are_folded_at_once(spread_days):
    entry = entry_of(supply(day="2025-06-01"))
    items = [
        Posted(
            {
                **entry,
                "id": f"{n:064x}",
                "type": ("supply", "customer_pullback")[n % 2],
                "stage": ("completed", "planned", "agreed")[n % 3],
                "modality": ("asserted", "possible", "denied", "reported", "asserted")[n % 5],
                "valid": days(date.fromordinal(700_000 + n * 7919 % spread_days).isoformat()),
                "origin": f"o{n % 50}",
            },
            MS + n,
        )
        for n in range(10_000)
    ]
    assert fold(items)["events"] == 10_000


# What is no entry


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {},
        {"id": "x", "type": "supply"},
        {"id": "x", "type": "retraction"},
        {**entry_of(supply()), "valid": "June"},
        {**entry_of(supply()), "type": None},
    ],
)
def test_what_is_no_entry_is_refused_in_one_way(entry):
    with pytest.raises(ValueError, match="not the entries of a line"):
        fold([Posted(entry, MS), *posted(supply(n=1))])


def test_retractions_in_a_circle_are_refused():
    def back(id_, of):
        return Posted({"id": id_, "type": "retraction", "retracts": of}, MS)

    with pytest.raises(ValueError, match="not the entries of a line"):
        fold([back("a", "b"), back("b", "a")])
