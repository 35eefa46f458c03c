"""What counts as a change of a line, and on which days one happens."""

from datetime import date, timedelta

from hypothesis import given, settings

from streams.changes import along, same, value
from streams.fold import fold
from streams.timelines import SERIES, timelines
from tests.streams.telling import days, entity, fact, money, posted
from tests.streams.test_fold import lines_of_entries

DAY = date(2025, 7, 1)


def valuation(amount="29000000000", **how):
    return fact("valuation", {"company": entity("scale-ai"), "amount": money(amount)}, **how)


def test_more_that_tell_the_same_change_nothing():
    one = fold(posted(valuation(day="2025-06-01")))
    ten = fold(posted(*(valuation(day="2025-06-01", n=n, origin=f"o{n}") for n in range(10))))
    assert same(value(one, DAY), value(ten, DAY))
    assert value(one, DAY)["origins"] != value(ten, DAY)["origins"]


def test_another_amount_day_stage_or_telling_is_a_change():
    one = value(fold(posted(valuation(day="2025-06-01"))), DAY)
    for other in (
        valuation("28000000000", day="2025-06-01"),
        valuation(day="2025-06-02"),
        valuation(day="2025-06-01", stage="agreed"),
        valuation(day="2025-06-01", modality="reported"),
        valuation(valid=days("2025-06-01", "2025-07-31", "month")),
    ):
        assert not same(one, value(fold(posted(other)), DAY))
    assert not same(one, None)
    assert same(None, value(fold([]), DAY))


def test_along_the_days_a_value_comes_possibly_then_certainly_then_another():
    may = valuation("1000", day="2025-04-01")
    june = valuation("2000", valid=days("2025-06-01", "2025-06-30", "month"), n=1)
    told = along(fold(posted(may, june)), date(2025, 1, 1), date(2025, 12, 31))
    assert [(day.isoformat(), since["event"] == june.id, since["possibly"]) for day, _, since in told] == [
        ("2025-04-01", False, False),
        ("2025-06-01", True, True),
        ("2025-06-30", True, False),
    ]
    assert along(fold(posted(may, june)), date(2025, 6, 30), date(2025, 12, 31)) == []


@settings(max_examples=60)
@given(lines_of_entries())
def test_the_changes_lead_from_one_value_to_the_other(items):
    view = fold(items)
    first, last = date(2024, 1, 1), date(2027, 1, 1)
    told = along(view, first, last)
    now = value(view, first)
    for day, before, since in told:
        assert same(before, now)
        assert not same(before, since)
        assert same(since, value(view, day))
        assert same(before, value(view, day - timedelta(days=1)))
        now = since
    assert same(now, value(view, last))


def test_series_are_the_steps_in_order():
    sold = valuation("2000", day="2025-06-01")
    before = valuation("1000", day="2024-06-01", n=1)
    made = timelines([("valuation", "-", None, fold(posted(sold, before))), ("rivals", "x", None, fold([]))])
    assert set(made) == set(SERIES)
    assert [(p["date"], p["amount"]["low"]) for p in made["valuation"]] == [
        ("2024-06-01", "1000"),
        ("2025-06-01", "2000"),
    ]
    assert made["stakes"] == made["leadership"] == made["capital_spending"] == []
