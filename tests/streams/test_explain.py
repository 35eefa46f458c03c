"""An explanation tells what the fold chose, of every telling, and names the rule that decided."""

from datetime import date

import pytest
from hypothesis import given, settings

from streams.explain import explain
from streams.fold import fold, holding
from tests.streams.telling import days, entity, fact, money, posted, retracting
from tests.streams.test_fold import lines_of_entries

BASE = {"company": entity("scale-ai"), "amount": money("29000000000")}


def valuation(amount="29000000000", **how):
    return fact("valuation", {**BASE, "amount": money(amount)}, **how)


@settings(max_examples=60)
@given(lines_of_entries())
def test_an_explanation_is_that_of_the_fold(items):
    once = {item.entry["id"]: item for item in items}.values()
    view, told = fold(once), explain(once)
    assert len(told["steps"]) == len(view["steps"]) + view["older"]
    for step, why in zip(view["steps"], told["steps"][view["older"] :], strict=True):
        for name in ("date", "certain", "type", "closing", "weak"):
            assert step[name] == why[name]
        assert step["entry"]["id"] == why["preferred"]
        assert step["rivals"] == [rival["event"] for rival in why["rivals"]][: len(step["rivals"])]
        assert step["events"] == 1 + len(why["rivals"])
    assert len(told["retracted"]) == view["retracted"]


@pytest.mark.parametrize(
    ("weaker", "reason"),
    [
        ({"stage": "planned"}, "happened"),
        ({"stage": "agreed"}, "stage"),
        ({"modality": "reported"}, "modality"),
        ({"amount": "28000000000"}, "origins"),
        ({"confidence": "0.6"}, "confidence"),
        ({"published": "2025-06-02"}, "recency"),
        ({"modality": "denied"}, "denied"),
    ],
)
def test_a_rival_is_told_by_what_it_lost(weaker, reason):
    best = [valuation(day="2025-06-03", n=n, origin=f"o{n}", published="2025-06-05") for n in (1, 2)]
    how = {"day": "2025-06-03", "n": 3, "origin": "o1", "published": "2025-06-05", **weaker}
    (step,) = explain(posted(*best, valuation(**how)))["steps"]
    rival = next(r for r in step["rivals"] if r["event"] not in {event.id for event in best})
    assert rival["lost_by"] == reason


def test_what_was_taken_back_is_named():
    wrong, right = valuation("1", day="2025-06-01"), valuation(day="2025-06-01", n=1)
    told = explain(posted(wrong, right, retracting(wrong)))
    assert told["retracted"] == [wrong.id]
    assert [step["preferred"] for step in told["steps"]] == [right.id]


def test_what_was_told_as_in_june_holds_possibly_in_june():
    may = valuation("1", day="2025-04-01")
    june = valuation(valid=days("2025-06-01", "2025-06-30", "month"), n=1)
    view = fold(posted(may, june))

    def on(day):
        said = holding(view, date.fromisoformat(day))
        name = {may.id: "may", june.id: "june"}
        return [
            said["possibly"],
            *(name[s["entry"]["id"]] if s else None for s in (said["current"], said["otherwise"])),
        ]

    assert on("2025-05-31") == [False, "may", None]
    assert on("2025-06-01") == [True, "june", "may"]
    assert on("2025-06-29") == [True, "june", "may"]
    assert on("2025-06-30") == [False, "june", None]
    assert holding(view, date(2025, 3, 1)) == {"current": None, "possibly": False, "otherwise": None}


def test_one_who_names_the_day_settles_the_month():
    june = valuation(valid=days("2025-06-01", "2025-06-30", "month"))
    day = valuation(day="2025-06-13", n=1)
    (step,) = fold(posted(june, day))["steps"]
    assert (step["date"], step["certain"]) == ("2025-06-01", "2025-06-13")
