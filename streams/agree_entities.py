"""Whether an entity of an event is what its mention stands for: by name, by reference, or in no list."""

from __future__ import annotations

from typing import NamedTuple

from seeds.entities import known_entities
from seeds.facts import Entity, EntityKind, Span
from seeds.mention import Mention
from seeds.resolve import unresolved_id
from seeds.shadow import fold
from streams.checks import Check, is_erased, same
from streams.events import AnyEvent
from streams.reread import Reading


class Verdict(NamedTuple):
    """Whether an entity is right, what to tell, and whether that is only a note."""

    right: bool
    told: str
    note: bool = False


def entity_agrees(path: str, entity: Entity, span: Span, reading: Reading, event: AnyEvent) -> Check:
    """Check that the surface stands in the span, that the id is what it means there, and how it is called."""
    words = span.exact
    if not same(entity.surface, words, event.source.salt):
        told = f"the span says “{words}”, the event “{entity.surface}”"
        return Check("entity", path, False, told, span=span)
    verdict = _meant(entity, words, reading.mention(span), reading, event)
    if verdict.right and not verdict.note:
        verdict = _described(path, entity, words, reading) or verdict
    erased = " (erased from the event; its hash agrees)" if is_erased(entity.surface) else ""
    return Check("entity", path, verdict.right, verdict.told + erased, note=verdict.note, span=span)


def _meant(entity: Entity, words: str, mention: Mention | None, reading: Reading, event: AnyEvent) -> Verdict:
    """Check the id: the words are a name, a reference, a part of a company, or in no list."""
    now = reading.resolved(mention) if mention is not None else None
    if now is not None and now.id == entity.id:
        return Verdict(True, f"“{words}” is {entity.name} ({entity.id})")
    if "/" in entity.id:
        return _asset(entity, words, event)
    if mention is not None and mention.kind == "COREF":
        return _referred(entity, words, reading)
    return _known(entity, words, now) if entity.resolved else _unlisted(entity, words, now)


def _referred(entity: Entity, words: str, reading: Reading) -> Verdict:
    """Check a reference: whom it means follows from what was told before, so the name must be in the text."""
    names = [named.surface for named in reading.named(entity.id)]
    if not names and unresolved_id(entity.name) == entity.id and reading.says(entity.name):
        names = [entity.name]  # a name that only its slot shows
    if not names:
        return Verdict(False, f"“{words}” cannot be {entity.id}: the text names no such entity")
    return Verdict(True, f"“{words}” refers to {entity.id}, which the text names “{names[0]}”")


def _asset(entity: Entity, words: str, event: AnyEvent) -> Verdict:
    """Check the id of a part of a company that is sold: the owner's, and one made of the words."""
    owner, _, part = entity.id.partition("/")
    seller = getattr(event.slots, "seller", None)
    if (
        isinstance(seller, Entity)
        and (seller.id, f"{seller.name}: {words}", False) == (owner, entity.name, entity.resolved)
        and part == unresolved_id(words).removeprefix("unresolved-")
    ):
        return Verdict(True, f"“{words}” is a part of {owner}; its id is made of these words")
    return Verdict(False, f"{entity.id} “{entity.name}” is not how “{words}” of the seller is called")


def _known(entity: Entity, words: str, now: Entity | None) -> Verdict:
    """Check an entity of the list that its mention does not stand for today; the list may have changed."""
    instead = f"“{words}” is {now.id if now else 'no name'} by today's entity list"
    known = known_entities().get(entity.id)
    if known is None:
        told = f"{entity.id} is not in today's entity list, so that “{words}” is it cannot be confirmed"
        return Verdict(True, told, note=True)
    spellings = {fold(spelling) for alias in known.names() for spelling in alias.spellings()}
    if fold(words) in spellings:
        told = f"{instead}, where {entity.id} has that name too: the list has changed"
        return Verdict(True, told, note=True)
    return Verdict(False, f"{instead}, not {entity.id}")


def _unlisted(entity: Entity, words: str, now: Entity | None) -> Verdict:
    """Check an entity in no list: its id comes from its name, and its name is what the mention says."""
    if " ".join(words.split()) != " ".join(entity.name.split()):
        return Verdict(False, f"“{words}” does not say “{entity.name}”")
    if now is not None and now.resolved:
        told = f"“{words}” was in no list when the event was written; today's list has it as {now.id}"
        return Verdict(unresolved_id(entity.name) == entity.id, told, note=True)
    return Verdict(True, f"“{words}” is in no list; its id is made of the name “{entity.name}”")


def _described(path: str, entity: Entity, words: str, reading: Reading) -> Verdict | None:
    """Check name and kind of an entity whose id is right; None if nothing is to be told.

    By the list, or because the id of what is in no list is made of its name. A product's kind is its slot's.
    """
    known = known_entities().get(entity.id)
    if entity.resolved != (known is not None):
        return Verdict(
            False, f"{entity.id} is {'not ' * entity.resolved}in the list, the event says otherwise"
        )
    if known is not None:
        if (entity.name, str(entity.kind)) == (known.name, str(known.kind)):
            return None
        told = (
            f"{known.name} ({known.kind}) in today's entity list, {entity.name} ({entity.kind}) in the event"
        )
        return Verdict(True, f"{entity.id} is {told}", note=True)
    if "/" not in entity.id and unresolved_id(entity.name) != entity.id:
        return Verdict(False, f"{entity.id} is not the id of the name “{entity.name}”")
    named = {(other.name, other.kind) for other in reading.named(entity.id)}
    slot_says = entity.kind in (EntityKind.PRODUCT, EntityKind.GROUP) and entity.name == words
    if named and (entity.name, entity.kind) not in named and not slot_says:
        return Verdict(False, f"“{entity.name}” ({entity.kind}) is not how the text names {entity.id}")
    if entity.kind == EntityKind.OTHER:
        return Verdict(True, f"{entity.id} is of a kind that this khabar does not know", note=True)
    return None
