"""Who fills a slot that a sentence leaves empty: the topic, a deal's buyer, a person's company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seeds.facts import Entity, EntityKind
from seeds.naming import names_lexicon
from seeds.references import DEALS, LOOK_BACK, Place, References
from seeds.resolve import unresolved_id
from seeds.rule import Fallback

if TYPE_CHECKING:
    from seeds.match import Draft


class Context(References):
    """What has been told so far in a document, and what follows from it for the next sentence."""

    def fallback(
        self, way: Fallback, draft: Draft, taken: set[str], values: Mapping[str, Sequence[object]]
    ) -> tuple[Entity, Place] | None:
        """Find an entity for a slot that the sentence leaves empty, and the words that name it."""
        if way == "topic":
            return self._topic(draft, taken)
        if way == "previous":
            return self._previous(draft, taken)
        if way == "deal":
            return self._deal(draft, taken)
        if way == "asset":
            return self._asset(draft)
        return self._affiliation(values, taken)

    def _previous(self, draft: Draft, taken: set[str]) -> tuple[Entity, Place] | None:
        """Return the company of the fact before, if it was told in this sentence or the one before."""
        for fact in reversed(self.facts):
            if draft.sentence.number - fact.sentence > LOOK_BACK:
                return None
            for name in ("company", "organisation"):
                for entity in fact.entities(name):
                    if entity.id not in taken:
                        return entity, fact.evidence[name][0]
        return None

    def _topic(self, draft: Draft, taken: set[str]) -> tuple[Entity, Place] | None:
        """Return what the text is about here: the one company of this sentence, or of those before."""
        if self._stranger(draft):
            return None
        at = draft.sentence.number
        for number in range(at, max(at - LOOK_BACK, 0) - 1, -1):
            named = {e.id: (e, (i.start, i.end)) for i, e in self._topics[number] if e.id not in taken}
            topic = self._topic_of(number, taken)
            if topic is not None and (not named or topic[0].id in named):
                return named.get(topic[0].id, topic)
            if len(named) == 1:
                return next(iter(named.values()))
            if named:
                break
        return self._main(taken)

    def _stranger(self, draft: Draft) -> bool:
        """Tell whether an English sentence opens with a name that nothing else shows: "Midas reported …"."""
        sentence, scene = draft.sentence, self.scene
        first = sentence.first
        if scene.language != "en" or first + 1 >= sentence.last or sentence.item_at(first) is not None:
            return False
        token, names = scene.tokens[first], names_lexicon("en")
        verb = scene.tokens[first + 1].text
        plain = token.text in names.lists["starters"] | names.lists["ordinary"] | names.stops
        return (
            not plain
            and scene.exact(token.start, token.start + 1).isupper()
            and first < draft.trigger.first
            and (verb in names.lists["organisation_does"] or (verb == "," and not token.text.endswith("ly")))
        )

    def _deal(self, draft: Draft, taken: set[str]) -> tuple[Entity, Place] | None:
        """Return the buyer of the latest deal told before."""
        for fact in reversed(self.facts):
            buyers = "investors" if fact.type == "investment" else "acquirers"
            for entity, place in fact.told(buyers) if fact.type in DEALS else ():
                if entity.id not in taken:
                    return entity, place
        return None

    def _asset(self, draft: Draft) -> tuple[Entity, Place] | None:
        """Make the entity of a part of the seller that is sold: `siemens/mobile-phone-unit`."""
        seller, asset = draft.hits.get("seller"), draft.hits.get("asset")
        owners = self.entities(seller[0].item, set()) if seller and seller[0].item else []
        if len(owners) != 1 or not asset:
            return None
        place = asset[0].start, asset[0].end
        words = self.scene.exact(*place)
        entity = Entity(
            id=f"{owners[0].id}/{unresolved_id(words).removeprefix('unresolved-')}",
            name=f"{owners[0].name}: {words}",
            surface=words,
            resolved=False,
        )
        return entity, place

    def _affiliation(
        self, values: Mapping[str, Sequence[object]], taken: set[str]
    ) -> tuple[Entity, Place] | None:
        """Return the company of the person in a slot: the one named where the person is first named."""
        people = {
            v.id
            for found in values.values()
            for v in found
            if isinstance(v, Entity) and v.kind == EntityKind.PERSON
        }
        for sentence in self.scene.sentences:
            for item in sentence.items:
                person = self.named(item) if item.type == "PERSON" else None
                if person is not None and person.id in people:
                    orgs = {e.id: (e, i) for i, e in self._orgs[sentence.number]}
                    if len(orgs) == 1 and next(iter(orgs)) not in taken:
                        entity, org = next(iter(orgs.values()))
                        return entity, (org.start, org.end)
        return None
