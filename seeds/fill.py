"""Filling a slot: items from their places, quotes, choices and flags from words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from seeds.facts import QUOTE_MAX
from seeds.items import COMMAS, DASHES, QUOTES
from seeds.nearby import Hit, clitics, words_index
from seeds.phrases import PhraseIndex
from seeds.places import Places
from seeds.rule import SlotSpec

CHOICE_GAP_MAX = 5
NAME_WORDS_MAX = 6
NAME_QUOTED_MAX = 10
LEAD_WORDS_MIN = 3
VERB_STARTS = ("يست", "تست", "ستت", "سيت", "ستخ", "يت", "تت")
DETERMINERS = ("the", "a", "an", "its", "their")


class Filler(Places):
    """Looks for the slots of one trigger."""

    def hits(self, spec: SlotSpec) -> Iterator[list[Hit]]:
        """Candidates for a slot, the best first; each is a list (of one, unless the slot takes many)."""
        if spec.type in ("TEXT", "NAME"):
            yield from ([hit] for hit in self._texts(spec))
            return
        if spec.type in ("FLAG", "CHOICE"):
            yield from ([hit] for hit in self._choices(spec))
            return
        seen: set[int] = set()
        for item in self.items(spec):
            if item.first not in seen and self._in_order(item.start, spec):
                seen.add(item.first)
                yield [Hit(i.start, i.end, i) for i in (self.listed(item, spec) if spec.many else [item])]

    def _in_order(self, start: int, spec: SlotSpec) -> bool:
        """Check that a hit is behind, or before, what fills another slot."""
        behind = self.filled.get(spec.behind or "")
        ahead = self.filled.get(spec.ahead or "")
        return (not behind or start >= behind[0].end) and (not ahead or start < ahead[0].start)

    # -- words

    def _choices(self, spec: SlotSpec) -> Iterator[Hit]:
        first, last = self.scope(spec)
        if spec.type == "FLAG":
            for cue in self.s.find(words_index(spec.cue), first, last):
                yield self._words(cue.first, cue.last, spec.flag)
            return
        index: PhraseIndex[str] = choice_index(tuple((k, v) for k, v in spec.choose.items()))
        found = self.s.find(index, first, last)
        if "object" in spec.at:
            found = [c for c in found if self.t.last <= c.first <= self.t.last + CHOICE_GAP_MAX]
        if "trigger" in spec.at:
            found = [c for c in found if self.t.first <= c.first < self.t.last]
        found.sort(key=lambda c: c.first - c.last)  # the longest words say most
        behind = [c for c in found if c.last > self.t.first]
        for cue in behind + [c for c in found if c.last <= self.t.first][::-1]:
            yield self._words(cue.first, cue.last, cue.payload)

    def _words(self, first: int, last: int, value: str | bool | None = None) -> Hit:
        return Hit(self.tokens[first].start, self.tokens[last - 1].end, None, value)

    def _texts(self, spec: SlotSpec) -> Iterator[Hit]:
        """Quotes: from a cue to the end of its clause. A clitic cue is left out of the quote."""
        first, last = self.scope(spec)
        index, letters = words_index(spec.cue), clitics(spec.cue)
        found: list[tuple[int, int]] = []  # first token of the quote, offset at which it starts
        first = first if spec.ahead else max(first, self.t.first)
        for cue in self.s.longest(index, first, last):
            if len(cue.form.stem) == 2 and cue.form.prefix.endswith("ال"):
                continue  # "الآن" is no "أن"
            if "adjacent" in spec.at and not 0 <= cue.first - self.t.last <= 1:
                continue
            if spec.start == "at":
                found.append((cue.first, self.tokens[cue.first].start + len(_lead(cue.form))))
            elif cue.last < last:
                found.append((cue.last, self.tokens[cue.last].start))
        for i in range(self.t.last, last) if letters else ():
            text = self.tokens[i].text
            if text[0] in letters and len(text) > 3 and self.s.item_at(i) is None:
                found.append((i, self.tokens[i].start + 1))
        if spec.at[:1] == ("lead",) or "brackets" in spec.at:
            yield from self._leads(spec)
        owner = self.filled.get("seller")
        if "owned" in spec.at and owner and owner[0].item and self.possessive(owner[0].item):
            i = owner[0].item.last
            found += [(i, self.tokens[i].start)] if i < last else []
        if "trigger" in spec.at:
            found.append((self.t.first, self.tokens[self.t.first].start))
        if "after" in spec.at and self.t.last < last:
            i = self._behind(spec, last)
            goes_on = self.tokens[i].text not in self.s.scene.grammar.prepositions
            if spec.type == "NAME" or not spec.behind or goes_on:
                found.append((i, self.tokens[i].start))
        found += self._before_tail(spec, last)
        found.sort(key=lambda f: (f[0] < self.t.first, f[0]))
        for i, start in found:
            if spec.type == "NAME":
                i = self._noun(i, last)
                start = self.tokens[i].start
            end = self._name_end(i) if spec.type == "NAME" else self._text_end(i, spec, last)
            start, end = self._trim(start, end)
            if self._says(start, end) and self._in_order(start, spec):
                yield Hit(start, end)
        if "lead" in spec.at[1:]:
            yield from self._leads(spec)

    def _behind(self, spec: SlotSpec, last: int) -> int:
        """Return the first token behind the trigger, and behind the slot that the spec names."""
        other = self.filled.get(spec.behind or "")
        i = self.t.last
        while other and i < last - 1 and self.tokens[i].start < other[0].end:
            i += 1
        return i

    def _before_tail(self, spec: SlotSpec, last: int) -> Iterator[tuple[int, int]]:
        """Find names in quotation marks before a tail word: the "Nova" unit."""
        for tail in self.s.find(words_index(spec.tail), self.t.first, last) if spec.tail else ():
            if self.tokens[tail.first - 1].text in QUOTES:
                for i in range(tail.first - 2, max(tail.first - NAME_QUOTED_MAX, self.t.first), -1):
                    if self.tokens[i].text in QUOTES:
                        yield i, self.tokens[i].start
                        break

    def _leads(self, spec: SlotSpec) -> Iterator[Hit]:
        """Return the words before the trigger: of its clause, or before the bracket that it stands in."""
        i = self.t.first
        if "brackets" in spec.at and i > self.s.first and self.tokens[i - 1].text == "(":
            i -= 1
        elif "lead" not in spec.at:
            return
        first = i
        while first > self.s.first and self.tokens[first - 1].text not in COMMAS:
            if self.s.scene.is_boundary(first - 1):
                break
            first -= 1
        while first < i and not self.s.plain(first):
            first += 1
        while i > first and not self.s.plain(i - 1):
            i -= 1
        if i - first >= LEAD_WORDS_MIN:
            start, end = self._trim(self.tokens[first].start, self.tokens[i - 1].end)
            if 0 < end - start <= QUOTE_MAX - 20:
                yield Hit(start, end)

    def _text_end(self, i: int, spec: SlotSpec, last: int) -> int:
        until = words_index(spec.until)
        begin = self.tokens[i].start
        end = begin
        for j in range(i, self.s.last):
            token = self.tokens[j]
            verb = "VERB" in spec.until and j > i and _of_many(token.text)
            ends = verb or token.text in COMMAS or (j > i and self.s.scene.is_boundary(j))
            if (
                ends
                or (j > i and until.at(self.tokens, j, self.s.last))
                or token.end - begin > QUOTE_MAX - 20
            ):
                break
            end = token.end
        return end

    def _noun(self, i: int, last: int) -> int:
        """Return the first token of a name: behind "the", and behind the number of "200,000 vehicles"."""
        while i < last - 1 and self.tokens[i].text in DETERMINERS:
            i += 1
        item = self.s.item_at(i)
        if item is not None and item.type in ("COUNT", "NUMBER"):
            thing = item.type == "COUNT" and self.tokens[item.last - 1].text.isalpha()
            i = item.last - 1 if thing else min(item.last, last - 1)
        place = self.s.item_at(i)
        return min(place.last, last - 1) if place is not None and place.type == "PLACE" else i

    def _name_end(self, i: int) -> int:
        """Give a short name: what stands in quotation marks, else up to three plain words."""
        if self.tokens[i].text in QUOTES:
            for j in range(i + 1, min(i + NAME_QUOTED_MAX, self.s.last)):
                if self.tokens[j].text in QUOTES:
                    return self.tokens[j - 1].end
        end = self.tokens[i].start
        for j in range(i, min(i + NAME_WORDS_MAX, self.s.last)):
            if self.tokens[j].text == "-" and self.tokens[j].start == end:
                continue
            if not self.s.plain(j) or not self.tokens[j].is_word:
                break
            value = self.s.item_at(j + 1) if self.tokens[j].text == "and" else None
            if value is not None and value.type in ("COUNT", "NUMBER"):
                break  # "vehicles and 300 cars"
            end = self.tokens[j].end
        return end

    def _says(self, start: int, end: int) -> bool:
        """Tell whether these are words, and no aside behind a dash."""
        folded = self.s.scene.shadow.folded
        return start < end and folded[start] not in DASHES and any(c.isalpha() for c in folded[start:end])

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        """Leave out quotation marks and spaces at the ends."""
        folded = self.s.scene.shadow.folded
        while start < end and (folded[start].isspace() or folded[start] in QUOTES + ",،:."):
            start += 1
        while start < end and (folded[end - 1].isspace() or folded[end - 1] in QUOTES + ",،:."):
            end -= 1
        return start, end


def _of_many(word: str) -> bool:
    """Tell whether an Arabic word has the form of a verb that many do: يفضلون، ستخفض، تستخدم."""
    return len(word) > 4 and ((word[0] in "يت" and word.endswith("ون")) or word.startswith(VERB_STARTS))


@lru_cache(maxsize=1024)
def choice_index(choose: tuple[tuple[str, tuple[str, ...]], ...]) -> PhraseIndex[str]:
    """Return the words of a choice slot, each with its value."""
    return PhraseIndex((word, value) for value, words in choose for word in words)


def _lead(form: object) -> str:
    """Return the clitics that a quote leaves out."""
    conjunction, prefix = getattr(form, "conjunction", ""), getattr(form, "prefix", "")
    return str(conjunction) + str(prefix).replace("ال", "").removesuffix("ل" if prefix == "لل" else "")
