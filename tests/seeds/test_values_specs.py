"""The cases of tests/seeds/specs, each a text and the values in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from seeds.facts import Bound, Interval, Quantity
from seeds.shadow import Shadow
from seeds.values import Value, find_values

SPECS = Path(__file__).parent / "specs"
PUBLISHED = date(2025, 6, 17)
MONEY = "MONEY"


def cases() -> list[Any]:
    found = []
    for file in sorted(SPECS.glob("*/*.yaml")):
        for n, case in enumerate(yaml.safe_load(file.read_text("utf-8")), 1):
            name = f"{file.parent.name}/{file.stem}:{n} {case['text'][:40]}"
            found.append(pytest.param(file.parent.name, case, id=name))
    return found


def told(value: Value) -> str:
    """A value in the words of the specs."""
    if value.interval is not None:
        return " ".join(filter(None, [value.kind, value.relation, interval(value.interval)]))
    assert value.quantity is not None
    return f"{value.kind} {quantity(value)}"


def quantity(value: Value) -> str:
    q = value.quantity
    assert isinstance(q, Quantity)
    bound = "" if q.bound == Bound.EXACT else q.bound.replace("_", " ")
    ends = [f"{Decimal(end):,f}" for end in dict.fromkeys([q.low, q.high]) if end is not None]
    unit = q.unit or ("?" if value.kind == MONEY else "")
    return " ".join(filter(None, [bound, " to ".join(ends), unit, value.per and f"per {value.per}"]))


def interval(i: Interval) -> str:
    if i.start is None:
        return f"? {i.precision}"
    return f"{i.start} {i.precision}" if i.start == i.end else f"{i.start}..{i.end} {i.precision}"


@pytest.mark.parametrize(("language", "case"), cases())
def test_the_values_of_a_text(language: str, case: dict[str, Any]) -> None:
    text = case["text"]
    shadow = Shadow(case.get("within", text))
    start = shadow.folded.index(Shadow(text).folded)
    end = start + len(Shadow(text).folded)
    published = None if case.get("published") == "none" else PUBLISHED
    values = find_values(shadow, start, end, language, published)
    assert [told(value) for value in values] == case["expect"]
    for value in values:
        surface = (value.quantity or value.interval).surface  # type: ignore[union-attr]  # one is set
        assert surface is not None
        assert surface in shadow.exact(value.start, value.end)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_there_are_cases_enough(language: str) -> None:
    assert sum(case.values[0] == language for case in cases()) >= 120
