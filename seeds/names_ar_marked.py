"""Arabic names that their marks show: what stands in quotation marks or in Latin letters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from seeds.mention import Kind, Mention, Search
from seeds.naming import ORGANISATIONS, QUOTE_PAIRS, Cue

QUOTED_MAX = 8  # tokens between quotation marks
WORDS_MAX = 5
INSIDE = (".", "-", "&")
LATIN_MAX = 6
LOOK_BACK = 5  # tokens before a quoted or Latin name in which its cue may stand
ON = "علي"  # "استحوذت X على Y": what is taken over is a company as well
TAKING = ("استحوذت", "تستحوذ", "ستستحوذ", "استحواذ", "الاستحواذ", "للاستحواذ", "بالاستحواذ")
TAKING_BACK = 9  # tokens
WITH = "مع"  # "وقعت اتفاقية مع «X»": so is whom one signs with
JOINTS = ("و", "،", ",")


class _Quoted(NamedTuple):
    """What stands in quotation marks at the tokens [first, last), and what it is, if that shows."""

    first: int
    last: int
    kind: Kind | None
    cue: str


class Marked(Search):
    """Looks for names between quotation marks and in Latin letters."""

    def quoted(self) -> Iterator[Mention]:
        """Return short names between quotation marks that a cue announces, a deed, or their list."""
        found = list(self._between_marks())
        for here, there in (*pairwise(range(len(found))), *pairwise(range(len(found) - 1, -1, -1))):
            one, other = found[here], found[there]
            if other.kind is None and one.kind in ("ORG", "PERSON") and self._listed(one, other):
                found[there] = other._replace(kind=one.kind, cue="list")
        for q in found:
            if q.kind is not None and self._free(q):
                yield self.mention(q.first, q.last, q.kind, q.cue)

    def _between_marks(self) -> Iterator[_Quoted]:
        page = self.page
        for i, token in enumerate(page.tokens):
            bracket = token.text == "(" and i in page.cues and page.cues[i].group in ORGANISATIONS
            close = ")" if bracket else QUOTE_PAIRS.get(token.text)  # "شركة (نجد جريد)"
            if close is None:
                continue
            mark = last = next((j for j in range(i + 2, i + 2 + QUOTED_MAX) if page.folded(j) == close), 0)
            if not last:
                continue
            kind, cue = self._announced(i)
            stops = page.is_small if kind is not None and i in page.cues else page.is_stop
            letters = self.lists["letters"]
            while page.folded(last - 1) in INSIDE:
                last -= 1  # the full stop within the marks
            words = [j for j in range(i + 1, last) if page.folded(j) not in INSIDE]
            if (
                not words
                or len(words) > WORDS_MAX
                or any(stops(j) and page.folded(j) not in letters for j in words)
            ):
                continue
            if kind is None and page.folded(last - 1) in self.lists["tails"] and last - i > 2:
                kind, cue = "ORG", "quotes"
            known = self.known.get(i + 1)
            if kind is None and known is not None and page.behind(known.end) == last:
                kind, cue = known.kind, "known"
            if kind is None and self._around_known(i + 1, last):
                kind, cue = "ORG", "quotes"
            if kind is None and self._acts(i, mark):
                kind, cue = "ORG", "verb"
            yield _Quoted(i + 1, last, kind, cue)

    def _free(self, q: _Quoted) -> bool:
        """Tell whether no known name says the same: a longer name around a known one is another name."""
        covered = [i for i in range(q.first, q.last) if i in self.covered]
        if not covered:
            return True
        added = {self.page.folded(i) for i in range(q.first, q.last)} - {self.page.folded(i) for i in covered}
        known = self.known.get(covered[0])
        one = known is not None and known.kind in ("ORG", "PLACE") and q.kind == "ORG"
        same = self.lists["organisation"] | self.lists["organisation_kept"] | self.lists["between"]
        places = {w for w in added if w.startswith("ال") and w.endswith("يه")}
        return one and bool(added - same - places)

    def _around_known(self, first: int, last: int) -> bool:
        """Tell whether a known company's name opens a longer one: «هيونداي أويل بنك»."""
        known = self.known.get(first)
        behind = self.page.behind(known.end) if known is not None else last
        words = [self.page.folded(i) for i in range(behind, last)]
        arabic = all(word.isalpha() and not word.isascii() for word in words)
        return known is not None and known.kind == "ORG" and bool(words) and arabic

    def _listed(self, one: _Quoted, other: _Quoted) -> bool:
        """Tell whether two quoted names are told in one list: «X» و«Y»."""
        first, last = sorted((one, other))[0].last + 1, sorted((one, other))[1].first - 1
        words = [self.page.folded(i) for i in range(first, last)]
        words = [w for w in words if not (w.startswith("ال") and w.endswith("يه"))]  # «X» السويدية و«Y»
        return 0 < len(words) <= 2 and all(w in JOINTS for w in words)

    def _announced(self, i: int) -> tuple[Kind | None, str]:
        """Return what kind of name the nearest cue before a quoted or Latin name announces, and its word."""
        page = self.page
        for j in range(i, max(i - LOOK_BACK, 0), -1):
            cue = page.cues.get(j)
            if cue is not None:
                word = page.exact(cue.last - 1)
                if cue.group in ORGANISATIONS and (j == i or cue.group != "organisation_kept"):
                    return "ORG", word
                if cue.group in ("product", "unit"):
                    return "PRODUCT", word
                if cue.group == "person":
                    return ("PERSON" if self._of_person(cue) else "ORG"), word
                if cue.group == "person_announced" and j == i:
                    return "PERSON", word
            if not page.folded(j - 1).isalnum() or page.is_latin(j - 1) or j - 1 in self.covered:
                break
            if page.says(page.folded(j - 1), page.lexicon.verbs | page.lexicon.stops):
                break
        return None, ""

    def _of_person(self, cue: Cue) -> bool:
        """Tell a title of a person from one of a company: "مدير عام «X»" is of X, "المدير العام «X»" is X."""
        title = self.page.folded(cue.first).lstrip("وفبكل")
        definite = title.startswith("ال") or "ال" in cue.prefix or cue.prefix == "لل"
        pronoun = self.page.folded(cue.last - 1).endswith(("ها", "هم"))  # "رئيس مجلس إدارتها «X»"
        return definite or cue.owned or pronoun

    def _acts(self, i: int, last: int) -> bool:
        """Tell whether what stands in quotation marks does what only companies do: «X» تستحوذ على «Y»."""
        page, does = self.page, self.lists["organisation_does"]
        before = page.folded(i - 1), f"{page.folded(i - 2)} {page.folded(i - 1)}"
        near = [page.folded(j).removeprefix("و") for j in range(max(i - TAKING_BACK, 0), i - 1)]
        taken = page.folded(i - 1) == ON and any(word in TAKING for word in near)
        signed = page.folded(i - 1) == WITH and any(word in self.lists["organisation_with"] for word in near)
        return taken or signed or any(page.says(words, does) for words in (*before, page.folded(last + 1)))

    def latin(self) -> Iterator[Mention]:
        """Return runs of words in Latin letters."""
        page = self.page
        i = 0
        while i < len(page.tokens):
            last = self._latin_run(i)
            if last > i:
                yield from self._latin_name(i, last)
            i = max(last, i + 1)

    def _latin_run(self, i: int) -> int:
        page = self.page
        if not page.is_latin(i) or page.folded(i - 1) in ("@", "/", "."):
            return i
        last = i + 1
        while last < i + LATIN_MAX and page.close(last):
            joined = page.folded(last) in ("&", "-", ".") and page.is_latin(last + 1) and page.close(last + 1)
            number = page.folded(last).isdigit() and page.starts[last] > page.tokens[last - 1].end
            if not (page.is_latin(last) or joined or number):
                break
            last += 1
        return last

    def _latin_name(self, first: int, last: int) -> Iterator[Mention]:
        page, words = self.page, self.lists["latin_words"]
        if all(page.folded(i) in words for i in range(first, last)) or not page.is_capital(first):
            return
        if page.folded(last) in ("@", "/") or "www" in page.folded(first):
            return
        quoted = page.folded(first - 1) in QUOTE_PAIRS
        kind, cue = self._announced(first - 1 if quoted else first)
        if kind is None and page.folded(last - 1).isdigit():
            kind, cue = "PRODUCT", "number"
        yield self.mention(first, last, kind or "ORG", cue or "latin")
