"""Arabic names that are in no list, by the cues before them.

Arabic has no capitals, so a name is believed only behind a noun that announces it (شركة, بنك, a title), in
quotation marks or in Latin letters (`seeds.names_ar_marked`), and one word at a time: it goes on only with
what names go on with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from seeds.mention import Mention, Search
from seeds.names_ar_definite import Definite
from seeds.names_ar_marked import Marked
from seeds.names_ar_people import is_common, people
from seeds.naming import ORGANISATIONS, Cue, Page

LETTERS_MAX = 5
AND = ("اند",)
NAME_MAX = 4  # words of an organisation's name behind its cue
BETWEEN_MAX = 5  # words that tell what kind of company it is, before its name
DESCRIBED_MIN = 4
ENDINGS = ("ات", "ين", "ون", "ه", "ا", "اء")  # of Arabic nouns, more often than of foreign names
PRESS = ("صحيفه", "جريده", "مجله")


def propose(page: Page, known: list[Mention]) -> list[Mention]:
    """Names behind cues, in quotation marks, in Latin letters, and people by title or first name."""
    marked = Marked(page, known)
    search, definite = _Search(page, known), Definite(page, known).all()
    return [
        *search.cued(),
        *search.dotted(),
        *definite,
        *marked.quoted(),
        *marked.latin(),
        *people(page, known),
    ]


def _definite(cue: Cue) -> bool:
    return cue.owned or "ال" in cue.prefix or cue.prefix == "لل"


class _Search(Search):
    def __init__(self, page: Page, known: list[Mention]) -> None:
        super().__init__(page, known)
        self.pairs = Counter(pairwise(token.text for token in page.tokens))

    # -- behind a noun

    def cued(self) -> Iterator[Mention]:
        """Organisations behind شركة, بنك and the like."""
        for i, cue in self.page.cues.items():
            if (
                cue.group not in ORGANISATIONS
                or _definite(cue)
                or self.page.within(cue.first - 1, "superlatives")
            ):
                continue  # "الشركة X", "أكبر شركة كيماويات": what follows is no name
            if self.known.get(i) is not None and cue.group != "organisation_kept":
                continue
            if cue.group == "organisation_kept":
                yield from self._kept(cue)
            elif cue.group == "organisation_plural":
                continue  # "شركات التقنية": what follows is a kind of company
            else:
                yield from self._behind(cue, i)

    def _behind(self, cue: Cue, i: int) -> Iterator[Mention]:
        if self.page.folded(cue.first).startswith("ال") and self.page.folded(i).startswith("ل"):
            return  # "تخطط الشركتان لتنفيذ مشاريع" tells what the two do
        last = self._name(i)
        if last == i and self._single(cue, i):
            last = i + 1
        if last == i and self.known.get(i) is None:
            i = self._described(i)
            last = i + 1 if i else 0
        if last > i:
            yield self.mention(i, last, "ORG", self.page.exact(cue.first))
            if cue.group == "organisation_dual" and self.page.folded(last).startswith("و"):
                word = self.page.folded(last)[1:]
                if len(word) > 2 and last not in self.covered and not is_common(self.page, word):
                    yield self.mention(last, last + 1, "ORG", self.page.exact(cue.first), skip=1)

    def _name(self, i: int) -> int:
        """Return the token behind the name that starts at a token, or `i` if there is none."""
        letters = self._letters(i)
        if letters > i:
            return letters
        if not self._may_start(i):
            return i
        if self.page.folded(i) in self.lists["given"] and self._may_follow(i + 1):
            return self._of_person(i)
        definite = self.page.folded(i).startswith("ال")
        end = last = i + 1
        while last < i + NAME_MAX and self._may_follow(last):
            if self._closes(last, definite) or (not definite and self._follows_again(last)):
                end = last + 1
            elif not (self.page.folded(last).startswith("ال") and (definite or self._closes(last + 1, True))):
                break
            last += 1
        return i if definite and end == i + 1 else end

    def dotted(self) -> Iterator[Mention]:
        """Names of letters with points between: ام.تي.ان, جيه.بي.مورجان."""
        page, letters = self.page, self.lists["letters"]
        i = 0
        while i < len(page.tokens) - 2:
            word = page.folded(i)
            skip = next((n for n in (0, 1) if (n == 0 or word[0] in "ولبف") and word[n:] in letters), None)
            last = i + 1
            while (
                skip is not None
                and page.folded(last) == "."
                and page.touches(last)
                and page.touches(last + 1)
            ):
                last += 2
                if page.folded(last - 1) not in letters:
                    break
            if last == i + 1 and skip is not None:
                run = self._letters(i, joined=True)
                last = run if run >= i + 3 else last
            if last > i + 1 and i not in self.covered and last - 1 not in self.covered:
                yield self.mention(i, last, "ORG", "letters", skip=skip or 0)
            i = last

    def _letters(self, i: int, joined: bool = False) -> int:
        """Return the token behind the names of letters that a name begins with: بي تي جروب, or `i`.

        `joined`: the first one may carry a clitic, and "آند" may stand between.
        """
        last = i + joined
        while (
            last < i + LETTERS_MAX
            and (
                self.page.folded(last) in self.lists["letters"] or (joined and self.page.folded(last) in AND)
            )
            and last not in self.covered
        ):
            last += 1
        if last < i + 2:
            return i
        return last + 1 if self.page.folded(last) in self.lists["tails"] and self._may_follow(last) else last

    def _of_person(self, i: int) -> int:
        """Return the token behind a company's name that is a person's: "مجموعة محمد المعجل القابضة"."""
        last = i + 2
        while last < i + NAME_MAX and self._may_follow(last) and self._closes(last, definite=True):
            last += 1
        return i if is_common(self.page, self.page.folded(i + 1)) else last

    def _single(self, cue: Cue, i: int) -> bool:
        """Tell whether one definite word may be a name: a newspaper's, or one told behind its cue again."""
        word = self.page.folded(i)
        again = self.pairs[self.page.folded(cue.last - 1), word] > 1
        press = self.page.folded(cue.first) in PRESS
        return word.startswith("ال") and len(word) > 4 and (press or again) and self._may_start(i)

    def _may_follow(self, i: int) -> bool:
        page, known = self.page, self.known.get(i)
        free = i not in self.covered or (known is not None and known.kind == "PLACE")
        return free and page.close(i) and not page.is_stop(i) and not page.is_latin(i)

    def _closes(self, i: int, definite: bool) -> bool:
        """Tell whether a word is one that ends names (القابضة, للطاقة); adjectives of places do only some."""
        word = self.page.folded(i)
        return word in self.lists["tails"] and (definite or word not in self.lists["between"])

    def _follows_again(self, i: int) -> bool:
        """Tell whether a word mostly follows the one before it here, as in a name of two words."""
        page, word, before = self.page, self.page.folded(i), self.page.folded(i - 1)
        if word.startswith("ال") or is_common(page, word) or page.within(i, "person") or i in self.covered:
            return False
        return self.pairs[before, word] >= 2 and self.pairs[before, word] * 2 > page.count[before]

    def _described(self, i: int) -> int:
        """Return where a name stands behind a description ("شركة البرمجيات الأمنية X"), or 0.

        The description ends in a definite word; the name is no word of Arabic by its ending, or told again.
        """
        page = self.page
        for k in range(i, i + BETWEEN_MAX):
            if page.is_small(k) or k in self.covered or not page.close(k):
                return 0
            if not page.folded(k).startswith("ال") or k + 1 >= len(page.tokens) or not page.close(k + 1):
                continue
            name = page.folded(k + 1)
            if name.startswith("ال") or not self._may_start(k + 1) or len(name) < DESCRIBED_MIN:
                continue
            again = sum(page.count[head + name] for head in ("", "و", "ل", "ب")) > 1
            closed = page.is_stop(k + 2) or page.folded(k + 2).startswith("ال")
            if again or (page.folded(k).endswith("يه") and closed and not name.endswith(ENDINGS)):
                return k + 1
        return 0

    def _may_start(self, i: int) -> bool:
        page, word = self.page, self.page.folded(i)
        if page.is_stop(i) or i in self.covered or page.is_latin(i) or word[0].isdigit() or len(word) < 3:
            return False
        inner = self.lists["generic"] | self.lists["descriptions"] | page.lexicon.verbs
        if is_common(self.page, word) or page.has_prefix(i, inner):
            return False
        adjective = not word.startswith("ال") and (
            word.endswith(("يه", "يا")) or (word[0] == "م" and word.endswith("ه"))
        )
        return not adjective

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
        while last < i + NAME_MAX and self._may_follow(last):
            place, word = self.known.get(last), page.folded(last)
            adjective = word.startswith("ال") and word.endswith(("يه", "ي"))
            if not (place or adjective or word in self.lists["tails"] | self.lists["between"]):
                break
            last = page.behind(place.end) if place else last + 1
        head = page.folded(cue.first)
        skip = next((n for n in range(3) if head[n:] in self.lists["organisation_kept"]), 0)
        yield self.mention(cue.first, last, "ORG", page.exact(cue.first), skip=skip)
