"""A sentence as the rules see it: its tokens, the items in it, its clauses and asides."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from seeds.names import Mention
from seeds.phrases import Found, PhraseIndex
from seeds.values import Value

if TYPE_CHECKING:
    from seeds.scene import Scene

T = TypeVar("T")
OPEN, CLOSE = "([", ")]"
DASHES = ("-", "–", "—")
QUOTES = "\"“”«»„‟'‘’"
COMMAS = (",", "،")
HARD = (";", "؛", ":")


class Item(NamedTuple):
    """A typed stretch of text: folded offsets [start, end), tokens [first, last)."""

    type: str
    start: int
    end: int
    first: int
    last: int
    what: Mention | Value | None = None


@dataclass
class Sentence:
    """One sentence: tokens [first, last) and the items in it, in order."""

    scene: Scene
    number: int
    first: int
    last: int
    items: list[Item] = field(default_factory=list)
    asides: dict[int, int] = field(default_factory=dict)  # token → number of the aside around it
    _found: dict[PhraseIndex[Any], list[Any]] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Folded offset of its beginning."""
        return self.scene.tokens[self.first].start

    @property
    def end(self) -> int:
        """Folded offset behind it."""
        return self.scene.tokens[self.last - 1].end

    def item_at(self, token: int) -> Item | None:
        """Return the item that covers a token."""
        return self.scene.cover.get(token)

    def plain(self, i: int) -> bool:
        """Tell whether a token is an ordinary word, such as may stand between a cue and its name."""
        token = self.scene.tokens[i]
        if not token.is_word:
            return token.text in QUOTES or self.scene.is_hyphen(i)
        return not self.scene.is_stop(i)

    def clause(self, first: int, last: int) -> tuple[int, int]:
        """Return the tokens around [first, last) up to the nearest clause boundaries of the sentence."""
        bounds = self.scene.boundaries
        left, right = bisect_left(bounds, first), bisect_left(bounds, last)
        before = bounds[left - 1] + 1 if left else 0
        behind = bounds[right] if right < len(bounds) else self.last
        return max(self.first, before), min(self.last, behind)

    def find(self, index: PhraseIndex[T], first: int, last: int) -> list[Found[T]]:
        """Find phrases in a part of the sentence; the whole is read once for each index."""
        known = self._found.get(index)
        if known is None:
            known = self._found[index] = index.find(self.scene.tokens, self.first, self.last)
        return [f for f in known if first <= f.first and f.last <= last]

    def longest(self, index: PhraseIndex[T], first: int, last: int) -> list[Found[T]]:
        """Find phrases without overlap, the longest at each place."""
        chosen: list[Found[T]] = []
        for found in self.find(index, first, last):  # at one token the longest comes first
            if not chosen or found.first >= chosen[-1].last:
                chosen.append(found)
        return chosen
