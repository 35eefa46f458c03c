"""Confidence: measured counts, and the weakest of what a fact rests on."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files

import orjson
import pytest

from seeds.confidence import PRIOR_WEIGHT, posterior
from seeds.document import Document
from seeds.measure import counts
from seeds.parse import parse


def test_the_counts_are_those_of_the_rules_as_they_are() -> None:
    """If this fails, rules or examples have changed: `python -m seeds.measure`."""
    assert orjson.loads((files("seeds") / "rules" / "confidence.json").read_bytes()) == counts()


@pytest.mark.parametrize(
    ("count", "prior", "mean"),
    [((0, 0), "0.8", "0.8"), ((4, 0), "0.5", "0.75"), ((0, 4), "0.5", "0.25"), ((96, 0), "0.5", "0.98")],
)
def test_the_posterior_mean(count: tuple[int, int], prior: str, mean: str) -> None:
    assert posterior(count, Decimal(prior)) == Decimal(mean)
    assert PRIOR_WEIGHT == 4


def test_a_fact_is_no_surer_than_its_weakest_part() -> None:
    told = {
        name: parse(Document(text=text, language="en")).facts[0]
        for name, text in {
            "listed": "Microsoft has bought OpenAI for $3bn.",
            "unlisted": "Microsoft has bought Zorvex Systems for $3bn.",
        }.items()
    }
    assert Decimal(told["unlisted"].confidence) <= Decimal(told["listed"].confidence)
    for fact in told.values():
        assert 0 < Decimal(fact.confidence) < 1
        assert len(fact.confidence) <= len("0.123")
