"""Whether an entity of an event is what its mention stands for: by name, by reference, or in no list."""

from __future__ import annotations

from seeds.entities import known_entities
from seeds.facts import Entity, Span
from seeds.mention import Mention
from seeds.resolve import unresolved_id
from seeds.shadow import fold
from streams.checks import Check, is_erased, same
from streams.events import AnyEvent
from streams.reread import Reading

Verdict = tuple[bool, str, bool]  # right, told, only a note


def entity_agrees(path: str, entity: Entity, span: Span, reading: Reading, event: AnyEvent) -> Check:
    """Check that the surface stands in the span, and that the id is what is meant by it there."""
    words = span.exact
    if not same(entity.surface, words, event.source.salt):
        told = f"the span says “{words}”, the event “{entity.surface}”"
        return Check("entity", path, False, told, span=span)
    mention = reading.mention(span)
    if mention is not None and reading.resolved(mention) == entity.id:
        right, told, note = _read_so(entity, words)
    elif "/" in entity.id:
        right, told, note = _asset(entity, words, event)
    elif mention is not None and mention.kind == "COREF":
        right, told, note = _referred(entity, words, reading)
    elif entity.resolved:
        right, told, note = _known(entity, words, mention, reading)
    else:
        right, told, note = _unlisted(entity, words, mention, reading)
    erased = " (erased from the event; its hash agrees)" if is_erased(entity.surface) else ""
    return Check("entity", path, right, told + erased, note=note, span=span)


def _read_so(entity: Entity, words: str) -> Verdict:
    """Check name and kind, which follow from the id: by the list, or because the id is made of the name."""
    known = known_entities().get(entity.id)
    if entity.resolved != (known is not None):
        return False, f"“{words}” is {entity.id}, which is {'not ' * entity.resolved}unresolved", False
    if known is None:
        right = unresolved_id(entity.name) == entity.id
        told = f"“{words}” is in no list; its id is that of the name “{entity.name}”"
        return right, told if right else f"{entity.id} is not the id of the name “{entity.name}”", False
    if (entity.name, str(entity.kind)) != (known.name, str(known.kind)):
        told = (
            f"{entity.id} is {known.name} ({known.kind}) in today's entity list, {entity.name} in the event"
        )
        return True, told, True
    return True, f"“{words}” is {entity.name} ({entity.id})", False


def _referred(entity: Entity, words: str, reading: Reading) -> Verdict:
    """Check a reference: whom it means follows from what was told before, so the name must be in the text."""
    name = reading.surface_of(entity.id)
    if name is None and not entity.resolved and unresolved_id(entity.name) == entity.id:
        name = entity.name if reading.says(entity.name) else None
    if name is None:
        return False, f"“{words}” cannot be {entity.id}: the text names no such entity", False
    return True, f"“{words}” refers to {entity.id}, which the text names “{name}”", False


def _asset(entity: Entity, words: str, event: AnyEvent) -> Verdict:
    """Check the id of a part of a company that is sold: the owner's, and one made of the words."""
    owner, _, part = entity.id.partition("/")
    seller = getattr(event.slots, "seller", None)
    right = (
        isinstance(seller, Entity)
        and seller.id == owner
        and part == unresolved_id(words).removeprefix("unresolved-")
        and not entity.resolved
    )
    told = f"“{words}” is a part of {owner}; its id is made of these words"
    return right, told if right else f"{entity.id} is not the id of “{words}” of the seller", False


def _known(entity: Entity, words: str, mention: Mention | None, reading: Reading) -> Verdict:
    """Check an entity of the list that its mention does not stand for today; the list may have changed."""
    today = reading.resolved(mention) if mention is not None else None
    instead = f"“{words}” is {today or 'no name'} by today's entity list"
    known = known_entities().get(entity.id)
    if known is None:
        told = f"{entity.id} is not in today's entity list, so that “{words}” is it cannot be confirmed"
        return True, told, True
    spellings = {fold(spelling) for alias in known.names() for spelling in alias.spellings()}
    if fold(words) in spellings:
        return True, f"{instead}, where {entity.id} has that name too: the list has changed", True
    return False, f"{instead}, not {entity.id}", False


def _unlisted(entity: Entity, words: str, mention: Mention | None, reading: Reading) -> Verdict:
    """Check an entity in no list: its id comes from its name, and its name is what the mention says."""
    if unresolved_id(entity.name) != entity.id:
        return False, f"{entity.id} is not the id of the name “{entity.name}”", False
    if " ".join(words.split()) != entity.name:
        return False, f"“{words}” does not say “{entity.name}”", False
    today = reading.resolved(mention) if mention is not None else None
    if today is not None and today in known_entities():
        return (
            True,
            f"“{words}” was in no list when the event was written; today's list has it as {today}",
            True,
        )
    return True, f"“{words}” is in no list; its id is that of the name “{entity.name}”", False
