"""Finding the phrases that rules and lexicons know, in one pass over the tokens.

A phrase is words with spaces between. Its first word may carry any clitic, the others an article or a
pronoun. `…` stands for up to GAP_MAX words that the phrase leaves open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from seeds.shadow import fold
from seeds.tokens import Form, Token, forms, tokenise

GAP = "…"
GAP_MAX = 5
T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """A phrase at the tokens [first, last): what it stands for, and the reading of its first word."""

    first: int
    last: int
    payload: T
    form: Form


class PhraseIndex(Generic[T]):
    """Phrases by their first word."""

    def __init__(self, phrases: Iterable[tuple[str, T]] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], T]]] = defaultdict(list)
        for phrase, payload in phrases:
            self.add(phrase, payload)

    def add(self, phrase: str, payload: T) -> None:
        """Add a phrase; its words are folded like the text."""
        words = tuple(token.text for token in tokenise(fold(phrase)))
        if words:
            self._by_first[words[0]].append((words[1:], payload))

    def knows(self, stem: str) -> bool:
        """Tell whether some phrase starts with this word."""
        return stem in self._by_first

    def at(self, tokens: Sequence[Token], i: int, last: int) -> list[Found[T]]:
        """All phrases that start at token `i` and end before `last`, the longest first."""
        found: list[Found[T]] = []
        for form in forms(tokens[i].text):
            for rest, payload in self._by_first.get(form.stem, ()):
                end = _follow(rest, tokens, i + 1, last) if rest else i + 1
                if end:
                    found.append(Found(i, end, payload, form))
        if len(found) > 1:
            found.sort(key=lambda f: f.first - f.last)
        return found

    def find(self, tokens: Sequence[Token], first: int, last: int) -> list[Found[T]]:
        """All phrases in the tokens [first, last), in order; overlaps are left to the caller."""
        return [found for i in range(first, last) for found in self.at(tokens, i, last)]

    def longest(self, tokens: Sequence[Token], first: int, last: int) -> list[Found[T]]:
        """Phrases in order without overlap, the longest at each place."""
        found: list[Found[T]] = []
        i = first
        while i < last:
            here = self.at(tokens, i, last)
            if here:
                found.append(here[0])
            i = here[0].last if here else i + 1
        return found


def _follow(rest: tuple[str, ...], tokens: Sequence[Token], i: int, last: int) -> int:
    """Return the token after the phrase whose remaining words are `rest`, or 0."""
    for n, word in enumerate(rest):
        if word == GAP:
            for j in range(i, min(i + GAP_MAX + 1, last)):
                end = _follow(rest[n + 1 :], tokens, j, last)
                if end:
                    return end
                if not tokens[j].is_word and tokens[j].text != "-":
                    return 0
            return 0
        if i >= last or not _is(tokens[i].text, word):
            return 0
        i += 1
    return i


def _is(text: str, word: str) -> bool:
    return text == word or any(f.stem == word and not f.conjunction for f in forms(text))
