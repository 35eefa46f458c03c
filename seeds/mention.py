"""A mention: a name as found, and what every search for names needs to make one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from seeds.naming import Page

Kind = Literal["ORG", "PERSON", "PRODUCT", "PLACE", "COREF"]
KINDS: dict[str, Kind] = {"ORG": "ORG", "PERSON": "PERSON", "PRODUCT": "PRODUCT", "PLACE": "PLACE"}


class Mention(NamedTuple):
    """A name, or a reference to one, at folded offsets [start, end), clitics left out.

    `candidates` are the ids of the known entities that it may be; empty for a name in no list. `name` is
    the text as written. `cue` says what made it a name: "alias", "short" (an alias that its context
    allows), "part" (of a name told in full), or the cue itself. Of a COREF, `cue` tells what it stands for:
    "org one", "org two" or "person one".
    """

    start: int
    end: int
    kind: Kind
    candidates: tuple[str, ...]
    name: str
    cue: str


def longest(mentions: Iterable[Mention], first: Iterable[Mention] = ()) -> list[Mention]:
    """Drop overlaps: those in `first` stay, then the longest wins, then what is known."""
    firm = set(first)
    order = sorted(
        set(mentions),
        key=lambda m: (m not in firm, m.start - m.end, not m.candidates, m.start, m.kind, m.cue),
    )
    taken: set[int] = set()
    chosen = []
    for mention in order:
        span = range(mention.start, mention.end)
        if taken.isdisjoint(span):
            taken.update(span)
            chosen.append(mention)
    return sorted(chosen)


class Search:
    """A search for names in a page of which some are known: `covered` are the tokens of those."""

    def __init__(self, page: Page, known: list[Mention]) -> None:
        self.page = page
        self.lists = page.lexicon.lists
        self.known = {page.token_at(m.start): m for m in known}
        self.covered = {i for at, m in self.known.items() for i in range(at, page.behind(m.end))}

    def mention(
        self, first: int, last: int, kind: Kind, cue: str, *, skip: int = 0, ids: tuple[str, ...] = ()
    ) -> Mention:
        """Make a mention of the tokens [first, last)."""
        return mention_of(self.page, first, last, kind, cue, skip=skip, ids=ids)


def mention_of(
    page: Page, first: int, last: int, kind: Kind, cue: str, *, skip: int = 0, ids: tuple[str, ...] = ()
) -> Mention:
    """Make a mention of the tokens [first, last), without `skip` letters of a clitic or a possessive."""
    start, end = page.starts[first] + skip, page.tokens[last - 1].end
    if page.folded(last - 1).endswith(("'s", "’s")):
        end -= 2
    return Mention(start, end, kind, ids, page.shadow.exact(start, end), cue)
