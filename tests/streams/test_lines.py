"""Which lines an event touches, and whose home they have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import wire
from streams.errors import Invalid
from streams.events import CATALOGUE
from streams.lines import SECTIONS, TABLE, Line, home, lines
from tests.strategies import FACT_TYPES, events
from tests.streams.telling import days, entity, money

SECTIONS_OF = {
    "investment": {"investors", "investments"},
    "acquisition": {"acquirers", "acquisitions"},
    "valuation": {"valuation"},
    "appointment": {"leadership", "roles"},
    "departure": {"leadership", "roles"},
    "customer_pullback": {"customers", "suppliers"},
    "supply": {"customers", "suppliers"},
    "partnership": {"partners"},
    "rivalry": {"rivals"},
    "capex_plan": {"capex"},
    "infrastructure_build": {"builds"},
    "product": {"products"},
    "concern": {"concerns"},
    "survey_statistic": set(),
    "forecast": {"outlook"},
    "layoff": {"layoffs"},
    "financial_result": {"results"},
}
MIRRORS = [
    ("investors", "investments"),
    ("acquirers", "acquisitions"),
    ("customers", "suppliers"),
    ("leadership", "roles"),
    ("partners", "partners"),
    ("rivals", "rivals"),
]
ACME, BOLT, CORA = entity("acme"), entity("bolt"), entity("cora")


def touched(event_type, **slots):
    return [str(line) for line in lines(event_type, slots)]


def test_every_type_of_the_catalogue_says_what_it_touches():
    assert TABLE.keys() == SECTIONS_OF.keys() == CATALOGUE.keys() - {"retraction"}
    assert set().union(*SECTIONS_OF.values()) == SECTIONS.keys()


@pytest.mark.parametrize("event_type", FACT_TYPES)
@given(data=st.data())
def test_every_line_that_a_type_can_touch_has_the_home_of_the_event(event_type, data):
    event = data.draw(events([event_type]))
    found = lines(event_type, wire(event)["slots"])
    assert {line.section for line in found} <= SECTIONS_OF[event_type]
    assert [home(line.section, line.company, line.counterpart) for line in found] == [event.home] * len(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("mirror", MIRRORS)
def test_both_sides_of_a_relation_have_one_home(mirror):
    section, other = mirror
    for one, two in [("acme", "bolt"), ("bolt", "acme")]:
        assert home(section, one, two) == home(other, two, one)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_home_of_a_line_is_one_of_its_two(section):
    assert home(section, "acme", "bolt") in ("acme", "bolt")


def test_a_supply_is_told_on_both_sides():
    assert touched("supply", supplier=ACME, customer=BOLT) == ["acme|customers|bolt", "bolt|suppliers|acme"]


def test_a_deal_of_several_is_a_line_pair_for_each():
    assert touched("acquisition", target=ACME, acquirers=[BOLT, CORA]) == [
        "acme|acquirers|bolt",
        "bolt|acquisitions|acme",
        "acme|acquirers|cora",
        "cora|acquisitions|acme",
    ]


def test_an_investor_named_twice_has_one_line():
    investors = [{"entity": BOLT}, {"entity": BOLT, "amount": money("5")}]
    assert touched("investment", target=ACME, investors=investors) == [
        "acme|investors|bolt",
        "bolt|investments|acme",
    ]


def test_an_investment_by_nobody_named_stands_with_the_target():
    assert touched("investment", target=ACME) == ["acme|investors|-"]


def test_an_asset_is_the_home_of_its_deal():
    asset = entity("acme/towers")
    found = lines("acquisition", {"target": asset, "acquirers": [BOLT], "seller": ACME})
    assert [str(line) for line in found] == ["acme/towers|acquirers|bolt", "bolt|acquisitions|acme/towers"]
    assert {home(line.section, line.company, line.counterpart) for line in found} == {"acme/towers"}


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (None, "-"),
        ({"surface": "this year"}, "-"),
        (days("2025-01-01", "2025-12-31", "year"), "2025-01-01/2025-12-31"),
    ],
)
def test_capex_and_results_are_told_apart_by_period(period, name):
    slots = {"company": ACME, "period": period} if period else {"company": ACME}
    assert touched("capex_plan", **slots) == [f"acme|capex|{name}"]
    assert touched("financial_result", **slots, metric="revenue") == [f"acme|results|revenue+{name}"]


def test_an_unresolved_product_is_one_only_within_its_company():
    resolved, unknown = entity("bolt-9"), entity("unresolved/nine", resolved=False)
    assert touched("product", company=ACME, product=resolved) == ["acme|products|bolt-9"]
    assert touched("product", company=ACME, product=unknown) == ["acme|products|acme~unresolved/nine"]


def test_kind_and_place_or_holder_make_the_counterpart():
    assert touched("infrastructure_build", company=ACME, kind="port") == ["acme|builds|port+-"]
    assert touched("infrastructure_build", company=ACME, kind="port", place=entity("tabuk")) == [
        "acme|builds|port+tabuk"
    ]
    assert touched("concern", company=ACME, kind="spending", holder=BOLT) == ["acme|concerns|spending+bolt"]


def test_an_outlook_is_of_what_the_forecast_is_about():
    assert touched("forecast", about=ACME, forecaster=BOLT) == ["acme|outlook|bolt"]
    assert touched("forecast", about=ACME) == ["acme|outlook|-"]
    assert touched("forecast", forecaster=BOLT) == []
    assert touched("survey_statistic", percent={}) == []


@pytest.mark.parametrize("kind", ["pipe|line", "nul\0l"])
def test_a_kind_that_breaks_the_name_of_a_line_is_refused(kind):
    with pytest.raises(Invalid):
        lines("infrastructure_build", {"company": ACME, "kind": kind})


def test_a_kind_of_a_newer_version_is_a_line_of_its_own():
    assert touched("infrastructure_build", company=ACME, kind="orbital") == ["acme|builds|orbital+-"]


@pytest.mark.parametrize("text", ["", "acme", "acme|customers", "acme|friends|bolt", "a|customers|b|c"])
def test_what_names_no_line_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Line.parse(text)
