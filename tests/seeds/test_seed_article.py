"""The Arabic seed article and its English twin: all 21 facts, with every slot, and nothing else."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.expect import essence
from seeds.facts import Fact, Parsed
from seeds.parse import parse

LANGUAGES = ("ar", "en")
PREFIX = {"ar": "00-", "en": "01-"}


@cache
def article(language: str) -> Document:
    return read_document(next(p for p in sample_articles() if p.name.startswith(PREFIX[language])))


@cache
def parsed(language: str) -> Parsed:
    return parse(article(language))


def facts(language: str, event: str) -> list[Fact]:
    return [fact for fact in parsed(language).facts if fact.type == event]


def one(language: str, event: str, **slots: Any) -> Fact:
    """The one fact of a type whose entity or choice slots have these ids or values."""
    found = [f for f in facts(language, event) if all(_id(f.slots.get(k)) == v for k, v in slots.items())]
    assert len(found) == 1, (event, slots, len(found))
    return found[0]


def _id(value: Any) -> Any:
    return getattr(value, "id", value)


def span(interval: Any) -> tuple[date, date]:
    return interval.start, interval.end


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_exactly_the_annotated_facts(language: str) -> None:
    types = sorted(f.type for f in parsed(language).facts)
    assert types == sorted(
        ["investment", "valuation", "appointment", "capex_plan", "survey_statistic", "forecast"]
        + ["supply", "rivalry", "concern"] * 3
        + ["product", "infrastructure_build", "customer_pullback"] * 2
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_evidence_span_is_the_text(language: str) -> None:
    document = article(language)
    for fact in parsed(language).facts:
        assert fact.evidence["trigger"]
        for spans in fact.evidence.values():
            for s in spans:
                part = document.headline if s.part == "headline" else document.text
                assert part is not None
                assert part[s.start : s.end] == s.exact


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_has_its_evidence(language: str) -> None:
    for fact in parsed(language).facts:
        paths = {path.split(".")[0] for path in fact.evidence}
        assert set(fact.slots) - paths <= {"extent", "kind", "status", "metric"}, (
            fact.type
        )  # told by the trigger


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_investment(language: str) -> None:
    fact = one(language, "investment")
    assert (fact.stage, fact.modality) == ("completed", "asserted")
    slots: Any = fact.slots
    assert slots["target"].id == "scale-ai"
    assert [i.entity.id for i in slots["investors"]] == ["meta-platforms"]
    assert (slots["amount"].low, slots["amount"].high, slots["amount"].unit) == (
        "14800000000",
        "14800000000",
        "USD",
    )
    assert (slots["stake_percent"].low, slots["stake_percent"].unit) == ("49", "%")
    assert slots["voting"] is False
    assert (slots["valuation"].low, slots["valuation"].unit) == ("29000000000", "USD")
    assert span(fact.valid) == (date(2025, 6, 13), date(2025, 6, 13))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_valuation_follows_from_the_investment(language: str) -> None:
    fact = one(language, "valuation", company="scale-ai")
    assert fact.derived_from is not None
    assert parsed(language).facts[fact.derived_from].type == "investment"
    assert span(fact.valid) == (date(2025, 6, 13), date(2025, 6, 13))


@pytest.mark.parametrize(
    ("language", "role", "previous", "unit"),
    [
        ("ar", "قيادة", "الرئيس التنفيذي", "الذكاء الفائق"),
        ("en", "lead", "chief executive", "Superintelligence"),
    ],
)
def test_the_appointment(language: str, role: str, previous: str, unit: str) -> None:
    fact = one(language, "appointment", person="alexandr-wang", organisation="meta-platforms")
    assert (fact.stage, fact.modality) == ("completed", "asserted")
    slots: Any = fact.slots
    assert slots["age"].low == "28"
    assert slots["role"].quote == role
    assert slots["unit"].quote == unit
    assert slots["previous"].role.quote == previous
    assert slots["previous"].organisation is None  # the article does not say of what


@pytest.mark.parametrize("customer", ["openai", "google", "microsoft"])
@pytest.mark.parametrize(
    ("language", "product"),
    [("ar", "تجهيز وتصنيف بيانات التدريب"), ("en", "prepares and labels training data")],
)
def test_supplies(language: str, product: str, customer: str) -> None:
    fact = one(language, "supply", supplier="scale-ai", customer=customer)
    assert (fact.stage, fact.modality) == ("completed", "asserted")
    assert fact.slots["product"].quote == product  # type: ignore[union-attr] # a Text


@pytest.mark.parametrize("rival", ["openai", "google", "microsoft"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_rivals(language: str, rival: str) -> None:
    pairs = {tuple(p.id for p in f.slots["parties"]) for f in facts(language, "rivalry")}  # type: ignore[union-attr]
    assert tuple(sorted(("meta-platforms", rival))) in pairs


@pytest.mark.parametrize(("language", "source"), [("ar", "مصادر مطلعة"), ("en", "informed sources")])
def test_zuckerbergs_concern(language: str, source: str) -> None:
    fact = one(language, "concern", kind="competitive", holder="mark-zuckerberg", company="meta-platforms")
    assert fact.modality == "reported"
    assert fact.attributed_to is not None
    assert (fact.attributed_to.name, fact.attributed_to.kind) == (source, "group")


@pytest.mark.parametrize("language", LANGUAGES)
def test_llama_is_launched_and_its_reception_only_reported(language: str) -> None:
    fact = one(language, "product", company="meta-platforms", status="launched")
    slots: Any = fact.slots
    assert slots["product"].name == "Llama 4"
    assert (fact.stage, fact.modality) == ("completed", "asserted")
    assert span(slots["when"]) == (date(2025, 4, 1), date(2025, 4, 30))
    assert slots["when"].precision == "month"
    assert slots["reception"].modality == "reported"


@pytest.mark.parametrize("language", LANGUAGES)
def test_behemoth_is_reported_unreleased(language: str) -> None:
    fact = one(language, "product", company="meta-platforms", status="unreleased")
    assert fact.modality == "reported"
    assert fact.slots["product"].surface == "Behemoth"  # type: ignore[union-attr] # an Entity
    assert fact.slots["reason"]
    assert fact.valid is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_capex_plan(language: str) -> None:
    fact = one(language, "capex_plan", company="meta-platforms")
    assert (fact.stage, fact.modality) == ("planned", "asserted")
    slots: Any = fact.slots
    assert (slots["amount"].low, slots["amount"].high) == ("60000000000", "65000000000")
    assert span(slots["period"]) == (date(2025, 1, 1), date(2025, 12, 31))
    assert slots["purpose"].quote
    assert span(slots["compared_with"].period) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (slots["compared_with"].ratio.low, slots["compared_with"].ratio.bound) == ("2", "about")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_builds(language: str) -> None:
    centre: Any = one(language, "infrastructure_build", company="meta-platforms", kind="data_centre")
    assert centre.stage == "planned"
    assert (centre.slots["power"].low, centre.slots["power"].unit) == ("2", "GW")
    assert "due" not in centre.slots
    computing: Any = one(language, "infrastructure_build", company="meta-platforms", kind="computing")
    assert computing.stage == "planned"
    units = computing.slots["units"]
    assert (units.low, units.high, units.bound, units.unit) == ("1300000", None, "at_least", "GPU")
    assert computing.slots["due"].end == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("language", "experts", "antitrust"),
    [("ar", "خبراء الصناعة", "خبراء مكافحة الاحتكار"), ("en", "Industry experts", "antitrust experts")],
)
def test_the_experts_concerns(language: str, experts: str, antitrust: str) -> None:
    spending = one(language, "concern", kind="spending", company="meta-platforms")
    assert (spending.modality, spending.slots["holder"].name) == ("possible", experts)  # type: ignore[union-attr]
    regulatory = one(language, "concern", kind="regulatory", company="meta-platforms")
    assert (regulatory.modality, regulatory.slots["holder"].name) == ("reported", antitrust)  # type: ignore[union-attr]


@pytest.mark.parametrize(("language", "population"), [("ar", "قادة الأعمال"), ("en", "business leaders")])
def test_the_survey(language: str, population: str) -> None:
    fact: Any = one(language, "survey_statistic")
    assert (fact.modality, fact.slots["percent"].low) == ("reported", "85")
    assert fact.slots["population"].quote == population


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forecast_is_only_possible(language: str) -> None:
    fact = one(language, "forecast", forecaster="forrester")
    assert fact.modality == "possible"
    assert fact.slots["claim"]


@pytest.mark.parametrize("customer", ["openai", "google"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pullbacks(language: str, customer: str) -> None:
    fact = one(language, "customer_pullback", supplier="scale-ai", customer=customer)
    assert (fact.modality, fact.slots["extent"]) == ("reported", "reducing")
    assert fact.slots["reason"]


def test_both_languages_tell_the_same() -> None:
    assert sorted(map(essence, parsed("ar").facts)) == sorted(map(essence, parsed("en").facts))
