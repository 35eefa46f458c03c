"""What stands near a trigger: items that a cue word announces, and the names of one list.

An item that a cue word announces comes first, then those at the places that the rule names. Distances are
bounded, so that a sentence costs time in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from seeds.cues import Cue, Frame
from seeds.items import COMMAS, QUOTES, Item, Sentence
from seeds.modality import to_be
from seeds.names import Mention
from seeds.phrases import PhraseIndex
from seeds.rule import SlotSpec
from seeds.rules import read_lexicon
from seeds.shadow import fold
from seeds.tokens import forms
from seeds.unlisted import of_origin, unlisted
from seeds.verbs import FormKind

GAP_MAX = 6  # plain words between a cue or a trigger and its name
VALUE_GAP_MAX = 3
LIST_MAX = 20
OWNED_BY = ("التابعه", "المملوكه", "التابع", "المملوك")
LIST_GAP_MAX = 3  # words before a further name of a list: "and software firm Y"

TYPES = {
    "ORG": ("ORG", "COREF"),
    "PERSON": ("PERSON", "COREF"),
    "PARTY": ("ORG", "PERSON", "COREF"),
    "HOLDER": ("PERSON", "GROUP", "ORG", "COREF"),
    "AMOUNT": ("MONEY", "COUNT"),
}
POSSESSIVES = ("its", "their", "his", "her")
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
    if is_press(sentence, item):
        return True  # "في بيان تلقت رويترز نسخة منه"
    if words.owned and _owned(sentence, item):
        return True
    for i in range(item.first - 1, max(item.first - 1 - VALUE_GAP_MAX, sentence.first - 1), -1):
        text = scene.tokens[i].text
        joined = sentence.item_at(i - 1) if text in ("and", "or") and i > sentence.first else None
        if scene.language == "ar" and text in QUOTES:
            continue
        if scene.language == "ar" and (joined := _listed_before(sentence, item, i)) is None and text == "و":
            return False
        if joined is not None and joined.type == item.type:
            return prepositional(sentence, joined)  # "in X and Y"
        if text in words.prepositions or (text[:1] in "وف" and text[1:] in words.prepositions):
            return True
        for form in forms(text) if scene.language == "ar" else ():
            if form.stem in words.heads and form.prefix[:1] in ("ب", "ل", "ك"):
                return True
        here = sentence.item_at(i)
        if not sentence.plain(i) or (here is not None and here.type != "ROLE"):
            return False
    return False


@cache
def media(language: str) -> frozenset[str]:
    """Return the words that name the press, folded."""
    return frozenset(fold(str(word)) for word in read_lexicon(language, "modality")["media"])


def is_press(sentence: Sentence, item: Item) -> bool:
    """Tell whether an Arabic name is that of an agency or a paper, which tells and rarely does."""
    scene = sentence.scene
    return scene.language == "ar" and scene.shadow.folded[item.start : item.end] in media("ar")


def _listed_before(sentence: Sentence, item: Item, i: int) -> Item | None:
    """Return the name that ends before token `i`, if "و" joins the item to it: "مع «X» و«Y»"."""
    scene = sentence.scene
    and_ = scene.tokens[i].text == "و"
    if not and_ and not scene.shadow.folded[scene.tokens[item.first].start : item.start].startswith("و"):
        return None
    while i > sentence.first and (scene.tokens[i].text in QUOTES or scene.tokens[i].text == "و"):
        i -= 1
    return sentence.item_at(i)


def _owned(sentence: Sentence, item: Item) -> bool:
    """Tell whether a name only says whose something is: "أكبر عملاء شركة X"; the sentence is of that."""
    scene = sentence.scene
    for i in range(item.first - 1, max(item.first - 1 - GAP_MAX, sentence.first - 1), -1):
        here = sentence.item_at(i)
        if (here is not None and here.type != "COREF") or not sentence.plain(i):
            return False
        if any(f.stem in scene.grammar.owned and not f.suffix for f in forms(scene.tokens[i].text)):
            return True
    return False


class Nearby:
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
        free = item.first not in self.used or spec.absent  # what bars a rule may have another part, too
        if not free or item.type not in TYPES.get(spec.type, (spec.type,)):
            return False
        if item.type == "COREF" and isinstance(item.what, Mention):
            return item.what.cue.split(" ")[0].upper() in TYPES[spec.type] + (spec.type,)
        if item.type == "MONEY" and not spec.tail and getattr(item.what, "per", None) != spec.per:
            return False  # "60 dollars a share" is no amount of a deal
        if spec.units:
            unit = getattr(getattr(item.what, "quantity", None), "unit", None)
            return unit in spec.units
        return True

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
        for cue in self.s.find(words_index(spec.cue), first, last):
            if cue.first in self.s.scene.connectors:
                continue  # "كل من X وY" tells a list, not where from
            before = cue.first - 1
            if spec.avoid and words_index(spec.avoid).at(self.tokens, max(before, first), cue.first):
                continue
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
        named = not spec.tight
        while i < last and steps <= gap:
            item = self.s.item_at(i) or (unlisted(self.s, i, spec.type, last) if spec.open else None)
            if item is not None:
                if self.possessive(item) or (self.arabic and self._owner_of(item, i)):
                    i = item.last
                    continue
                if self.wanted(item, spec):
                    return item
                if item.type == "ROLE" or (over and item.first in self.used):
                    apposed = item.type == "ROLE" and spec.type == "PERSON" and item.last < last
                    i, steps = item.last, 0 if item.first in self.used else steps
                    i += apposed and self.tokens[i].text in COMMAS  # "its chief executive, X"
                    continue
                if item.type not in NAMES or (spec.type in ("ORG", "PARTY") and item.type != "PLACE"):
                    return None
                i = item.last
            elif self._each_of(i) or (self.s.plain(i) and (named or self._heads_name(i))):
                named = named or self.tokens[i].is_word
                steps -= not self.tokens[i].is_word
                i += 1
            elif self._titled(i, spec):
                i += 1
            else:
                return None
            steps += 1
        return None

    def _titled(self, i: int, spec: SlotSpec) -> bool:
        """Tell whether a comma stands between a title and its bearer: "الرئيس التنفيذي، X"."""
        bearer = self.s.item_at(i + 1) if i + 1 < self.s.last else None
        person = spec.type == "PERSON" and bearer is not None and bearer.type == "PERSON"
        return self.arabic and person and self.tokens[i].text in COMMAS

    def _heads_name(self, i: int) -> bool:
        """Tell whether a word, or a quotation mark, may stand before the name of what is bought."""
        text = self.tokens[i].text
        return text in QUOTES or any(f.stem in self.s.scene.grammar.named for f in forms(text))

    def _owner_of(self, item: Item, i: int) -> bool:
        """Tell whether a name only says whose the next thing is: "شركة الرقائق التابعة ل «X» «Y»"."""
        for j in range(item.first - 1, max(item.first - 4, self.s.first - 1), -1):
            if self.tokens[j].text in OWNED_BY:
                return True
            if self.tokens[j].is_word and self.tokens[j].text not in ("ل", "لشركه", "لمجموعه"):
                return False
        return False

    def _each_of(self, i: int) -> bool:
        """Tell whether a word is one of "كل من", which opens a list of names."""
        return i in self.s.scene.connectors and self.tokens[i].text in ("كل", "من")

    def possessive(self, item: Item) -> bool:
        """Tell whether a name only says whose the next thing is: "Hexal's affiliate", "its own plants"."""
        if item.type == "COREF" and self.tokens[item.first].text in POSSESSIVES:
            return True
        return self.tokens[item.last - 1].end > item.end and self.tokens[item.last - 1].text.endswith(
            ("'s", "’s")
        )

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
            if nxt is not None and nxt.type == "PLACE" and joined and item.type != "PLACE":
                i = nxt.last  # "and US software firm Y"
                continue
            if nxt is not None:
                return nxt if joined and self.wanted(nxt, spec) and nxt.type == item.type else None
            if token.text in QUOTES:
                i += 1
                continue
            if self.arabic and plain == 0 and not joined and of_origin(token.text):
                plain += 1  # "إريكسون السويدية ونوكيا"
                i += 1
                continue
            if not self._joins(i):
                plain += 1
                if plain > LIST_GAP_MAX or not joined or not self.s.plain(i):
                    return None
            i += 1
        return None

    def _joins(self, i: int) -> bool:
        text = self.tokens[i].text
        if text in COMMAS or text in ("&", *QUOTES) or i in self.s.scene.connectors:
            return text not in QUOTES
        return any(f.conjunction == "و" and f.stem in self.s.scene.grammar.heads for f in forms(text))
