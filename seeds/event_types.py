"""The event types that rules tell, and what their slots hold (`rules/types.yaml`).

The event catalogue, which this package does not know, has the same names; a test holds the two together.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

PAIRS = ("partnership", "rivalry")
"""Types with two equal parties; rules look for `party` and `others`, and each pair of them is a fact."""


def event_types() -> tuple[str, ...]:
    """All event types that rules can tell."""
    return tuple(_types())


@cache
def slot_kinds(event: str) -> dict[str, str]:
    """Slots of an event type and what they hold, without the sign of the required ones."""
    return {name: kind.rstrip("!") for name, kind in _types()[event].items()}


@cache
def required_slots(event: str) -> frozenset[str]:
    """Slots that a fact of the type must have."""
    return frozenset(name for name, kind in _types()[event].items() if kind.endswith("!"))


@cache
def _types() -> dict[str, dict[str, str]]:
    text = (files("seeds") / "rules" / "types.yaml").read_text("utf-8")
    return {str(event): dict(slots) for event, slots in yaml.safe_load(text).items()}


@cache
def rule_slots(event: str) -> frozenset[str]:
    """Slots that a rule of the type may look for."""
    return frozenset(slot_kinds(event)) - {"parties"} | (
        frozenset({"party", "others"}) if event in PAIRS else frozenset()
    )
