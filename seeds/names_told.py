"""Names that stand again in a document that has told them: in full without a cue, or a part of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from seeds.aliases import CLITICS, CLITICS_MAX
from seeds.mention import Kind, Mention, mention_of
from seeds.naming import QUOTE_PAIRS, Page

AGAIN_MIN = 4  # letters of a one-word name that is believed elsewhere without its cue
PART_MIN = 3  # letters of a surname, or of the first word of a company's name, that stands for it later

Words = tuple[str, ...]


class Owner(NamedTuple):
    """Whose a name is: of a known entity the ids, else the name in full."""

    kind: Kind
    candidates: tuple[str, ...]
    name: str


def again(page: Page, chosen: list[Mention]) -> list[Mention]:
    """Find the other places where a name stands that a cue told once; there it needs none."""
    kinds: dict[Words, set[Kind]] = defaultdict(set)
    for m in chosen:
        if not m.candidates and m.kind in ("ORG", "PERSON", "PRODUCT"):
            words = _words(page, m)
            if len(words) > 1 or (m.kind == "ORG" and len(words[0]) >= AGAIN_MIN):
                kinds[words].add(m.kind)
    told = {words: min(found) for words, found in kinds.items() if len(found) == 1}
    return [
        mention_of(page, first, last, told[words], "again", skip=skip)
        for first, last, skip, words in _places(page, told.keys())
    ]


def parts(page: Page, chosen: list[Mention]) -> list[Mention]:
    """Find surnames, and first words of companies' names, behind the full name in the same document."""
    owners: dict[Words, set[Owner]] = defaultdict(set)
    since: dict[Words, int] = {}
    for m in chosen:
        part = _part(page, m)
        if part:
            owners[part].add(Owner(m.kind, m.candidates, "" if m.candidates else m.name.casefold()))
            since[part] = min(since.get(part, m.end), m.end)
    found = []
    for first, last, skip, words in _places(page, owners.keys()):
        if page.starts[first] >= since[words] and len(owners[words]) == 1 and not _of_other(page, first):
            (owner,) = owners[words]
            ids = owner.candidates
            found.append(mention_of(page, first, last, owner.kind, "part", skip=skip, ids=ids))
    return found


def _of_other(page: Page, i: int) -> bool:
    """Tell whether a surname stands behind the first name of somebody else: "Lachlan Murdoch"."""
    if page.language == "ar":
        return page.folded(i - 2) in QUOTE_PAIRS and page.folded(i - 1) not in QUOTE_PAIRS
    given = page.lexicon.lists["given"]
    return page.is_capital(i - 1) and page.close(i) and page.folded(i - 1) in given if i else False


def _places(page: Page, phrases: Collection[Words]) -> Iterator[tuple[int, int, int, Words]]:
    """Yield the tokens [first, last) where a phrase stands, and the letters of a clitic before it."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for words in phrases:
        lengths[words[0]].add(len(words))
    for i, token in enumerate(page.tokens):
        if page.is_latin(i) and not page.is_capital(i):
            continue
        for skip in range(CLITICS_MAX + 1 if page.language == "ar" else 1):
            head = _plain(token.text[skip:])
            if head not in lengths or not CLITICS.match(token.text[:skip]):
                continue
            for length in lengths[head]:
                words = (head, *(_plain(page.folded(j)) for j in range(i + 1, i + length)))
                if words in phrases:
                    yield i, i + length, skip, words


def _words(page: Page, m: Mention) -> Words:
    """Return the folded words of a mention, without a clitic or a possessive."""
    first, last = page.token_at(m.start), page.behind(m.end)
    words = [page.shadow.folded[m.start : page.tokens[first].end]]
    return tuple(map(_plain, words + [t.text for t in page.tokens[first + 1 : last]]))


def _plain(word: str) -> str:
    return word.removesuffix("'s").removesuffix("’s")


def _part(page: Page, m: Mention) -> Words:
    """Return the words of a full name that may stand for it later; none of a name of one word."""
    words, lists = _words(page, m), page.lexicon.lists
    if m.cue == "part" or " " not in m.name:
        return ()
    if m.kind == "PERSON":
        part = _words(page, m._replace(start=m.start + _behind_space(page, m)))
        common = lists["given"] | lists["given_words"]
    elif m.kind == "ORG" and page.is_latin(page.token_at(m.start)):
        part = words[:1]
        common = lists["given"] | lists["ordinary"] | lists["starters"] | lists["organisation_tails"]
        common |= lists["organisation"]
    else:
        return ()
    fit = len(part[-1]) >= PART_MIN and part[0] not in common and part[0] not in page.lexicon.stops
    return part if fit else ()


def _behind_space(page: Page, m: Mention) -> int:
    return len(page.shadow.folded[m.start : m.end].rstrip().rpartition(" ")[0]) + 1
