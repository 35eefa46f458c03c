"""Who is meant by "the company", "she" or a described group, and by a speaker.

The text is read in order; what facts it has told so far is the context of the next sentence. An antecedent
is taken only if it is the one that fits; otherwise the slot stays empty.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

from seeds.entities import known_entities
from seeds.facts import Entity, EntityKind
from seeds.items import Item
from seeds.names import Mention
from seeds.nearby import media, prepositional
from seeds.resolve import REACH, Resolution, antecedents, resolve, unresolved_id
from seeds.scene import Scene
from seeds.sentences import Sentence as Stretch
from seeds.shadow import fold
from seeds.tokens import forms

if TYPE_CHECKING:
    from seeds.built import Built
    from seeds.match import Draft

OFFICER_GAP = 8  # tokens between an officer and the company that he speaks for
LOOK_BACK = 2  # sentences that a missing name may have been told before
PRESS = frozenset(
    map(fold, ("newspaper", "agency", "broadcaster", "الصحيفة", "الوكالة", "للصحيفة", "الشبكة"))
)
SOURCES = ("report", "poll", "survey", "estimates", "data")
CITED = frozenset(
    map(
        fold,
        (
            "عن",
            "بحسب",
            "حسب",
            "وفق",
            "ذكرت",
            "ذكره",
            "أورد",
            "أوردت",
            "نقلت",
            "نقل",
            "أفادت",
            "نشرت",
            "نشر",
            "قالت",
        ),
    )
)
BANKS = ("بنك", "مصرف", "bank")
NO_COMPANIES = frozenset(
    map(fold, ("صندوق", "وزارة", "هيئة", "بورصة", "جامعة", "مجلس", "مفوضية", "اتحاد", "الاتحاد", "منظمة"))
)
DEALS = ("investment", "acquisition")
ACTORS = {
    "investment": ("target", "investors"),
    "acquisition": ("target", "acquirers"),
    "partnership": ("parties",),
    "rivalry": ("parties",),
    "supply": ("supplier",),
    "customer_pullback": ("supplier",),
    "appointment": ("organisation",),
    "departure": ("organisation",),
    "forecast": ("about", "forecaster"),
}
"""The entities of a fact that the next sentence may go on about; of other types the company."""


Place = tuple[int, int]  # folded offsets


class References:
    """What has been told so far in a document."""

    def __init__(self, scene: Scene, published: date | None = None) -> None:
        self.scene = scene
        self.facts: list[Built] = []
        self._resolved = resolve(scene.mentions, scene.shadow, published)
        self._starts = [m.start for m in scene.mentions]
        self._told: dict[int, list[Built]] = defaultdict(list)  # facts by sentence
        self._orgs: list[list[tuple[Item, Entity]]] = [
            [(i, e) for i in s.items if i.type == "ORG" and (e := self.named(i)) is not None]
            for s in scene.sentences
        ]
        self._topics = [[(i, e) for i, e in orgs if not self._source(i)] for orgs in self._orgs]
        self._sources = {i.start for orgs in self._orgs for i, _ in orgs if self._source(i)}
        self._count = Counter(e.id for orgs in self._topics for _, e in orgs)

    def _source(self, item: Item) -> bool:
        """Tell whether a name only says where something was read: Reuters, "an X report"."""
        folded, tokens = self.scene.shadow.folded, self.scene.tokens
        behind = tokens[item.last].text if item.last < len(tokens) else ""
        if self.scene.language == "ar" and self._cited(item.first - 1):
            return True
        name, words = folded[item.start : item.end], media(self.scene.language)
        return behind in SOURCES or name in words or name.split()[0] in words

    def _cited(self, i: int) -> bool:
        """Tell whether "صحيفة" ends at a token, and what stands before it says that it is quoted."""
        tokens = self.scene.tokens
        while i > 0 and not tokens[i].is_word:
            i -= 1
        if i <= 0 or not any(f.stem in media("ar") for f in forms(tokens[i].text)):
            return False
        return tokens[i].text.startswith("ل") or any(f.stem in CITED for f in forms(tokens[i - 1].text))

    def add(self, fact: Built) -> None:
        """Take a fact that was told."""
        self.facts.append(fact)
        self._told[fact.sentence].append(fact)

    def named(self, item: Item) -> Entity | None:
        """Return the entity of a mention by name; None for a reference."""
        if not isinstance(item.what, Mention) or item.type == "COREF":
            return None
        if item.what not in self._resolved:  # a name that only its slot shows
            self._resolved |= resolve([item.what], self.scene.shadow)
        return self._resolved[item.what].entity

    def entities(self, item: Item, taken: set[str], product: bool = False) -> list[Entity]:
        """Return what an item stands for: one entity, two for "both companies", none if that is not clear.

        `taken` are the ids of those that have another part in the same event.
        """
        surface = self.scene.exact(item.start, item.end)
        if item.type == "GROUP":
            return [self._unlisted(surface, EntityKind.GROUP)]
        if item.type == "COREF" and isinstance(item.what, Mention):
            return self._referred(item.what, taken)
        entity = self.named(item)
        if product and entity is not None and entity.kind != EntityKind.PRODUCT:
            return [self.product(surface)]
        return [entity] if entity is not None and entity.id not in taken else []

    def product(self, surface: str) -> Entity:
        """Return the entity of a product that is in no list."""
        return self._unlisted(surface, EntityKind.PRODUCT)

    def own(self, fact: Built, draft: Draft, speaker: Item, speakers: list[Entity]) -> bool:
        """Tell whether a speaker tells of itself: a party, an officer of one, or "it" that does the thing."""
        parties = {e.id for e in fact.entities(*fact.slots)}
        said = {e.id for e in speakers}
        for item in draft.sentence.items:
            if (
                item.type == "ORG"
                and speaker.type == "PERSON"
                and abs(item.first - speaker.first) <= OFFICER_GAP
            ):
                said |= {e.id for e in self.entities(item, set())}
            if item.type == "COREF" and speaker.last <= item.first < draft.trigger.first:
                parties |= {e.id for e in self.entities(item, set())}
        return bool(parties & said)

    def _unlisted(self, surface: str, kind: EntityKind) -> Entity:
        return Entity(id=unresolved_id(surface), name=surface, surface=surface, kind=kind, resolved=False)

    # -- references: "the company", "she"

    def _referred(self, mention: Mention, taken: set[str]) -> list[Entity]:
        """Find whom a reference means: the one name before it in its sentence, else the last subject."""
        at = self._sentence_of(mention)
        found = self._antecedents(mention, at, at, taken)
        if not found and mention.cue == "org one":
            entity = self._subject_before(at, mention, taken)
            if entity is not None:
                return [entity.model_copy(update={"surface": mention.name})]
        if not found:
            found = self._antecedents(mention, max(at - REACH, 0), at, taken)
        return [r.entity for r in found if r.entity is not None]

    def _sentence_of(self, mention: Mention) -> int:
        return max(bisect_right(self.scene.sentences, mention.start, key=lambda s: s.start) - 1, 0)

    def _antecedents(
        self, mention: Mention, first: int, last: int, taken: set[str]
    ) -> tuple[Resolution, ...]:
        """Resolve a reference by the names of the sentences `first` to `last`."""
        sentences = self.scene.sentences[first : last + 1]
        low = bisect_left(self._starts, sentences[0].start)
        near = self.scene.mentions[low : bisect_left(self._starts, mention.start)]
        if self.scene.language == "ar":
            near = [m for m in near if self._may_be(mention, m)]
        spans = [Stretch(s.start, s.end) for s in sentences]
        return antecedents(mention, near, self._resolved, spans, taken)

    def _may_be(self, reference: Mention, name: Mention) -> bool:
        """Tell whether "الشركة" may stand for a name: not for a ministry, nor for who is only quoted."""
        noun = fold(reference.name).removeprefix("ل").removeprefix("ال")
        if noun in BANKS and name.kind == "ORG":
            known = [known_entities()[c].name.casefold() for c in name.candidates]
            return any(bank in said for said in (fold(name.name), *known) for bank in BANKS)
        if noun != "شركه" or name.kind != "ORG":
            return True
        return name.start not in self._sources and fold(name.name).split()[0] not in NO_COMPANIES

    def _subject_before(self, at: int, mention: Mention, taken: set[str]) -> Entity | None:
        """Find the company that the text is about before a reference: what it told of, or named first."""
        press = fold(mention.name).split()[-1] in PRESS
        for number in range(at, max(at - LOOK_BACK - 1, 0) - 1, -1):
            sentence = self.scene.sentences[number]
            acting = [
                (item, entity)
                for item, entity in (self._orgs if press else self._topics)[number]
                if item.end <= mention.start
                and entity.id not in taken
                and (press or not prepositional(sentence, item))
                and (not isinstance(item.what, Mention) or self._may_be(mention, item.what))
            ]
            if acting:
                return acting[0][1]
        main = self._main(taken)
        return main[0] if main is not None else None

    def _topic_of(self, number: int, taken: set[str]) -> tuple[Entity, Place] | None:
        """Return the one company that the facts of a sentence are about."""
        found: dict[str, tuple[Entity, Place]] = {}
        for fact in self._told.get(number, ()):
            for entity, place in fact.told(*ACTORS.get(fact.type, ("company",))):
                if entity.kind == EntityKind.ORG and entity.id not in taken:
                    found[entity.id] = entity, place
        return next(iter(found.values())) if len(found) == 1 else None

    def _main(self, taken: set[str]) -> tuple[Entity, Place] | None:
        """Return the company that the document names most, if it stands out."""
        ranked = self._count.most_common(2)
        if not ranked or ranked[0][0] in taken:
            return None
        orgs = [pair for pairs in self._topics for pair in pairs]
        item, entity = next((i, e) for i, e in orgs if e.id == ranked[0][0])
        ahead = len(ranked) == 1 or ranked[0][1] >= 2 * ranked[1][1]
        first = orgs[0][1].id == entity.id and ranked[0][1] > ranked[-1][1]
        return (entity, (item.start, item.end)) if ahead or first else None
