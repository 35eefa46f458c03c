"""A document read a second time, to see whether it says at a span what an event claims that it says.

What stands where comes from the same grammar as the first time: values, names, the words of a choice. Today's
lexicons and today's entity list read it, which may be newer than those that wrote the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from seeds.document import Document
from seeds.errors import SeedsError
from seeds.facts import Entity, Interval, OpenEnum, Quantity, Span
from seeds.fill import choice_index
from seeds.mention import Mention
from seeds.nearby import words_index
from seeds.parse import SEPARATOR, parse
from seeds.resolve import resolve
from seeds.rules import LANGUAGES, load_rules
from seeds.scene import Scene
from seeds.shadow import fold
from seeds.tokens import tokenise
from seeds.values import Value
from streams.codec import wire
from streams.documents import stored
from streams.events import Source
from streams.from_facts import events
from streams.ids import canonical, erased, meaning


class Reading:
    """What the grammar finds in a document, by the characters that say it."""

    def __init__(self, headline: str | None, text: str, language: str, published: date | None) -> None:
        head = headline + SEPARATOR if headline else ""
        self._body = len(head)
        self._language = language
        scene = Scene(head + text, language, published)
        self._resolved = resolve(scene.mentions, scene.shadow, published)
        self._folded = " ".join(scene.shadow.folded.split())
        origin = scene.shadow.origin
        self._mentions = {origin(m.start, m.end): m for m in scene.mentions}
        self._values: dict[tuple[int, int], Value] = {
            origin(item.start, item.end): item.what
            for sentence in scene.sentences
            for item in sentence.items
            if isinstance(item.what, Value)
        }

    def quantity(self, span: Span) -> Quantity | None:
        """Read the amount at a span; None if there is none, or more than one in it."""
        found = [v.quantity for v in self._values_at(span) if v.quantity is not None]
        return found[0] if len(found) == 1 else None

    def interval(self, span: Span) -> Interval | None:
        """Read the date at a span; None if there is none, or more than one in it."""
        found = [v.interval for v in self._values_at(span) if v.interval is not None]
        return found[0] if len(found) == 1 else None

    def mention(self, span: Span) -> Mention | None:
        """Return the name, or the reference to one, that is exactly the span."""
        return self._mentions.get(self._at(span))

    def resolved(self, mention: Mention) -> Entity | None:
        """Return what a name stands for; None for a reference."""
        found = self._resolved.get(mention)
        return found.entity if found is not None else None

    def named(self, entity_id: str) -> list[Entity]:
        """List the names in the document that stand for an entity, as entities with these surfaces."""
        found = map(self.resolved, self._mentions.values())
        return [entity for entity in found if entity is not None and entity.id == entity_id]

    def says(self, name: str) -> bool:
        """Tell whether the document says a name anywhere, spelling folded."""
        return " ".join(fold(name).split()) in self._folded

    def choice(self, event: str, slot: str, value: OpenEnum | bool, span: Span) -> bool:
        """Tell whether a rule for this type of event takes the words of a span for a value of a list."""
        tokens = tokenise(fold(span.exact))
        for rule in load_rules(self._language):
            spec = rule.slots.get(slot) if rule.event == event else None
            if spec is None:
                continue
            if isinstance(value, bool):
                hits = words_index(spec.cue).find(tokens, 0, len(tokens)) if spec.flag is value else []
            else:
                words = choice_index(((str(value), spec.choose.get(str(value), ())),))
                hits = words.find(tokens, 0, len(tokens))
            if any((hit.first, hit.last) == (0, len(tokens)) for hit in hits):
                return True
        return False

    def constant(self, event: str, slot: str, value: OpenEnum | bool, rule_id: str) -> bool:
        """Tell whether the rule sets a value itself, as the meaning of its trigger."""
        rules = (rule for rule in load_rules(self._language) if rule.id == rule_id and rule.event == event)
        return any(rule.const.get(slot) == value for rule in rules)

    def _values_at(self, span: Span) -> list[Value]:
        start, end = self._at(span)
        if (start, end) in self._values:
            return [self._values[start, end]]
        return [value for (first, last), value in self._values.items() if start <= first and last <= end]

    def _at(self, span: Span) -> tuple[int, int]:
        shift = self._body if span.part == "text" else 0
        return span.start + shift, span.end + shift


@lru_cache(maxsize=8)
def read_again(headline: str | None, text: str, language: str, published_at: str | None) -> Reading | None:
    """Read a document again; None if khabar has no grammar for its language.

    The last few are kept: the events of one document are looked at one after the other.
    """
    if language not in LANGUAGES:
        return None
    try:
        published = date.fromisoformat(published_at[:10]) if published_at else None
    except ValueError:  # 2025-02-30 has the shape of a day
        published = None
    return Reading(headline, text, language, published)


@lru_cache(maxsize=8)
def claims_again(headline: str | None, text: str, source: Source) -> Mapping[str, bytes]:
    """Return what today's rules claim of a document, by claim id; nothing if they do not read it."""
    try:
        document = Document(
            headline=headline, text=text, language=source.language, published_at=source.published_at
        )
        record = stored(document).model_copy(update={"document": source.document})
        made = events(parse(document), record, {})
    except (SeedsError, ValueError):  # no document that khabar would have read
        return {}
    return {event.claim_id: claimed(wire(event), source.salt) for event in made.new}


def claimed(data: dict[str, Any], salt: str) -> bytes:
    """Reduce the data of an event to what it claims, the same whether its strings were erased or not."""
    told = ("type", "stage", "modality", "attributed_to", "valid", "slots")
    return canonical(erased(meaning({key: data.get(key) for key in told}), salt))
