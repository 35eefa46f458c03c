"""A fact in the making, between its draft and the finished fact."""

from __future__ import annotations

from dataclasses import dataclass, field

from seeds.facts import (
    Comparison,
    Entity,
    Interval,
    Investor,
    Modality,
    Previous,
    Quantity,
    SlotValue,
    Stage,
    Text,
)
from seeds.rule import Rule

Spans = list[tuple[int, int]]  # folded offsets
PAIRS_MAX = 10


@dataclass
class Built:
    """A fact in the making: slots by flat name ("previous.role"), evidence in folded offsets."""

    type: str
    stage: Stage
    modality: Modality
    rule: Rule
    sentence: int
    trigger: tuple[int, int]
    slots: dict[str, SlotValue]
    evidence: dict[str, Spans]
    attributed_to: Entity | None = None
    valid: Interval | None = None
    headline: bool = False
    parent: Built | None = None
    referred: set[str] = field(default_factory=set)  # slots that a reference fills ("the company")
    also: list[int] = field(default_factory=list)  # other sentences that tell it
    confidence: list[str] = field(default_factory=list)  # what it rests on: see seeds.confidence

    def entities(self, *names: str) -> list[Entity]:
        """List the entities of the slots of these names."""
        return [entity for name in names for entity in self._members(name)]

    def told(self, *names: str) -> list[tuple[Entity, tuple[int, int]]]:
        """List the entities of the slots of these names, each with the place that names it."""
        return [
            (entity, (self.evidence.get(f"{name}.{n}") or self.evidence[name][n : n + 1])[0])
            for name in names
            for n, entity in enumerate(self._members(name))
        ]

    def _members(self, name: str) -> list[Entity]:
        value = self.slots.get(name)
        members = value if isinstance(value, tuple) else (value,)
        parties = [v.entity if isinstance(v, Investor) else v for v in members]
        return [p for p in parties if isinstance(p, Entity)]


def nested(slots: dict[str, SlotValue]) -> dict[str, SlotValue]:
    """Put dotted slots together: `previous.role` and `previous.organisation` are one `previous`."""
    flat = {name: value for name, value in slots.items() if "." not in name}
    role, organisation = slots.get("previous.role"), slots.get("previous.organisation")
    if isinstance(role, Text) or isinstance(organisation, Entity):
        flat["previous"] = Previous(
            role=role if isinstance(role, Text) else None,
            organisation=organisation if isinstance(organisation, Entity) else None,
        )
    period, ratio = slots.get("compared_with.period"), slots.get("compared_with.ratio")
    if isinstance(period, Interval) and isinstance(ratio, Quantity):
        flat["compared_with"] = Comparison(period=period, ratio=ratio)
    return flat
