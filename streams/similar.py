"""Which entities look as if they were one: suggestions for a person, who decides. Nothing merges by itself.

Names are compared in the script that they are written in, folded as for matching; an entity that is known
by names in both scripts is found by either. Comparing all with all would take minutes for 20,000 names:
only those are compared that share a rare word, or stand near each other when sorted from the front or back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

SCORE_MIN = 86.0
BEGINNING_SCORE = 88.0
"""Of two names of which one is the beginning of the other: `Falak`, `Falak Robotics`."""
BEGINNING_LETTERS_MIN = 5
LETTERS_MIN = 3
"""Shorter names (tickers, initials) are alike by chance."""
SHARED_MAX = 60
"""A word that more names have says nothing of who is meant, and would make too many pairs."""
NEIGHBOURS = 6

FORMS = frozenset(
    (
        *(
            "inc",
            "incorporated",
            "corp",
            "corporation",
            "co",
            "company",
            "ltd",
            "limited",
            "llc",
            "plc",
            "sa",
        ),
        *("ag", "gmbh", "nv", "se", "holding", "holdings", "group", "the"),
        *("شركه", "الشركه", "مجموعه", "المجموعه", "القابضه", "قابضه", "المحدوده", "ش", "م", "ذ"),
    )
)
"""Words that tell a firm's form, folded: one article writes them, the next does not."""
_WORD = re.compile(r"[^\W_]+")


class Named(NamedTuple):
    """An entity and all names by which it is found, folded (`seeds.shadow.fold`)."""

    id: str
    kind: str
    known: bool
    events: int
    names: tuple[str, ...]


class Pair(NamedTuple):
    """`entity` may be `into`; `names` are the two that look alike, `score` says how much (0 to 100)."""

    entity: str
    into: str
    kind: str
    score: float
    names: tuple[str, str]
    known: bool
    """Whether `into` is in the list of known entities."""


class _Name(NamedTuple):
    owner: Named
    written: str
    words: tuple[str, ...]
    letters: str
    numbers: frozenset[str]


def pairs(entities: Iterable[Named], distinct: Set[frozenset[str]] = frozenset()) -> list[Pair]:
    """List the pairs that look alike: those with a known entity first, then the most alike.

    Only entities of one kind make a pair; two known ones never do, nor two of which a person said that they
    are two (`distinct`: pairs of ids). The order in which entities come does not matter.
    """
    by_kind: dict[str, list[_Name]] = defaultdict(list)
    for entity in entities:
        by_kind[entity.kind] += _names(entity)
    best: dict[frozenset[str], Pair] = {}
    for names in by_kind.values():
        for one, other in _candidates(names):
            ids = frozenset((one.owner.id, other.owner.id))
            if ids in distinct or (score := _score(one, other)) < SCORE_MIN:
                continue
            found = _pair(score, one, other)
            if ids not in best or _rank(found) < _rank(best[ids]):
                best[ids] = found
    return sorted(best.values(), key=_rank)


def _rank(pair: Pair) -> tuple[bool, float, str, str, tuple[str, str]]:
    return not pair.known, -pair.score, pair.entity, pair.into, pair.names


def _names(entity: Named) -> Iterator[_Name]:
    """Give each different name of an entity without the words that tell its form; none of a few letters."""
    for written in dict.fromkeys(entity.names):
        all_words = _WORD.findall(written)
        words = tuple(_without_article(word) for word in all_words if word not in FORMS)
        letters = "".join(words)
        if len(letters) >= LETTERS_MIN:
            yield _Name(entity, written, words, letters, frozenset(filter(str.isdigit, words)))


def _without_article(word: str) -> str:
    """Take an Arabic article off: it comes and goes with the grammar around a name."""
    return word[2:] if word.startswith("ال") and len(word) > len("ال") + 2 else word


def _candidates(names: list[_Name]) -> Iterator[tuple[_Name, _Name]]:
    """Give the pairs of names that are worth comparing; some of them more than once."""
    sharing: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        for word in set(name.words):
            sharing[word].append(name)
    for block in sharing.values():
        if len(block) <= SHARED_MAX:
            yield from _of_two(combinations(block, 2))
    for key in (_forwards, _backwards):
        ordered = sorted(names, key=key)
        for place, name in enumerate(ordered):
            yield from _of_two((name, near) for near in ordered[place + 1 : place + 1 + NEIGHBOURS])


def _forwards(name: _Name) -> tuple[str, str, str]:
    return name.letters, name.written, name.owner.id


def _backwards(name: _Name) -> tuple[str, str, str]:
    return name.letters[::-1], name.written, name.owner.id


def _of_two(found: Iterable[tuple[_Name, _Name]]) -> Iterator[tuple[_Name, _Name]]:
    """Keep the pairs that are of two entities of which one at least is not known."""
    for one, other in found:
        if one.owner.id != other.owner.id and not (one.owner.known and other.owner.known):
            yield one, other


def _score(one: _Name, other: _Name) -> float:
    """Say how alike two names are, 0 to 100; a number that only one has tells two things apart."""
    if one.numbers != other.numbers:
        return 0.0
    score = max(
        fuzz.ratio(one.letters, other.letters, score_cutoff=SCORE_MIN),
        fuzz.token_sort_ratio(" ".join(one.words), " ".join(other.words), score_cutoff=SCORE_MIN),
    )
    return max(score, BEGINNING_SCORE) if _begins(one, other) else score


def _begins(one: _Name, other: _Name) -> bool:
    shorter, longer = sorted((one.words, other.words), key=len)
    letters = min(len(one.letters), len(other.letters))
    return letters >= BEGINNING_LETTERS_MIN and longer[: len(shorter)] == shorter


def _pair(score: float, one: _Name, other: _Name) -> Pair:
    """Put second what the other would be merged into: the known one, else the one with more events."""
    into, entity = sorted((one, other), key=lambda n: (not n.owner.known, -n.owner.events, n.owner.id))
    names = entity.written, into.written
    return Pair(entity.owner.id, into.owner.id, into.owner.kind, round(score, 1), names, into.owner.known)
