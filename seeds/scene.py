"""What a document shows before any rule looks at it: tokens, sentences, and typed items at their places.

An item is a mention (ORG, PERSON, PRODUCT, PLACE, COREF), a described group (GROUP) or a value (MONEY,
PERCENT, COUNT …). The rules only ever see items and words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date

from seeds.entities import known_entities
from seeds.grammar import grammar
from seeds.items import CLOSE, DASHES, HARD, OPEN, Item, Sentence
from seeds.names import Mention, find_mentions
from seeds.phrases import Found, PhraseIndex
from seeds.sentences import sentences
from seeds.shadow import Shadow
from seeds.tokens import Token, forms, tokenise
from seeds.values import Value, find_values

GROUP_WORDS_MAX = 4
SENTENCE_TOKENS_MAX = 300  # what is longer is no sentence; cut, since slots are looked for in all of one
EXCHANGES = {"Tadawul": "SA"}  # of one country; a listing in New York says little of where a company is


def _country(mention: Mention) -> str | None:
    """Tell where a company is listed: that settles which riyal is meant."""
    if len(mention.candidates) != 1:
        return None
    tickers = known_entities()[mention.candidates[0]].identifiers.ticker
    return next((EXCHANGES[t.exchange] for t in tickers if t.exchange in EXCHANGES), None)


class Scene:
    """A document's text, seen as sentences of tokens and items. `body` is where the text begins in it."""

    def __init__(self, text: str, language: str, published: date | None = None) -> None:
        self.shadow = Shadow(text)
        self.language = language
        self.grammar = grammar(language)
        self.tokens: list[Token] = tokenise(self.shadow.folded)
        self._starts = [token.start for token in self.tokens]
        self.mentions: list[Mention] = list(find_mentions(self.shadow, language))
        self._countries = frozenset(filter(None, map(_country, self.mentions)))
        self.cover: dict[int, Item] = {}
        found = self.grammar.boundaries.find(self.tokens, 0, len(self.tokens))
        parting = {f.first for f in found if not f.form.prefix and not f.form.suffix}
        parting.update(i for i in range(len(self.tokens)) if self.tokens[i].text in HARD or self._is_dash(i))
        self.boundaries = sorted(parting)
        self._boundaries = frozenset(parting)
        joins = self.grammar.connectors.find(self.tokens, 0, len(self.tokens))
        self.connectors = frozenset(i for f in joins if not f.form.suffix for i in range(f.first, f.last))
        self.sentences: list[Sentence] = []
        self._has: dict[PhraseIndex[str], bool] = {}
        for s in sentences(self.shadow):
            first, last = bisect_left(self._starts, s.start), bisect_left(self._starts, s.end)
            for piece in range(first, last, SENTENCE_TOKENS_MAX):
                self._add_sentence(piece, min(piece + SENTENCE_TOKENS_MAX, last), published)

    def _add_sentence(self, first: int, last: int, published: date | None) -> None:
        sentence = Sentence(self, len(self.sentences), first, last)
        self.sentences.append(sentence)
        start, end = sentence.start, sentence.end
        found: list[Item] = []
        for value in find_values(self.shadow, start, end, self.language, published, self._countries):
            found.append(self._item(str(value.kind), value.start, value.end, value))
        low = bisect_left(self.mentions, start, key=lambda m: m.start)
        high = bisect_left(self.mentions, end, key=lambda m: m.start)
        for mention in self.mentions[low:high]:
            found.append(self._item(str(mention.kind), mention.start, mention.end, mention))
        found.sort(key=lambda item: (item.start, -item.end))
        for item in found:
            if all(t not in self.cover for t in range(item.first, item.last)):
                self._cover(sentence, item)
        self._add_roles(sentence)
        self._add_groups(sentence)
        sentence.items.sort()
        sentence.items.sort(key=lambda item: item.start)
        sentence.asides = self._asides(sentence)

    def _item(self, kind: str, start: int, end: int, what: Mention | Value | None) -> Item:
        first = max(bisect_right(self._starts, start) - 1, 0)
        return Item(kind.upper(), start, end, first, max(bisect_left(self._starts, end), first + 1), what)

    def _cover(self, sentence: Sentence, item: Item) -> None:
        sentence.items.append(item)
        for t in range(item.first, item.last):
            self.cover[t] = item

    def _add_roles(self, sentence: Sentence) -> None:
        for found in self.grammar.roles.longest(self.tokens, sentence.first, sentence.last):
            if found.payload == "leads" and not self._follows_to(found):
                continue
            if not any(t in self.cover for t in range(found.first, found.last)):
                lead = (
                    found.form.conjunction + found.form.prefix
                    if found.form.prefix != "ال"
                    else found.form.conjunction
                )
                start = self.tokens[found.first].start + len(lead)
                self._cover(
                    sentence, Item("ROLE", start, self.tokens[found.last - 1].end, found.first, found.last)
                )

    def _follows_to(self, found: Found[str]) -> bool:
        """Tell whether a verb or its noun tells a purpose: "to lead", لقيادة."""
        if self.language == "ar":
            return found.form.prefix == "ل"
        return found.first > 0 and self.tokens[found.first - 1].text == "to"

    def _add_groups(self, sentence: Sentence) -> None:
        """Find described groups: a noun with its modifiers, behind it in Arabic, before it in English."""
        for found in self.grammar.groups.longest(self.tokens, sentence.first, sentence.last):
            first, last = found.first, found.last
            if any(t in self.cover for t in range(first, last)):
                continue
            if self.language == "ar":
                while (
                    last < sentence.last
                    and last - found.last < GROUP_WORDS_MAX
                    and self._modifies(sentence, last)
                ):
                    last += 1
            else:
                while first > sentence.first and found.first - first < GROUP_WORDS_MAX - 1:
                    if not self._modifies(sentence, first - 1):
                        break
                    first -= 1
            start = self.tokens[first].start + len(
                found.form.conjunction + found.form.prefix.replace("ال", "")
            )
            if self.language == "ar" and first == found.first and found.form.prefix in ("لل", "بال", "كال"):
                start = self.tokens[first].start + len(found.form.conjunction) + 1
            self._cover(sentence, Item("GROUP", start, self.tokens[last - 1].end, first, last))

    def _modifies(self, sentence: Sentence, i: int) -> bool:
        g = self.grammar
        joins = i in self.connectors or (self.language == "en" and self.tokens[i].text in g.heads)
        return self.tokens[i].is_word and i not in self.cover and sentence.plain(i) and not joins

    def _asides(self, sentence: Sentence) -> dict[int, int]:
        """Mark the stretches between brackets or two dashes, each by its first token."""
        asides: dict[int, int] = {}
        opened: int | None = None
        for i in range(sentence.first, sentence.last):
            text = self.tokens[i].text
            if opened is None and (self._opens(i) or self._is_dash(i)):
                opened = i
            elif opened is not None:
                mate = text in CLOSE if self.tokens[opened].text in OPEN else self._is_dash(i)
                if mate:
                    asides.update(dict.fromkeys(range(opened, i + 1), opened))
                    opened = None
        if opened is not None and self.tokens[opened].text not in OPEN:
            asides.update(dict.fromkeys(range(opened, sentence.last), opened))
        return asides

    def _opens(self, i: int) -> bool:
        """Tell whether a bracket opens an aside; one around the name behind "شركة" does not."""
        named = i > 0 and self.tokens[i - 1].text in self.grammar.companies and i + 1 in self.cover
        return self.tokens[i].text in OPEN and not named

    def _is_dash(self, i: int) -> bool:
        """Tell whether a token is a dash with spaces around it (not a hyphen inside a word)."""
        token = self.tokens[i]
        if token.text not in DASHES:
            return False
        folded = self.shadow.folded
        return folded[token.start - 1 : token.start].isspace() and folded[token.end : token.end + 1].isspace()

    def is_hyphen(self, i: int) -> bool:
        """Tell whether a token joins two words: "anti-spyware"."""
        token, folded = self.tokens[i], self.shadow.folded
        inside = (
            folded[token.start - 1 : token.start].isalnum() and folded[token.end : token.end + 1].isalnum()
        )
        return token.text in DASHES and inside

    def is_stop(self, i: int) -> bool:
        """Tell whether a word ends a noun phrase."""
        return self._in(i, self.grammar.stops)

    def is_boundary(self, i: int) -> bool:
        """Tell whether a token starts or parts clauses."""
        return i in self._boundaries

    def is_relative(self, i: int) -> bool:
        """Tell whether a word opens a relative clause."""
        return self._in(i, self.grammar.relatives)

    def _in(self, i: int, words: frozenset[str]) -> bool:
        text = self.tokens[i].text
        return text in words or any(f.conjunction and not f.prefix and f.stem in words for f in forms(text))

    def has(self, words: PhraseIndex[str]) -> bool:
        """Tell whether one of the words stands in the document."""
        known = self._has.get(words)
        if known is None:
            known = self._has[words] = bool(words.find(self.tokens, 0, len(self.tokens)))
        return known

    def exact(self, start: int, end: int) -> str:
        """Return the text as written behind folded offsets."""
        first, last = self.shadow.origin(start, end)
        return self.shadow.text[first:last]
