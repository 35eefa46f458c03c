"""Places: where in a sentence a slot's item is, if no cue word announces it.

Subject and object of verbs, passives and nouns; appositions, relative clauses, possessors, roles.
"""

from __future__ import annotations

from collections.abc import Iterator

from seeds.items import COMMAS, QUOTES, Item
from seeds.nearby import GAP_MAX, POSSESSIVES, VALUE_GAP_MAX, Nearby, is_press, prepositional, words_index
from seeds.rule import SlotSpec
from seeds.tokens import forms
from seeds.unlisted import capital, capitals, of_origin
from seeds.verbs import FormKind

HEAD_GAP_MAX = 6
RELATIVE_GAP_MAX = 2
EMPLOYER_BEFORE = 12  # tokens before a person in which the offices and their company stand
FORMER = ("former", "ex", "formerly")
BESIDE_BEFORE, BESIDE_BEHIND = 7, 4  # tokens between a person and the role
REMOVED_FROM = ("من منصبه", "من منصبها", "من جميع مناصبه", "من مهامه", "من مهام", "من رئاسة", "من مناصبه")
BESIDE = (*COMMAS, "of", "its", "his", "her", "the")


class Places(Nearby):
    """The places around one trigger."""

    def items(self, spec: SlotSpec) -> list[Item]:
        """List the items that may fill a slot, the best first."""
        found = list(self._cued(spec)) if spec.cue else []
        if spec.tail:
            found += self._tailed(spec)
        for place in spec.at:
            if place == "employer":
                continue  # comes first: see below
            found += getattr(self, f"_{place}")(spec)
        avoid = words_index(spec.avoid) if spec.avoid else None
        if avoid is not None:
            found = [i for i in found if not avoid.at(self.tokens, i.first - 1, i.first)]
        first, last = self.s.clause(self.t.first, self.t.last)
        employer = list(self._employer(spec)) if "employer" in spec.at else []
        return employer + sorted(
            found, key=lambda i: not first <= i.first < last
        )  # the clause before the sentence

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
            i
            for i in reversed(self.s.items)
            if first <= i.first < self.t.first and self.wanted(i, spec) and not is_press(self.s, i)
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
            yield from (i for i in self._actor(spec) if not self.possessive(i))
            return
        relative = self._relative_head()
        if relative is not None and (self._has_pronoun() or not self.arabic):
            item = self._before_relative(spec, relative)
            if item is not None:
                yield item
        if self.arabic and self.t.kind != FormKind.PHRASE and self._has_pronoun():
            return  # the object is written onto the verb
        item = self.reach(self.t.last, spec, self.limit, over=True)  # the subject may stand between
        if item is None or (self.arabic and self.carries(item, ("ل", "ب", "ك"), self.t.last)):
            return
        if not (spec.tight and self._first_behind(item)):
            yield item

    def _first_behind(self, item: Item) -> bool:
        """Tell whether a name is the first behind an Arabic verb whose subject nothing tells: it is that."""
        told = any(first < item.first for first in self.used)
        if self.t.kind not in (FormKind.PAST, FormKind.PRESENT) or told:
            return False
        also = self.tokens[self.t.last].text in ("ايضا", "كذلك")
        return not also and self.reach(self.t.last, SlotSpec(type="ORG"), self.limit) == item

    def _agent(self, spec: SlotSpec) -> Iterator[Item]:
        for cue in self.s.find(words_index(("by",)), self.t.last, self.limit):
            item = self.reach(cue.last, spec, self.limit)
            if item is not None:
                yield item

    def _actor(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the subject of a verb, or of what governs a noun."""
        verbal = self.t.kind in (FormKind.PAST, FormKind.PRESENT)
        for cue in self.governing if self.arabic else ():
            item = self.reach(cue.last, spec, self.t.first)
            if item is None and cue.last - cue.first > 2:  # "تراجعت X عن شراء Y"
                item = self.reach(cue.first + 1, spec, cue.last)
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
        if self.arabic and verbal:
            item = self.reach(self.t.last, spec, self.limit)
            if item is not None:
                yield item
        joined = self.arabic and verbal and self.tokens[self.t.first].text.startswith("و")
        for item in self.s.items if joined else reversed(self.s.items):  # "X did, and did": X is told first
            parted = self.arabic and (not verbal or spec.type == "PERSON") and self._parted(item)
            if item.last <= self.group and not parted and self._may_act(item, spec):
                yield item

    def _parted(self, item: Item) -> bool:
        """Tell whether another clause begins between a name and a noun that nothing governs."""
        return not self.governing and any(self.s.scene.is_boundary(j) for j in range(item.last, self.group))

    def _may_act(self, item: Item, spec: SlotSpec) -> bool:
        owner = not self.arabic and self.possessive(item)  # "X's offer" is no X
        return (
            self.wanted(item, spec) and self._visible(item) and not owner and not prepositional(self.s, item)
        )

    def _shares_subject(self) -> bool:
        """Tell whether "and" joins the verb to one before it, so that both have one subject."""
        words = [self.tokens[i].text for i in range(max(self.group - 2, self.s.first), self.group)]
        return "and" in words and self.s.item_at(self.group - 1) is None

    def _left(self, i: int, spec: SlotSpec) -> Item | None:
        """Return the item right before a verb, over plain words and asides; never over a relative."""
        i -= 1
        aside = self.s.asides.get(self.t.first)
        steps = 0
        while i >= self.s.first and steps < GAP_MAX:
            here = self.s.asides.get(i)
            if here is not None and here != aside:
                i = here - 1
                continue
            item = self.s.item_at(i)
            if item is None and spec.open and steps == 0:
                item = self._capitals_before(i, spec)
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

    def _capitals_before(self, i: int, spec: SlotSpec) -> Item | None:
        """Take the capitalised words that end at token `i` as a name, without a sentence's first word."""
        first = i + 1
        while first - 1 > self.s.first and self.s.item_at(first - 1) is None and capital(self.s, first - 1):
            first -= 1
        return capitals(self.s, first, spec.type, i + 1) if first <= i else None

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
            link = bool(via.at(self.tokens, i, self.t.first))
            if spec.tight and self.tokens[i].is_word and not link and not of_origin(self.tokens[i].text):
                return
            linked = linked or link

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
        i = self.t.first - 1
        for _ in range(VALUE_GAP_MAX + 1):
            item = self.s.item_at(i) if i >= self.s.first else None
            if item is not None and item.type in ("MONEY", "PERCENT"):
                i = item.first - 1  # "X's $3 billion takeover of"
                continue
            if item is not None:
                owner = self.tokens[item.last - 1].text.endswith(("'s", "’s", "s'", "s’"))
                if self.wanted(item, spec) and (owner or item.end < self.tokens[item.last - 1].end):
                    yield item
                return
            if i < self.s.first:
                return
            if self.tokens[i].text in POSSESSIVES:
                yield from self._before(spec)
                return
            i -= 1

    def _beside(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the role that stands right before or behind the person of the event."""
        person = self.filled.get("person")
        item = person[0].item if person else None
        if item is None:
            return
        for step, i, steps in ((-1, item.first - 1, BESIDE_BEFORE), (1, item.last, BESIDE_BEHIND)):
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

    def _employer(self, spec: SlotSpec) -> Iterator[Item]:
        """Return whose officer the person of the event is: "X chief executive Y", "X's chief, Y"."""
        person = self.filled.get("person")
        item = person[0].item if person else None
        if item is None:
            return
        i, office = item.first - 1, False
        while i >= max(self.s.first, item.first - EMPLOYER_BEFORE):
            near = self.s.item_at(i)
            if near is not None and near.type == "ORG":
                former = i >= 1 and self.tokens[near.first - 1].text in FORMER
                if office and not former and self.wanted(near, spec):
                    yield near
                return
            if near is not None and near.type == "ROLE":
                office, i = True, near.first - 1
                continue
            if self.tokens[i].text not in (*COMMAS, "and") and not self.s.plain(i):
                return
            if self.tokens[i].text in FORMER:
                return
            i -= 1

    def _behind_person(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the first role behind the person of the event, before another person is named."""
        person = self.filled.get("person")
        for item in self.s.items if person else ():
            if person and item.start >= person[0].end:
                if self.wanted(item, spec):
                    yield item
                if item.type == "PERSON" or self.s.scene.is_boundary(item.first):
                    return

    def _appointed(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the people with the role, or what announces it, right behind: "عين X Y رئيسا"."""
        posts = words_index(("منصب", "خلفا", "محل"))
        role = self.s.item_at(self.t.last) if self.t.last < self.limit else None
        if role is not None and role.type == "ROLE":  # "وقالت إن X عين نائبا للرئيس"
            before = [i for i in self.s.items if i.last == self.t.first and self.wanted(i, spec)]
            yield from before
        for item in self.s.items:
            if item.last <= self.t.first or item.last >= self.limit or not self.wanted(item, spec):
                continue
            i = item.last + (self.tokens[item.last].text in (*COMMAS, *QUOTES))
            role = self.s.item_at(i)
            if (role is not None and role.type == "ROLE") or any(
                posts.at(self.tokens, j, self.limit) for j in (i, i + 1) if j < self.limit
            ):
                yield item

    def _removed(self, spec: SlotSpec) -> Iterator[Item]:
        """Return the person before "من منصبه": "أعفى X، الحاكم، Y، المدير، من منصبه"."""
        posts = words_index(REMOVED_FROM)
        for hit in self.s.find(posts, self.t.last, self.limit):
            people = [i for i in self.s.items if self.t.last <= i.first < hit.first and self.wanted(i, spec)]
            yield from people[::-1]

    def _owner(self, spec: SlotSpec) -> Iterator[Item]:
        """Return whose the thing is that stands behind the trigger, if it has no name of its own."""
        item = self.s.item_at(self.t.last) if self.t.last < self.limit else None
        if (
            item is not None
            and item.type != "COREF"
            and self.possessive(item)
            and self.wanted(item, spec)
            and not self.filled.get("target")
        ):
            yield item

    def _inside(self, spec: SlotSpec) -> Iterator[Item]:
        yield from (i for i in self.s.items if self.t.first < i.first < self.t.last and self.wanted(i, spec))

    def _speaker(self, spec: SlotSpec) -> Iterator[Item]:
        for frame in self.spoken:
            speaker = frame.speaker if frame.first <= self.t.first < frame.last else None
            if speaker is not None and self.wanted(speaker, spec):
                yield speaker
