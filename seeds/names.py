"""Names in a text: known ones by the entity list, others by their cues, and what stands for a name.

    known names (aliases) ─┐
    names behind cues ─────┼─► the longest at each place ─► short forms of names told in full ─► mentions
    "the company", "she" ──┘

Better no mention than a wrong one. Which entity a mention is, `seeds.resolve` says.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from seeds import names_ar, names_en
from seeds.aliases import SHORT, Hit, Naming, known_names
from seeds.entities import known_entities
from seeds.mention import KINDS, Kind, Mention, longest
from seeds.names_told import again, parts
from seeds.naming import QUOTE_PAIRS, Page
from seeds.shadow import Shadow

MENTIONS_MAX = 5000  # hostile text: the rest of the document has no names
CUES_OF = {
    "ORG": ("organisation", "organisation_kept", "organisation_dual", "organisation_plural"),
    "PERSON": ("person",),
    "PRODUCT": ("product",),
    "PLACE": ("place",),
}

__all__ = ["Kind", "Mention", "find_mentions"]


def find_mentions(shadow: Shadow, language: str) -> list[Mention]:
    """Return the mentions of a text in order, without overlap."""
    page = Page(shadow, language)
    hits = known_names(shadow, page.lexicon.lists["not_names"])
    barred = [_mention(page, hit, "ORG", (), "index") for hit in hits if _of_index(page, hit)]
    hits = [hit for hit in hits if not _of_index(page, hit) and not _opens_name(page, hit)]
    told = _told(page, hits)
    known = [m for hit in hits for m in _in_context(page, hit, told)]
    propose = names_ar.propose if language == "ar" else names_en.propose
    proposed = propose(page, longest([*known, *barred], first=barred))
    chosen = [m for m in longest([*known, *proposed, *barred], first=barred) if m not in barred]
    chosen = longest([*chosen, *again(page, chosen)], first=chosen)
    chosen = longest([*chosen, *parts(page, chosen)], first=chosen)
    referring = _referring(page)
    return longest([*chosen, *referring], first=chosen)[:MENTIONS_MAX]


# -- known names


def _of_index(page: Page, hit: Hit) -> bool:
    """Tell whether a name is that of an index or a street: "مؤشر نيكي", "the Nikkei 225"."""
    first, last = page.token_at(hit.start), page.behind(hit.end)
    return page.within(first - 1, "not_after") or page.within(last, "not_before")


def _opens_name(page: Page, hit: Hit) -> bool:
    """Tell whether an English place only opens a longer name: "Boston Scientific", but "Texas Governor X"."""
    if page.language != "en" or any(naming.kind != "PLACE" for naming in hit.namings):
        return False
    i = page.behind(hit.end)
    whole = page.tokens[i - 1].end == hit.end and page.close(i)
    if not whole or not page.is_latin(i) or not page.is_capital(i):
        return False
    lists, word = page.lexicon.lists, page.folded(i).removesuffix("'s").removesuffix("’s")
    plain = word in lists["ordinary"] or word in lists["starters"] or word in lists["person"]
    tail = word in lists["organisation_tails"] or word in lists["legal_forms"]
    return not plain and not tail and page.exact(i)[1:].islower() and word not in page.lexicon.verbs


class Told(NamedTuple):
    """Entities that a document names: beyond doubt (`bare`), or so that a short name will do (`fully`)."""

    bare: frozenset[str]
    fully: frozenset[str]
    openers: dict[str, frozenset[str]]  # organisations named in full by the first word of that name


def _told(page: Page, hits: list[Hit]) -> Told:
    """Find what names an entity in full: a plain alias, a ticker in brackets, a cue beside a short alias."""
    bare = {n.entity for h in hits for n in h.namings if n.context is False and not _doubtful(h, n)}
    cued = {n.entity for h in hits for n in h.namings if n.context and _cued(page, h, n)}
    symbols = {page.folded(i) for i in range(len(page.tokens)) if _is_symbol(page, i)}
    listed = {e for symbol in symbols for e in tickers().get(symbol, ())}
    openers: dict[str, frozenset[str]] = {}
    for h in hits:
        first, _, rest = page.shadow.folded[h.start : h.end].partition(" ")
        full = {n.entity for n in h.namings if rest and n.kind == "ORG" and n.context is False}
        openers[first] = openers.get(first, frozenset()) | full
    return Told(frozenset(bare), frozenset(bare | cued | listed), openers)


@cache
def tickers() -> dict[str, tuple[str, ...]]:
    """Entities by folded ticker, whenever they had it."""
    found: dict[str, tuple[str, ...]] = {}
    for entity in known_entities().values():
        for ticker in entity.identifiers.ticker:
            symbol = ticker.symbol.casefold()
            found[symbol] = (*found.get(symbol, ()), entity.id)
    return found


def _is_symbol(page: Page, i: int) -> bool:
    """Tell whether a token stands in brackets, alone or behind an exchange: "(NASDAQ: META)"."""
    return page.folded(i + 1) in (")", "]") and page.folded(i - 1) in ("(", "[", ":")


def _in_context(page: Page, hit: Hit, told: Told) -> list[Mention]:
    """Return the mention that a known name makes in this document, if any: at most one."""
    owners = told.openers.get(page.shadow.folded[hit.start : hit.end], frozenset())
    if len(owners) == 1 and all(n.context and n.entity not in told.bare for n in hit.namings):
        return [_mention(page, hit, "ORG", tuple(owners), "part")]  # زين where زين السودان is told
    allowed: dict[str, tuple[Kind, str]] = {}
    for naming in hit.namings:
        kind = KINDS[naming.kind]
        if naming.context is False:
            if not _doubtful(hit, naming) or naming.entity in told.bare:
                allowed[naming.entity] = (kind, "alias")
        elif (naming.context is True and naming.entity in told.fully) or _cued(page, hit, naming):
            allowed[naming.entity] = (kind, "short")
    if not allowed:
        return []
    kind, cue = next(iter(allowed.values()))
    ids = tuple(entity for entity, (k, _) in allowed.items() if k == kind)
    return [_mention(page, hit, kind, ids, cue)]


def _mention(page: Page, hit: Hit, kind: Kind, ids: tuple[str, ...], cue: str) -> Mention:
    return Mention(hit.start, hit.end, kind, ids, page.shadow.exact(hit.start, hit.end), cue)


def _cued(page: Page, hit: Hit, naming: Naming) -> bool:
    """Tell whether a cue beside a short name settles it; many people have one surname and title."""
    return naming.kind != "PERSON" and beside(page, hit, naming.kind)


def _doubtful(hit: Hit, naming: Naming) -> bool:
    """Three Arabic letters with a clitic may be another word: they count where the name stands alone, too."""
    short = len(naming.spelling) < SHORT and not naming.spelling.isascii()
    return short and bool(hit.head) and naming.kind != "PLACE"


def beside(page: Page, hit: Hit, kind: str) -> bool:
    """Tell whether a cue of its kind stands right beside a name."""
    first, last = page.token_at(hit.start), page.behind(hit.end)
    if hit.head and hit.head not in ("و",):
        return False
    quoted = page.folded(first - 1) in QUOTE_PAIRS and page.folded(last) in QUOTE_PAIRS.values()
    if quoted and kind in ("ORG", "PRODUCT"):
        return True
    before = page.cues.get(first - 1 if quoted else first)
    if before is not None and before.group in CUES_OF[kind] and not hit.head and not before.owned:
        return True
    return kind == "ORG" and page.language == "en" and page.within(last, "legal_forms")


# -- references to names


def _describes(page: Page, i: int) -> bool:
    """Tell whether "العملاقة" stands behind a definite word, which it describes."""
    before = page.folded(i - 1).startswith(("ال", "لل", "وال")) and page.close(i)
    return before and page.folded(i).endswith(("عملاق", "عملاقه"))


def _names_itself(page: Page, i: int) -> bool:
    """Tell whether a name in quotation marks stands behind the adjectives of "الشركة"."""
    first = i
    while i < first + 3 and page.folded(i).startswith("ال") and page.close(i):
        i += 1
    i += page.folded(i) in ("،", ",")
    return page.folded(i) in QUOTE_PAIRS


def _referring(page: Page) -> list[Mention]:
    """Return the phrases that stand for a name told before."""
    found = []
    for hit in page.lexicon.referring.find(page.tokens, 0, len(page.tokens)):
        kind, number, shortened = hit.payload
        if page.within(hit.last, "not_referring") and page.close(hit.last):
            continue
        if page.language == "ar" and (_names_itself(page, hit.last) or _describes(page, hit.first)):
            continue  # "الشركة الأمريكية «X»", "شركة النفط العملاقة"
        start = page.tokens[hit.first].start + len(hit.form.conjunction + hit.form.prefix) + shortened
        end = page.tokens[hit.last - 1].end
        found.append(Mention(start, end, "COREF", (), page.shadow.exact(start, end), f"{kind} {number}"))
    return found
