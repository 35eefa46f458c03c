"""Arabic names that are in no list, by the cues before them.

Arabic has no capitals, so a name is believed only behind a noun that announces it (شركة, بنك, a title), in
quotation marks or in Latin letters, and one word at a time: it goes on only with what names go on with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seeds.names import Kind, Mention
from seeds.naming import QUOTE_PAIRS, Cue, Page

NAME_MAX = 4  # words of an organisation's name behind its cue
QUOTED_MAX = 5
LATIN_MAX = 6
PERSON_MAX = 4
TITLE_REACH = 10  # tokens between a title and the name: "الرئيس التنفيذي لشركة X الجديد، Y"
BETWEEN_MAX = 5
LOOK_BACK = 5  # tokens before a quoted or Latin name in which its cue may stand
COMMAS = ("،", ",")
ORGANISATIONS = ("organisation", "organisation_kept", "organisation_dual", "organisation_plural")


def propose(page: Page, known: list[Mention]) -> list[Mention]:
    """Names behind cues, in quotation marks, in Latin letters, and people by title or first name."""
    search = _Search(page, known)
    return [m for found in (search.cued(), search.quoted(), search.latin(), search.people()) for m in found]


def _definite(cue: Cue) -> bool:
    return "ال" in cue.prefix or cue.prefix == "لل"


class _Search:
    def __init__(self, page: Page, known: list[Mention]) -> None:
        self.page = page
        self.known = {page.token_at(m.start): m for m in known}
        self.covered = {
            i
            for m in known
            for i in range(page.token_at(m.start), max(page.behind(m.end), page.token_at(m.start) + 1))
        }
        texts = [t.text for t in page.tokens]
        self.pairs = Counter(zip(texts, texts[1:], strict=False))
        self.lists = page.lexicon.lists

    def mention(self, first: int, last: int, kind: Kind, cue: str, skip: int = 0) -> Mention:
        """The tokens [first, last) as a name, without `skip` letters of a clitic."""
        start, end = self.page.tokens[first].start + skip, self.page.tokens[last - 1].end
        return Mention(start, end, kind, (), self.page.shadow.exact(start, end), cue)

    # -- behind a noun

    def cued(self) -> Iterator[Mention]:
        """Organisations behind شركة, بنك and the like."""
        for i, cue in self.page.cues.items():
            if cue.group not in ORGANISATIONS or _definite(cue):
                continue  # "الشركة X": what follows is no name
            if self.known.get(i) is not None and cue.group != "organisation_kept":
                continue
            if cue.group == "organisation_kept":
                yield from self._kept(cue)
            elif cue.group == "organisation_plural":
                continue  # "شركات التقنية": what follows is a kind of company
            else:
                yield from self._behind(cue, i)

    def _behind(self, cue: Cue, i: int) -> Iterator[Mention]:
        last = self._name(i)
        if last > i:
            yield self.mention(i, last, "ORG", self.page.exact(cue.first))
            if cue.group == "organisation_dual" and self.page.folded(last).startswith("و"):
                word = self.page.folded(last)[1:]
                if len(word) > 2 and last not in self.covered and not self._common(word):
                    yield self.mention(last, last + 1, "ORG", self.page.exact(cue.first), 1)

    def _name(self, i: int) -> int:
        """Return the token behind the name that starts at a token, or `i` if there is none."""
        if not self._may_start(i):
            return i
        definite = self.page.folded(i).startswith("ال")
        last = i + 1
        while last < i + NAME_MAX and self._goes_on(last, definite):
            last += 1
        return i if definite and last == i + 1 else last

    def _may_start(self, i: int) -> bool:
        page, word = self.page, self.page.folded(i)
        if page.is_stop(i) or i in self.covered or page.is_latin(i) or word[0].isdigit() or len(word) < 3:
            return False
        inner = self.lists["generic"] | self.lists["descriptions"] | page.lexicon.verbs
        if self._common(word) or page.has_prefix(i, inner):
            return False
        adjective = not word.startswith("ال") and (
            word.endswith(("يه", "يا")) or word[0] == "م" and word.endswith("ه")
        )
        return not adjective

    def _common(self, word: str) -> bool:
        bare = word.removeprefix("ال")
        return any(
            w in self.lists[key] for w in (word, bare) for key in ("descriptions", "generic", "between")
        )

    def _goes_on(self, i: int, definite: bool) -> bool:
        """Names go on with what only names do (القابضة, للطاقة), or with a word that follows again elsewhere."""
        page, word = self.page, self.page.folded(i)
        if page.is_stop(i) or i in self.covered or page.is_latin(i) or not page.close(i):
            return False
        if word in self.lists["tails"] and (definite or word not in self.lists["between"]):
            return True
        if word.startswith("ال") or self._common(word) or page.within(i, "person"):
            return False
        before = page.folded(i - 1)
        return self.pairs[before, word] >= 2 and self.pairs[before, word] * 2 > page.count[before]

    def _kept(self, cue: Cue) -> Iterator[Mention]:
        """Names that their noun is part of: بنك برقان, وزارة المالية السعودية."""
        page, i = self.page, cue.last
        if page.is_stop(i) or not page.close(i):
            return
        word = page.folded(i)
        known = self.known.get(i)
        if known is not None and known.kind != "PLACE":
            return  # "بنك HSBC": the name itself is known
        if known is None and (i in self.covered or word[0].isdigit() or word in self.lists["descriptions"]):
            return
        bare = word.removeprefix("ال")
        if {word, bare} & self.lists["generic"] or (word == bare and word.endswith("يه")):
            return
        if known is None and page.is_latin(i):
            return
        last = page.behind(known.end) if known is not None else i + 1
        while last < i + NAME_MAX and not page.is_stop(last) and page.close(last):
            if page.folded(last) not in self.lists["tails"] | self.lists["between"]:
                break
            last += 1
        head = page.folded(cue.first)
        skip = next((n for n in range(3) if head[n:] in self.lists["organisation_kept"]), 0)
        yield self.mention(cue.first, last, "ORG", page.exact(cue.first), skip)

    # -- in quotation marks, in Latin letters

    def quoted(self) -> Iterator[Mention]:
        """Short names between quotation marks; alone, only what a cue announces or a name's last word closes."""
        page = self.page
        for i, token in enumerate(page.tokens):
            close = QUOTE_PAIRS.get(token.text)
            if close is None:
                continue
            last = next((j for j in range(i + 2, i + 2 + QUOTED_MAX) if page.folded(j) == close), 0)
            if not last or any(page.is_stop(j) for j in range(i + 1, last)):
                continue
            kind, cue = self._announced(i)
            if kind is None and page.folded(last - 1) in self.lists["tails"] and last - i > 2:
                kind, cue = "ORG", "quotes"
            if kind is not None and i + 1 not in self.covered:
                yield self.mention(i + 1, last, kind, cue)

    def _announced(self, i: int) -> tuple[Kind | None, str]:
        """The nearest cue before a quoted or Latin name: what kind of name it announces, and its word."""
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
                    return "PERSON", word
            if not page.folded(j - 1).isalnum() or page.is_latin(j - 1) or j - 1 in self.covered:
                break
            if page.says(page.folded(j - 1), page.lexicon.verbs | page.lexicon.stops):
                break
        return None, ""

    def latin(self) -> Iterator[Mention]:
        """Runs of words in Latin letters."""
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

    # -- people

    def people(self) -> Iterator[Mention]:
        """People behind a title, before one, or by a first name that is no ordinary word."""
        page = self.page
        for i, cue in page.cues.items():
            word = page.exact(cue.last - 1)
            if cue.group == "person":
                start = self._past_title(i)
                last = self._person(start, titled=True)
                if last == start:
                    start, last = self._between_commas(i)
                if last > start:
                    yield self.mention(start, last, "PERSON", word)
                yield from self._before_title(cue)
            elif cue.group == "person_announced" and self._unknown(i) and page.is_stop(i + 2):
                yield self.mention(i, i + 2, "PERSON", word)
        for i in range(len(page.tokens)):
            skip = self._first_name(i)
            last = self._person(i, titled=False, skip=skip) if skip is not None else i
            if last > i:
                yield self.mention(i, last, "PERSON", "first name", skip or 0)

    def _first_name(self, i: int) -> int | None:
        """The letters of a clitic before a first name at a token; None if it is no first name."""
        word = self.page.folded(i)
        if i in self.covered:
            return None
        heads = (0, 1) if word[0] in "ولب" else (0,)
        return next((n for n in heads if len(word) > n + 2 and word[n:] in self.lists["given"]), None)

    def _past_title(self, i: int) -> int:
        """Skip what stands between a title and the name: the organisation, an adjective, a comma."""
        page = self.page
        end = min(i + TITLE_REACH, len(page.tokens))
        while i < end:
            known = self.known.get(i)
            if known is not None and known.kind in ("ORG", "PLACE"):
                i = page.behind(known.end)
            elif page.within(i, "person_between") or page.folded(i) in COMMAS or self._heads_organisation(i):
                i += 1
            else:
                break
        return i

    def _heads_organisation(self, i: int) -> bool:
        cue = self.page.cues.get(i + 1)
        return cue is not None and cue.first == i and cue.group in ORGANISATIONS

    def _between_commas(self, i: int) -> tuple[int, int]:
        """A name in apposition to a title: two or three words between commas, "وزير المالية، X Y، …"."""
        page = self.page
        for j in range(i, min(i + TITLE_REACH, len(page.tokens))):
            if page.folded(j) in COMMAS:
                start = j + 1
                last = start + 2 if page.folded(start + 2) in COMMAS else start + 3
                ends = page.folded(last) in COMMAS and self._unknown(start)
                return (start, last) if ends and not page.is_stop(last - 1) else (i, i)
            if not page.tokens[j].is_word or page.says(page.folded(j), page.lexicon.verbs):
                break
        return i, i

    def _before_title(self, cue: Cue) -> Iterator[Mention]:
        """Two words between a verb of saying and a title: "قال X Y الرئيس التنفيذي"."""
        page, i = self.page, cue.first - 2
        if page.folded(cue.first).startswith("ال") and i > 0 and page.within(i - 1, "person_after_verb"):
            if self._unknown(i):
                yield self.mention(i, i + 2, "PERSON", page.exact(cue.last - 1))

    def _person(self, i: int, titled: bool, skip: int = 0) -> int:
        """Return the token behind a person's name that starts at a token, or `i`."""
        page = self.page
        word = page.folded(i)[skip:]
        given = self.lists["given"] | (self.lists["given_words"] if titled else frozenset())
        if i in self.covered or word not in given:
            return i
        last = i + 2 if word == "عبد" else i + 1
        while last < i + PERSON_MAX + 1 and page.close(last) and last not in self.covered:
            if page.folded(last) in self.lists["person_joint"]:
                last += 2
                continue
            if page.is_stop(last) or not self._surname(last):
                break
            last += 1
            more = page.folded(last - 1) in self.lists["given"] | self.lists["given_words"] | {"عبد"}
            if not more and page.folded(last) not in self.lists["person_joint"]:
                break
        return last if i + 1 < last <= len(page.tokens) else i

    def _surname(self, i: int) -> bool:
        """Tell whether a word may be part of a person's name: no ordinary word, no cue."""
        page, word = self.page, self.page.folded(i)
        if (
            len(word) < 3
            or not word.isalpha()
            or page.is_latin(i)
            or word[0] in "يت"
            and word.endswith(("ون", "ين"))
        ):
            return False
        if self._common(word) and word not in self.lists["given_words"]:
            return False
        cue = page.cues.get(i + 1)
        return cue is None or cue.first != i

    def _unknown(self, i: int) -> bool:
        """Tell whether two words of which none is known may be a name."""
        page = self.page
        if any(page.is_stop(j) or j in self.covered or not self._surname(j) for j in (i, i + 1)):
            return False
        return page.close(i + 1) and not page.folded(i).startswith(("ال", "لل", "بال"))
