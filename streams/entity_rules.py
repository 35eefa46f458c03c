"""Which changes of entities are taken: those that would have an effect, and take no other by surprise.

The log may hold others (two people at once, another program): `streams.entity_map` gives those no effect.
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.entity_changes import ChangeKind, EntityChange
from streams.entity_map import HALF, EntityMap


def objection(change: EntityChange, before: Sequence[EntityChange]) -> str | None:
    """Say what speaks against a change after those before it; nothing for one that is as it should be."""
    entities = EntityMap.of(before)
    entity, into = change.entity or "", change.into or ""
    said: str | None = None
    match change.kind:
        case ChangeKind.MERGE:
            said = _against_merge(entities, entity, into)
        case ChangeKind.DISTINCT:
            said = _against_distinct(entities, entity, into)
        case ChangeKind.SPLIT:
            said = _against_split(entities, entity, into, change.events)
        case ChangeKind.RENAME:
            said = _against_rename(entities, change)
        case ChangeKind.UNDO:
            said = entities.refused.get(change.undoes or "")
    if said is None:
        said = EntityMap.of([*before, change]).refused.get(change.id)
    return said


def are_distinct(entities: EntityMap, one: str, other: str) -> bool:
    """Say whether a person said of two entities, or of what was merged into them, that they are two."""
    pair = {entities.resolve(one), entities.resolve(other)}
    return any({entities.resolve(said) for said in marked} == pair for marked in entities.distinct)


def _against_merge(entities: EntityMap, entity: str, into: str) -> str | None:
    if (now := entities.resolve(entity)) != entity:
        return f"{entity} was merged into {now} already"
    if are_distinct(entities, entity, into):
        return f"{entity} and {into} are marked as two: undo that first"
    return None


def _against_distinct(entities: EntityMap, one: str, other: str) -> str | None:
    if entities.resolve(one) == entities.resolve(other):
        return f"{one} and {other} were merged: undo that first"
    if are_distinct(entities, one, other):
        return f"{one} and {other} are marked as two already"
    return None


def _against_split(entities: EntityMap, entity: str, into: str, events: Sequence[str]) -> str | None:
    shown = entities.resolve(into)
    if entities.resolve(entity) == shown:
        return f"{into} was merged with {entity}: undo that first"
    if all(entities.resolve(entity, event[:HALF]) == shown for event in events):
        return f"these events are about {into} already"
    return None


def _against_rename(entities: EntityMap, change: EntityChange) -> str | None:
    entity = change.entity or ""
    if (now := entities.resolve(entity)) != entity:
        return f"{entity} was merged into {now}: rename that"
    if entities.name(entity) == (change.name, change.name_ar):
        return f"{entity} has that name already"
    return None
