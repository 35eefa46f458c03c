"""References, deals told twice, conflicts, and what cannot be right."""

from __future__ import annotations

from typing import Any

import pytest

from seeds.document import Document
from seeds.facts import Fact, Parsed
from seeds.parse import parse


def parsed(text: str, language: str = "en", headline: str | None = None) -> Parsed:
    return parse(Document(text=text, language=language, headline=headline, published_at="2025-06-17"))


def facts(event: str, text: str, language: str = "en", headline: str | None = None) -> list[Fact]:
    return [f for f in parsed(text, language, headline).facts if f.type == event]


def ids(fact: Fact, name: str) -> list[str]:
    value: Any = fact.slots[name]
    members = value if isinstance(value, tuple) else (value,)
    return [getattr(v, "entity", v).id for v in members]


# -- merging


def test_parts_of_one_deal_become_one_fact() -> None:
    text = "Microsoft has bought a stake in OpenAI. It gives Microsoft a non-voting 30% stake in the company."
    (fact,) = facts("investment", text)
    assert fact.slots["stake_percent"].low == "30"  # type: ignore[union-attr] # a Quantity
    assert fact.slots["target"].surface == "OpenAI"  # type: ignore[union-attr] # the name, not "the company"
    assert len(fact.evidence["trigger"]) == 2


def test_conflicting_amounts_stay_two_facts() -> None:
    text = "Microsoft invested $2 billion in OpenAI. Microsoft invested $5 billion in OpenAI."
    assert len(facts("investment", text)) == 2


def test_a_headline_may_round() -> None:
    (fact,) = facts(
        "acquisition",
        "Microsoft has agreed to buy OpenAI for $1.93bn.",
        headline="Microsoft buys OpenAI for $2bn",
    )
    assert fact.slots["amount"].low == "1930000000"  # type: ignore[union-attr] # a Quantity
    assert {s.part for s in fact.evidence["trigger"]} == {"headline", "text"}


def test_a_denial_is_not_merged_with_what_it_denies() -> None:
    text = "Reports say that Microsoft plans to buy OpenAI. Microsoft denied that it plans to buy OpenAI."
    assert {f.modality for f in facts("acquisition", text)} == {"reported", "denied"}


def test_a_list_of_customers_makes_one_fact_each() -> None:
    text = "Nvidia designs chips for technology groups such as Google, Microsoft and Intel."
    assert sorted(ids(f, "customer")[0] for f in facts("supply", text)) == ["google", "intel", "microsoft"]


def test_a_valuation_follows_from_its_deal() -> None:
    text = "Microsoft has bought a 10% stake in OpenAI. The deal values OpenAI at $29 billion."
    found = parsed(text).facts
    valuation = next(f for f in found if f.type == "valuation")
    assert valuation.derived_from is not None
    assert found[valuation.derived_from].type == "investment"


# -- references


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("Intel reported results. The company plans to spend $2bn on factories.", ["intel"]),
        (
            "Intel competes with Nvidia. The company plans to spend $2bn on factories.",
            ["intel"],
        ),  # the subject
        ("Analysts met. The company plans to spend $2bn on factories.", []),
    ],
)
def test_the_company(text: str, company: list[str]) -> None:
    assert [i for f in facts("capex_plan", text) for i in ids(f, "company")] == company


def test_one_entity_has_one_part() -> None:
    (fact,) = facts("acquisition", "Microsoft met OpenAI. Microsoft has agreed to buy the company.")
    assert ids(fact, "target") == ["openai"]


def test_both_companies() -> None:
    text = "التقت مايكروسوفت وإنفيديا لمناقشة شراكة بين الشركتين."
    (fact,) = facts("partnership", text, "ar")
    assert ids(fact, "parties") == ["microsoft", "nvidia"]


def test_a_part_of_a_company_is_named_under_it() -> None:
    (fact,) = facts("acquisition", "Siemens is considering selling its mobile phone unit.")
    assert ids(fact, "target")[0].startswith("siemens/mobile-phone-unit-")
    assert fact.slots["target"].surface == "mobile phone unit"  # type: ignore[union-attr] # an Entity


# -- checks


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Microsoft has bought a 120% stake in OpenAI.", "above 100"),
        ("Microsoft has bought a 60% stake in OpenAI.", "acquisition"),
    ],
)
def test_what_cannot_be_right_is_rejected_with_the_reason(text: str, reason: str) -> None:
    assert any(reason in r.reason for r in parsed(text).rejected), parsed(text).rejected


def test_a_candidate_without_its_slots_says_what_is_missing() -> None:
    (rejected,) = [
        r for r in parsed("Microsoft invested in virtual reality.").rejected if r.type == "investment"
    ]
    assert rejected.reason == "no target"
    assert [s.exact for s in rejected.spans] == ["invested"]
