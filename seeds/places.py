"""Places: where in a sentence the item of a slot is looked for.

An item that a cue word announces comes first, then those at the places that the rule names. Distances are
bounded, so that a sentence costs time in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from seeds.cues import Cue, Frame
from seeds.modality import to_be
from seeds.names import Mention
from seeds.phrases import PhraseIndex
from seeds.rules import SlotSpec
from seeds.scene import COMMAS, QUOTES, Item, Sentence
from seeds.tokens import forms
from seeds.verbs import FormKind

GAP_MAX = 6  # plain words between a cue or a trigger and its name
VALUE_GAP_MAX = 3
HEAD_GAP_MAX = 6
RELATIVE_GAP_MAX = 2
LIST_MAX = 20
BESIDE = (*COMMAS, "of", "its", "his", "her", "the")

TYPES = {
    "ORG": ("ORG", "COREF"),
    "PERSON": ("PERSON", "COREF"),
    "PARTY": ("ORG", "PERSON", "COREF"),
    "HOLDER": ("PERSON", "GROUP", "ORG", "COREF"),
    "AMOUNT": ("MONEY", "COUNT"),
}
NAMES = ("ORG", "PERSON", "PRODUCT", "PLACE", "GROUP", "COREF")


class Hit(NamedTuple):
    """Something found for a slot: folded offsets of the words that say so, and the item or the constant."""

    start: int
    end: int
    item: Item | None = None
    value: str | bool | None = None


@lru_cache(maxsize=4096)
def words_index(words: tuple[str, ...]) -> PhraseIndex[str]:
    """Return the phrases of a cue list; clitics ("ب+") are not among them."""
    return PhraseIndex((w, w) for w in words if not w.endswith("+"))


def clitics(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the clitics of a cue list, without their sign."""
    return tuple(w[:-1] for w in words if w.endswith("+"))


def prepositional(sentence: Sentence, item: Item) -> bool:
    """Tell whether an item hangs on a preposition, and so is no subject."""
    scene = sentence.scene
    head = scene.shadow.folded[scene.tokens[item.first].start : item.start]
    if head.lstrip("وف") in ("ب", "ل", "ك", "لل"):
        return True
    words = scene.grammar
    for i in range(item.first - 1, max(item.first - 1 - VALUE_GAP_MAX, sentence.first - 1), -1):
        text = scene.tokens[i].text
        if text in words.prepositions or (text[:1] in "وف" and text[1:] in words.prepositions):
            return True
        for form in forms(text) if scene.language == "ar" else ():
            if form.stem in words.heads and form.prefix[:1] in ("ب", "ل", "ك"):
                return True
        here = sentence.item_at(i)
        if not sentence.plain(i) or (here is not None and here.type != "ROLE"):
            return False
    return False


class Places:
    """The places around one trigger in its sentence. `limit` bounds what lies behind the trigger."""

    def __init__(
        self, sentence: Sentence, trigger: Cue, governing: list[Cue], spoken: list[Frame], limit: int
    ) -> None:
        self.s, self.t, self.spoken, self.limit = sentence, trigger, spoken, limit
        self.tokens = sentence.scene.tokens
        self.arabic = sentence.scene.language == "ar"
        self.group = governing[0].first if governing else trigger.first
        self.governing = governing
        self.filled: dict[str, list[Hit]] = {}  # what has been found so far
        self.used: set[int] = set()  # first tokens of items that a slot has taken
        self.passive = not self.arabic and trigger.kind == FormKind.PAST and self._is_passive()

    def _is_passive(self) -> bool:
        before = [self.tokens[i].text for i in range(max(self.s.first, self.t.first - 3), self.t.first)]
        after = self.tokens[self.t.last].text if self.t.last < self.s.last else ""
        be = {"was", "were", "been", "being", "is", "are", "be", "gets", "got"}
        return bool(be & set(before)) or after == "by" or to_be(self.s, self.t)

    # -- what a slot may take

    def wanted(self, item: Item, spec: SlotSpec) -> bool:
        """Tell whether an item is of the slot's type, and free."""
        if item.first in self.used or item.type not in TYPES.get(spec.type, (spec.type,)):
            return False
        if item.type == "COREF" and isinstance(item.what, Mention):
            return item.what.cue.split(" ")[0].upper() in TYPES[spec.type] + (spec.type,)
        if spec.units:
            unit = getattr(getattr(item.what, "quantity", None), "unit", None)
            return unit in spec.units
        return True

    def items(self, spec: SlotSpec) -> list[Item]:
        """List the items that may fill a slot, the best first."""
        found = list(self._cued(spec)) if spec.cue else []
        if spec.tail:
            found += self._tailed(spec)
        for place in spec.at:
            found += getattr(self, f"_{place}")(spec)
        first, last = self.s.clause(self.t.first, self.t.last)
        return sorted(found, key=lambda i: not first <= i.first < last)  # the clause before the sentence

    def scope(self, spec: SlotSpec) -> tuple[int, int]:
        """Return the tokens in which a slot is looked for."""
        if spec.within == "clause":
            first, last = self.s.clause(self.t.first, self.t.last)
            return first, min(last, self.limit)
        return self.s.first, self.limit

    def _near_first(self, items: list[Item]) -> list[Item]:
        """Sort items: of the trigger's clause first, behind it before ahead of it, by distance."""
        first, last = self.s.clause(self.t.first, self.t.last)

        def rank(item: Item) -> tuple[bool, bool, int]:
            ahead = item.first < self.t.first
            return not first <= item.first < last, ahead, abs(item.first - self.t.first)

        return sorted(items, key=rank)

    # -- by cue

    def _cued(self, spec: SlotSpec) -> Iterator[Item]:
        first, last = self.scope(spec)
        found: list[Item] = []
        for cue in words_index(spec.cue).find(self.tokens, first, last):
            item = self.reach(cue.last, spec, last)
            if item is not None:
                found.append(item)
        letters = clitics(spec.cue)
        if letters:
            found += [
                i
                for i in self.s.items
                if first <= i.first < last and self.wanted(i, spec) and self.carries(i, letters)
            ]
        found = sorted(dict.fromkeys(found), key=lambda i: i.first)
        yield from self._near_first(found)

    def reach(self, i: int, spec: SlotSpec, last: int, over: bool = False) -> Item | None:
        """Return the item that a cue ending before token `i` announces, over a few plain words."""
        gap = GAP_MAX if TYPES.get(spec.type, (spec.type,))[0] in NAMES else VALUE_GAP_MAX
        steps = 0
        while i < last and steps <= gap:
            item = self.s.item_at(i)
            if item is not None:
                if self.wanted(item, spec):
                    return item
                if item.type == "ROLE" or (over and item.first in self.used):
                    i = item.last
                    continue
                if item.type not in NAMES or (spec.type in ("ORG", "PARTY") and item.type != "PLACE"):
                    return None
                i = item.last
            elif self.s.plain(i):
                i += 1
            else:
                return None
            steps += 1
        return None

    def carries(self, item: Item, letters: tuple[str, ...], since: int = 0) -> bool:
        """Tell whether a clitic is written onto an item, or onto a noun before it ("لشركة X", "بـ29")."""
        i = item.first
        token = self.tokens[i]
        head = self.s.scene.shadow.folded[token.start : item.start]
        if head:
            return head.lstrip("وف") in letters or head in letters
        for j in range(i - 1, max(i - 1 - VALUE_GAP_MAX, self.s.first - 1, since - 1), -1):
            text = self.tokens[j].text
            if text in letters or (text[0] in "وف" and text[1:] in letters):
                return True
            known = self.s.scene.grammar.heads
            for form in forms(text):
                if form.stem in known and form.prefix:
                    return form.prefix.replace("ال", "") in letters or form.prefix[0] in letters
            if not self.s.plain(j) or self.s.item_at(j) is not None:
                return False
        return False

    def _tailed(self, spec: SlotSpec) -> Iterator[Item]:
        first, last = self.scope(spec)
        index = words_index(spec.tail)
        found = []
        for item in self.s.items:
            if first <= item.first < last and self.wanted(item, spec):
                for i in range(item.last, min(item.last + VALUE_GAP_MAX, last)):
                    if index.at(self.tokens, i, last):
                        found.append(item)
                        break
                    if not self.s.plain(i):
                        break
        yield from self._near_first(found)

    # -- by place

    def _visible(self, item: Item) -> bool:
        """Items in an aside are seen only from inside it."""
        aside = self.s.asides.get(item.first)
        return aside is None or aside == self.s.asides.get(self.t.first)

    def _after(self, spec: SlotSpec) -> Iterator[Item]:
        _, last = self.scope(spec)
        yield from (i for i in self.s.items if self.t.last <= i.first < last and self.wanted(i, spec))

    def _before(self, spec: SlotSpec) -> Iterator[Item]:
        first, _ = self.scope(spec)
        yield from (
            i for i in reversed(self.s.items) if first <= i.first < self.t.first and self.wanted(i, spec)
        )

    def _near(self, spec: SlotSpec) -> Iterator[Item]:
        yield from self._after(spec)
        yield from self._before(spec)

    def _trigger(self, spec: SlotSpec) -> Iterator[Item]:
        item = self.s.item_at(self.t.first)
        if item is not None and self.wanted(item, spec):
            yield item

    def _idafa(self, spec: SlotSpec) -> Iterator[Item]:
        if self.t.kind in (FormKind.PAST, FormKind.PRESENT):
            return
        item = self.reach(self.t.last, spec, self.limit)
        if item is not None:
            yield item

    def _subject(self, spec: SlotSpec) -> Iterator[Item]:
        if self.passive:
            yield from self._agent(spec)
        else:
            yield from self._actor(spec)

    def _object(self, spec: SlotSpec) -> Iterator[Item]:
        if self.passive:
            yield from self._actor(spec)
            return
        relative = self._relative_head()
        if relative is not None and (self._has_pronoun() or not self.arabic):
            item = self._before_relative(spec, relative)
            if item is not None:
                yield item
        if self.arabic and self.t.kind != FormKind.PHRASE and self._has_pronoun():
            return  # the object is written onto the verb
        item = self.reach(self.t.last, spec, self.limit, over=True)  # the subject may stand between
        if item is not None and not (self.arabic and self.carries(item, ("ل", "ب", "ك"), self.t.last)):
            yield item

    def _agent(self, spec: SlotSpec) -> Iterator[Item]:
        for cue in words_index(("by",)).find(self.tokens, self.t.last, self.limit):
            item = self.reach(cue.last, spec, self.limit)
            if item is not None:
                yield item

    def _actor(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the subject of a verb, or of what governs a noun."""
        verbal = self.t.kind in (FormKind.PAST, FormKind.PRESENT)
        for cue in self.governing if self.arabic else ():
            item = self.reach(cue.last, spec, self.t.first)
            if item is not None:
                yield item
        if not self.arabic and self._shares_subject():
            yield from (i for i in self.s.items if i.last <= self.group and self._may_act(i, spec))
        if self.group > self.s.first and self.s.scene.is_relative(self.group - 1):
            item = self._before_relative(spec, self.group - 1)
            if item is not None and not (self.arabic and self._has_pronoun()):
                yield item
                return
        close = self._left(self.group, spec)
        if close is not None:
            yield close
        if self.arabic and verbal and not self.governing:
            item = self.reach(self.t.last, spec, self.limit)
            if item is not None:
                yield item
        for item in reversed(self.s.items):
            if item.last <= self.group and self._may_act(item, spec):
                yield item

    def _may_act(self, item: Item, spec: SlotSpec) -> bool:
        return self.wanted(item, spec) and self._visible(item) and not prepositional(self.s, item)

    def _shares_subject(self) -> bool:
        """Tell whether "and" joins the verb to one before it, so that both have one subject."""
        words = [self.tokens[i].text for i in range(max(self.group - 2, self.s.first), self.group)]
        return "and" in words and self.s.item_at(self.group - 1) is None

    def _left(self, i: int, spec: SlotSpec) -> Item | None:
        """Return the item right before a verb, over plain words, auxiliaries and asides; never over a relative."""
        i -= 1
        aside = self.s.asides.get(self.t.first)
        steps = 0
        while i >= self.s.first and steps < GAP_MAX:
            here = self.s.asides.get(i)
            if here is not None and here != aside:
                i = here - 1
                continue
            item = self.s.item_at(i)
            if item is not None:
                if self.wanted(item, spec):
                    return None if prepositional(self.s, item) else item
                if item.type not in ("PLACE", "DATE", "ROLE"):
                    return None
                i = item.first
            elif self.s.scene.is_relative(i) or self.s.scene.is_boundary(i) or self.tokens[i].text in COMMAS:
                return None
            i -= 1
            steps += 1
        return None

    def _relative_head(self) -> int | None:
        """Return the relative pronoun in whose clause the trigger stands."""
        for i in range(self.t.first - 1, max(self.s.first, self.t.first - GAP_MAX) - 1, -1):
            if self.s.scene.is_relative(i):
                return i
            if self.tokens[i].text in COMMAS:
                return None
        return None

    def _has_pronoun(self) -> bool:
        return any(f.suffix in ("ها", "ه", "هما", "هم") for f in forms(self.tokens[self.t.first].text))

    def _before_relative(self, spec: SlotSpec, relative: int) -> Item | None:
        last = relative - 1 if self.tokens[relative - 1].text in (*COMMAS, *QUOTES) else relative
        for i in range(last - 1, max(last - 1 - RELATIVE_GAP_MAX, self.s.first - 1), -1):
            item = self.s.item_at(i)
            if item is not None:
                return item if self.wanted(item, spec) else None
            if not self.s.plain(i):
                return None
        return None

    def _head(self, spec: SlotSpec) -> Iterator[Item]:
        """Tell what an apposition or a relative clause with the trigger in it speaks of."""
        via = words_index(spec.via)
        linked = not spec.via
        for i in range(self.t.first - 1, max(self.s.first, self.t.first - 1 - HEAD_GAP_MAX) - 1, -1):
            item = self.s.item_at(i)
            if item is not None and item.what is not None:
                if linked and self.wanted(item, spec):
                    yield item
                return
            linked = linked or bool(via.at(self.tokens, i, self.t.first))

    def _pair(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the only two names before the trigger ("… the cooperation of the two companies")."""
        names: dict[str, Item] = {}
        for item in self.s.items:
            if item.last <= self.t.first and item.type == "ORG" and self.wanted(item, spec):
                names.setdefault(getattr(item.what, "surface", ""), item)
        if len(names) == 2:
            yield from names.values()

    def _possessor(self, spec: SlotSpec) -> Iterator[Item]:
        """Whose the trigger is: "Meta's rival", or "its rival" of the nearest name before."""
        for i in range(self.t.first - 1, max(self.s.first, self.t.first - 1 - VALUE_GAP_MAX) - 1, -1):
            item = self.s.item_at(i)
            if item is not None:
                owner = self.tokens[item.last - 1].text.endswith(("'s", "’s", "s'", "s’"))
                if self.wanted(item, spec) and (owner or item.end < self.tokens[item.last - 1].end):
                    yield item
                return
            if self.tokens[i].text in ("its", "their", "his", "her"):
                yield from self._before(spec)
                return

    def _beside(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the role that stands right before or behind the person of the event."""
        person = self.filled.get("person")
        item = person[0].item if person else None
        for step, i, steps in ((-1, item.first - 1, 7), (1, item.last, 4)) if item is not None else ():
            while self.s.first <= i < self.s.last and steps:
                near = self.s.item_at(i)
                if near is not None and self.wanted(near, spec):
                    yield near
                    break
                if near is not None and near.type not in ("ORG", "PLACE"):
                    break
                if near is None and not self.s.plain(i) and self.tokens[i].text not in BESIDE:
                    break
                i, steps = i + step, steps - 1

    def _behind_person(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the first role behind the person of the event, before another person is named."""
        person = self.filled.get("person")
        for item in self.s.items if person else ():
            if person and item.start >= person[0].end:
                if self.wanted(item, spec):
                    yield item
                if item.type == "PERSON" or self.s.scene.is_boundary(item.first):
                    return

    def _inside(self, spec: SlotSpec) -> Iterator[Item]:
        yield from (i for i in self.s.items if self.t.first < i.first < self.t.last and self.wanted(i, spec))

    def _speaker(self, spec: SlotSpec) -> Iterator[Item]:
        for frame in self.spoken:
            if frame.first <= self.t.first < frame.last and frame.speaker is not None:
                if self.wanted(frame.speaker, spec):
                    yield frame.speaker

    # -- lists

    def listed(self, item: Item, spec: SlotSpec) -> list[Item]:
        """Return the names that are told in one list with an item, itself included."""
        found = [item]
        while len(found) < LIST_MAX:
            nxt = self._next_in_list(found[-1], spec)
            if nxt is None:
                break
            found.append(nxt)
        while len(found) < LIST_MAX:
            before = [i for i in self.s.items if i.last <= found[0].first and self.wanted(i, spec)]
            if not before or self._next_in_list(before[-1], spec) != found[0]:
                break
            found.insert(0, before[-1])
        return found

    def _next_in_list(self, item: Item, spec: SlotSpec) -> Item | None:
        """Return the next name, if only connectors (and words such as "شركة") stand between."""
        i, joined, plain = item.last, False, 0
        while i < self.s.last:
            nxt = self.s.item_at(i)
            token = self.tokens[i]
            lead = self.s.scene.shadow.folded[token.start : nxt.start] if nxt is not None else ""
            joined = joined or self._joins(i) or lead == "و"
            if nxt is not None:
                return nxt if joined and self.wanted(nxt, spec) and nxt.type == item.type else None
            if not self._joins(i):
                plain += 1
                if plain > 2 or not joined or not self.s.plain(i):
                    return None
            i += 1
        return None

    def _joins(self, i: int) -> bool:
        text = self.tokens[i].text
        if text in COMMAS or text in ("&", *QUOTES) or text in self.s.scene.grammar.connectors:
            return text not in QUOTES
        return any(f.conjunction == "و" and f.stem in self.s.scene.grammar.heads for f in forms(text))
