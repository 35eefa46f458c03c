"""Which events a subscriber wants: one meaning for `khabar follow`, SSE and the event pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seeds.facts import Modality, Stage
from streams.events import CATALOGUE, AnyEvent, entities_in
from streams.slots import RetractionSlots


@dataclass(frozen=True)
class EventFilter:
    """All given conditions must hold; an empty one holds always.

    `company` is an entity id in any role: home, party, person's organisation, holder …. A retraction
    is wanted where the event that it takes back was: whoever saw a fact sees its correction.
    """

    types: frozenset[str] = frozenset()
    stages: frozenset[Stage] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    min_confidence: Decimal = Decimal(0)
    company: str | None = None

    def __post_init__(self) -> None:
        """Refuse a type that is not in the catalogue: it would silently match nothing."""
        if unknown := self.types - CATALOGUE.keys():
            msg = f"unknown event type {sorted(unknown)[0]!r}; known are: {', '.join(CATALOGUE)}"
            raise ValueError(msg)

    def matches(self, event: AnyEvent) -> bool:
        """Say whether a subscriber with this filter gets the event."""
        if isinstance(event.slots, RetractionSlots):
            return self._matches_retracted(event.slots.event, event.type)
        return (
            (not self.types or event.type in self.types)
            and (not self.stages or event.stage in self.stages)
            and (not self.modalities or event.modality in self.modalities)
            and Decimal(event.confidence) >= self.min_confidence
            and (self.company is None or self.company in roles_of(event))
        )

    def _matches_retracted(self, target: dict[str, object], event_type: str) -> bool:
        """Judge a retraction by the innermost event in it, in its wire form of whatever version."""
        while target.get("type") == "retraction":
            slots = target["slots"]
            assert isinstance(slots, dict)  # noqa: S101  # the codec has validated it
            target = slots["event"]
        types_ok = not self.types or event_type in self.types or target.get("type") in self.types
        return (
            types_ok
            and (not self.stages or target.get("stage") in self.stages)
            and (not self.modalities or target.get("modality") in self.modalities)
            and Decimal(str(target.get("confidence", 0))) >= self.min_confidence
            and (
                self.company is None
                or self.company == target.get("home")
                or _mentions(target.get("slots"), self.company)  # who is quoted has no role, as in `roles_of`
            )
        )


def roles_of(event: AnyEvent) -> set[str]:
    """Collect the ids of all entities that have a role in the event."""
    return {event.home, *(entity.id for entity in entities_in(event.slots))}


def _mentions(value: object, entity_id: str) -> bool:
    if isinstance(value, dict):
        return ("surface" in value and value.get("id") == entity_id) or any(
            _mentions(item, entity_id) for item in value.values()
        )
    return isinstance(value, list) and any(_mentions(item, entity_id) for item in value)
