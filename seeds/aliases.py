"""Where a text uses a name that the entity list knows.

One pass over the folded text finds all spellings of all aliases; a boundary check then drops what is only
part of a word. Arabic writes "and", "in", "to", "like" onto a name: they are cut off, and since the rest is
a known name, nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from seeds.entities import Context, known_entities
from seeds.shadow import TATWEEL, Shadow, fold

SHORT = 4  # an Arabic name of so few letters is easily part of another word, or one of its spellings
ACRONYM_MAX = 5
CLITICS = re.compile(r"[وف]?[بلك]?$")
CLITICS_MAX = 2
_SPACES = str.maketrans("\n\t\r", "   ")
_MARKS = re.compile(f"[\u064b-\u0652{TATWEEL}]")
_TANWIN = "\u064b"
_ARABIC = re.compile("[\u0620-\u06ff]")


class Naming(NamedTuple):
    """One thing that a spelling may stand for."""

    entity: str
    kind: str
    spelling: str
    context: Context


class Hit(NamedTuple):
    """A known name at folded offsets [start, end); `head` is the clitic written onto it."""

    start: int
    end: int
    head: str
    namings: tuple[Naming, ...]


@dataclass(frozen=True)
class AliasIndex:
    """All spellings of all aliases, and what each stands for."""

    automaton: AhoCorasick
    namings: tuple[tuple[Naming, ...], ...]
    offsets: tuple[int, ...]  # letters of the pattern before the name: للراجحي is ل and a shortened ال


@cache
def alias_index() -> AliasIndex:
    """Build the index of the entity list."""
    by_pattern: dict[tuple[str, int], list[Naming]] = defaultdict(list)
    for entity in known_entities().values():
        for alias in entity.names():
            for spelling in alias.spellings():
                naming = Naming(entity.id, entity.kind.upper(), spelling, alias.needs_context)
                folded = fold(spelling)
                by_pattern[folded, 0].append(naming)
                if folded.startswith("ال"):
                    by_pattern["لل" + folded[2:], 1].append(naming)
    automaton = AhoCorasick([pattern for pattern, _ in by_pattern])
    namings = tuple(tuple(dict.fromkeys(found)) for found in by_pattern.values())
    return AliasIndex(automaton, namings, tuple(offset for _, offset in by_pattern))


def known_names(shadow: Shadow, not_names: frozenset[str]) -> list[Hit]:
    """Return the names of the entity list in a text, in order; they may overlap.

    `not_names` are folded words that only look like a clitic and a name.
    """
    index = alias_index()
    folded = shadow.folded.translate(_SPACES)
    found: list[Hit] = []
    for pattern, at, end in index.automaton.find_matches_as_indexes(folded, overlapping=True):
        start = at + index.offsets[pattern]
        head = _head(folded, at, start, end)
        if head is None or head + folded[start:end] in not_names:
            continue
        surface = shadow.exact(start, end)
        namings = tuple(n for n in index.namings[pattern] if _written_as(surface, n.spelling))
        if namings:
            found.append(Hit(start, end, head, namings))
    return sorted(found, key=lambda hit: (hit.start, -hit.end))


def _head(folded: str, at: int, start: int, end: int) -> str | None:
    """Return the clitics before a name, "" for none, or None where the match is only part of a word."""
    if end < len(folded) and _in_word(folded[end]) and _in_word(folded[end - 1]):
        return None
    first = at
    while first > 0 and at - first <= CLITICS_MAX and _in_word(folded[first - 1]):
        first -= 1
    before = folded[first:at]
    if not before or not _in_word(folded[at]):
        return folded[at:start]
    if start > at:
        return before + folded[at:start] if before in ("و", "ف") else None
    return before if CLITICS.match(before) else None


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _written_as(surface: str, spelling: str) -> bool:
    """Compare what folding does not: capitals of Latin names, the small signs of short Arabic ones."""
    if surface == spelling:
        return True
    if _ARABIC.search(spelling):
        if _TANWIN in surface:  # ميتاً is a word; names in the news carry no tanwin
            return False
        plain, wanted = _MARKS.sub("", surface), _MARKS.sub("", spelling)
        return len(wanted) > SHORT or plain[1:] == wanted[1:] or plain[1:].lstrip("ل") == wanted[2:]
    words, wanted_words = surface.split(), spelling.split()
    return len(words) == len(wanted_words) and all(
        map(_capital_as, words, wanted_words, [spelling.islower()] * len(words))
    )


def _capital_as(word: str, wanted: str, lower: bool) -> bool:
    if wanted.isupper() and len(wanted) <= ACRONYM_MAX:
        return word == wanted
    return word[:1].isupper() if wanted[:1].isupper() or lower else True
