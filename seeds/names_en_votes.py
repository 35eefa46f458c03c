"""What the words around a capitalised name say it is: a company, a person or a product.

Each sign votes once in a document, with a weight: a legal form or a title says more than a verb behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seeds.mention import Kind
from seeds.naming import QUOTE_PAIRS, Page

LOOK_AROUND = 8  # words of an apposition
PERSON_MAX = 4
TITLE = "title"
RELATIVES: dict[str, Kind] = {"which": "ORG", "who": "PERSON"}
ARTICLES = ("the", "a", "an")
AUXILIARIES_MAX = 3
OWNED_MAX = 3  # words behind a possessive in which the thing owned stands
EMPLOYED = ("of", "at", "with", "for", "from")  # between a role and its organisation
_KINDS: dict[str, Kind] = {"organisation": "ORG", "product": "PRODUCT", "unit": "PRODUCT", "person": "PERSON"}

Sign = tuple[Kind, str]


class Piece(NamedTuple):
    """A run of tokens [first, last) that may be a name; `weak` if its capital may be the sentence's."""

    first: int
    last: int
    weak: bool


def word_at(page: Page, i: int) -> str:
    """Return the folded word at a token without a possessive."""
    return page.folded(i).removesuffix("'s").removesuffix("’s")


def tail_of(page: Page, first: int, last: int) -> str | None:
    """Return the legal form or the noun that closes an organisation's name, if one does."""
    word, lists = word_at(page, last - 1), page.lexicon.lists
    closes = word in lists["legal_forms"] or word in lists["organisation_tails"]
    return word if closes and last - first > 1 else None


def signs(page: Page, piece: Piece) -> Iterator[tuple[Sign, int]]:
    """Return what the surroundings of one occurrence say, and how clearly."""
    first, last = piece.first, piece.last
    tail = tail_of(page, first, last)
    if tail is not None:
        yield ("ORG", tail), 6
    if any(page.folded(i) == "&" for i in range(first + 1, last - 1)):
        yield ("ORG", "&"), 6
    before, behind = page.cues.get(_before(page, first)), _cue_at(page, last)
    if before is None and page.folded(first - 1) == ",":
        before = page.cues.get(first - 1)  # "its chief executive, X"
        before = before if before is not None and before.group == "person" else None
    if before is not None and before.group == "person" and last - first <= PERSON_MAX:
        yield ("PERSON", TITLE), 4
    elif before is not None and before.group in _KINDS and before.group != "person":
        yield (_KINDS[before.group], page.exact(before.last - 1)), 4
    described = piece.weak and page.is_latin(last + 1) and page.is_capital(last + 1)  # "Truck maker Velmora"
    if behind in ("organisation", "product") and last - first <= PERSON_MAX and not described:
        yield (_KINDS[behind], page.exact(last)), 2
    if last - first > 1 and page.folded(last - 1)[-1].isdigit():
        yield ("PRODUCT", "number"), 3
    if 1 < last - first <= PERSON_MAX and word_at(page, first) in page.lexicon.lists["given"]:
        yield ("PERSON", "first name"), 3
    yield from _apposition(page, piece)
    yield from _company_signs(page, piece)


def _before(page: Page, i: int) -> int:
    return i - 1 if page.folded(i - 1) in QUOTE_PAIRS else i


def _cue_at(page: Page, i: int) -> str | None:
    """Return the kind of cue that is the one word at a token."""
    cue = page.cues.get(i + 1)
    return cue.group if cue is not None and cue.first == i and cue.group in _KINDS else None


def _apposition(page: Page, piece: Piece) -> Iterator[tuple[Sign, int]]:
    """Return a role behind a comma, "X, chief executive of", or a kind of company, "X, the carmaker"."""
    last = piece.last
    if page.folded(last) != ",":
        return
    if page.folded(last + 1) in RELATIVES:
        yield (RELATIVES[page.folded(last + 1)], "relative"), 3
    span = 1
    while span <= LOOK_AROUND and (
        page.folded(last + span) not in (",", ".", "")
        or (page.folded(last + span) == "." and len(page.folded(last + span - 1)) == 1)  # "U.S."
    ):
        span += 1
    words = [page.folded(last + n) for n in range(1, span)] or [""]
    roles = {" ".join(words[:n]) for n in range(1, 4)} & page.lexicon.lists["person_behind"]
    if roles and last - piece.first in (2, 3):
        yield ("PERSON", max(roles)), 4
    kinds = {_cue_at(page, last + n) for n in range(2, span)}
    opens = words[0] in ARTICLES or words[0].endswith(("'s", "’s")) or words[:2] == ["one", "of"]
    if not roles and opens and "organisation" in kinds and "person" not in kinds:
        yield ("ORG", "apposition"), 4


def _company_signs(page: Page, piece: Piece) -> Iterator[tuple[Sign, int]]:
    """Words right beside a name that companies have more often than people."""
    first, last = piece.first, piece.last
    before = {page.folded(first - 1), f"{page.folded(first - 2)} {page.folded(first - 1)}"}
    for sign in before & page.lexicon.lists["organisation_before"]:
        yield ("ORG", sign), 2
    for sign in before & page.lexicon.lists["name_before"]:
        yield ("ORG", sign), 1
    role = page.cues.get(first - 1)
    if page.folded(first - 1) in EMPLOYED and role is not None and role.group == "person":
        yield ("ORG", page.exact(role.last - 1)), 3
    if _cue_at(page, last) == "person":
        yield ("ORG", "role behind"), 2  # "Velmora chief executive X"
    next_word = page.folded(last)
    verb = _verb_behind(page, last)
    if next_word in page.lexicon.lists["organisation_behind"]:
        yield ("ORG", next_word), 2
    elif verb in page.lexicon.lists["organisation_does"]:
        yield ("ORG", verb), 2
    elif next_word in page.lexicon.lists["said"]:
        yield ("ORG" if last - first == 1 else "PERSON", next_word), 2
    elif next_word in page.lexicon.verbs:
        yield ("ORG", "verb behind"), 1
    if page.folded(last - 1).endswith(("'s", "’s")):
        thing = any(page.folded(last + n) in page.lexicon.lists["owned"] for n in range(OWNED_MAX))
        yield ("ORG", "'s"), 2 if thing else 1
    if last - first in (2, 3) and verb in page.lexicon.lists["person_does"]:
        yield ("PERSON", verb), 3
    if page.folded(first - 1) in page.lexicon.verbs:
        yield ("ORG", "verb before"), 1


def _verb_behind(page: Page, i: int) -> str:
    """Return the verb that a name is the subject of, behind "has", "will" and adverbs of time."""
    for n in range(AUXILIARIES_MAX):
        if page.folded(i + n) not in page.lexicon.lists["auxiliaries"]:
            return page.folded(i + n)
    return ""
