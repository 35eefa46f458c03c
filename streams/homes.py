"""The home of an event: the id that is its partition key, as its slots say."""

from __future__ import annotations

from seeds.facts import Entity
from streams.events import AnyEvent
from streams.slots import PairSlots, RetractionSlots


def home_of(event: AnyEvent) -> str:
    """Give the id of the home slot's entity, a pair's smaller id, a retraction's target's home.

    What is about no entity belongs to its document.
    """
    slots = event.slots
    if isinstance(slots, RetractionSlots):
        return str(slots.event["home"])
    if isinstance(slots, PairSlots):
        return slots.parties[0].id  # the model holds them in the order of their ids
    home = getattr(slots, slots.home) if slots.home else None
    return home.id if isinstance(home, Entity) else event.source.document
