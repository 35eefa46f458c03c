"""Checks: what a fact must hold to be believed. A fact that fails one is rejected with the reason."""

from __future__ import annotations

from decimal import Decimal

from seeds.built import Built
from seeds.facts import Entity, Interval, Investor, Quantity

MONEY_MIN = Decimal(1000)  # what is smaller is a price, or told for a share
MONEY_OF = (
    "acquisition",
    "investment",
    "valuation",
    "capex_plan",
    "financial_result",
    "infrastructure_build",
)
AGE_MIN, AGE_MAX = 14, 110
PERCENT_MAX = Decimal(100)
HALF = Decimal(50)
SHARES_OF_A_WHOLE = ("stake_percent", "percent")  # never above 100 %; a change may be
EMPTY_WITHOUT = {
    "layoff": ("count", "percent", "denied"),
    "investment": ("investors", "seller", "amount"),
    "acquisition": ("acquirers", "seller"),
    "forecast": ("claim",),
}
"""Of these types one slot of the list must be filled; "denied" stands for a denial, which needs none."""
SAME_TWICE = (
    ("investment", "target", ("investors", "seller")),
    ("acquisition", "target", ("acquirers", "seller")),
    ("supply", "supplier", ("customer",)),
    ("customer_pullback", "supplier", ("customer",)),
    ("appointment", "person", ("predecessor",)),
)


def check(fact: Built) -> str | None:
    """Return why a fact cannot be right, or None."""
    return _numbers(fact) or _dates(fact) or _parties(fact) or _substance(fact)


def _numbers(fact: Built) -> str | None:
    for name, value in fact.slots.items():
        if not isinstance(value, Quantity):
            continue
        low, high = (Decimal(v) if v is not None else None for v in (value.low, value.high))
        if low is None and high is None:
            return f"{name} has no number"
        if any(v is not None and v < 0 for v in (low, high)) and name != "change_percent":
            return f"{name} is negative"
        money = name == "amount" and fact.type in MONEY_OF and len(value.unit or "") == 3
        if (
            money
            and fact.slots.get("metric") != "sales_volume"
            and all(v < MONEY_MIN for v in (low, high) if v is not None)
        ):
            return f"{name} is too small"
        if name in SHARES_OF_A_WHOLE and any(v is not None and v > PERCENT_MAX for v in (low, high)):
            return f"{name} is above 100"
        if name in SHARES_OF_A_WHOLE and value.unit not in ("%", None):
            return f"{name} is in {value.unit}"
        if name == "age" and not all(v is None or AGE_MIN <= v <= AGE_MAX for v in (low, high)):
            return "age is no person's"
    return None


def _dates(fact: Built) -> str | None:
    for name, value in (*fact.slots.items(), ("valid", fact.valid)):
        if isinstance(value, Interval) and value.start and value.end and value.start > value.end:
            return f"{name} ends before it begins"
    return None


def _parties(fact: Built) -> str | None:
    for event, one, others in SAME_TWICE:
        if fact.type == event:
            ids = {e.id for e in fact.entities(one)}
            if any(e.id in ids for e in fact.entities(*others)):
                return f"{one} is also a party on the other side"
    for name, value in fact.slots.items():
        if isinstance(value, tuple):
            ids_in = [
                v.entity.id if isinstance(v, Investor) else v.id
                for v in value
                if isinstance(v, Investor | Entity)
            ]
            if len(ids_in) != len(set(ids_in)):
                return f"{name} names one twice"
    return None


def _substance(fact: Built) -> str | None:
    share = fact.slots.get("stake_percent")
    if isinstance(share, Quantity):
        major = Decimal(share.low or share.high or 0) > HALF
        if fact.type == "investment" and major:
            return "more than half of a company is an acquisition"
        if fact.type == "acquisition" and not major:
            return "no more than half of a company is an investment"
    wanted = EMPTY_WITHOUT.get(fact.type, ())
    if wanted and not any(fact.slots.get(name) or name == str(fact.modality) for name in wanted):
        return f"none of {', '.join(wanted)}"
    return None
