"""People in Arabic text that are in no list: by a title, by a first name, by what stands around two words."""

from __future__ import annotations

from collections.abc import Iterator

from seeds.mention import Mention, Search
from seeds.naming import ORGANISATIONS, Cue, Page

PERSON_MAX = 8
TITLE_REACH = 10  # tokens between a title and the name: "الرئيس التنفيذي لشركة X الجديد، Y"
GROUND = ("place", "organisation_kept")
BOARD = ("الاداره", "اداره", "المديرين")
COMMAS = ("،", ",")


def people(page: Page, known: list[Mention]) -> list[Mention]:
    """Return the people of a text in no order; they may overlap."""
    return list(_People(page, known).all())


def is_common(page: Page, word: str) -> bool:
    """Tell whether a word is an ordinary one that often stands behind a cue."""
    lists = page.lexicon.lists
    bare = word.removeprefix("ال")
    return any(w in lists[key] for w in (word, bare) for key in ("descriptions", "generic", "between"))


class _People(Search):
    def all(self) -> Iterator[Mention]:
        """People behind a title, before one, or by a first name that is no ordinary word."""
        page = self.page
        for i, cue in page.cues.items():
            word = page.exact(cue.last - 1)
            if cue.group == "person" and not cue.owned:
                start = self._past_title(i)
                last = self._person(start, titled=True)
                honour = page.within(cue.first, "person_announced")  # "الدكتور X Y"
                if (
                    last == start
                    and (start > i or honour)
                    and self._unknown(start)
                    and self._ends_name(start + 2)
                ):
                    last = start + 2  # "المحلل في شركة X Y Z إن": a title, its company, two words
                if last == start:
                    start, last = self._between_commas(i)
                if last > start and not self._names_place(start):
                    yield self.mention(start, last, "PERSON", word)
                yield from self._before_title(cue)
            elif cue.group == "person_announced" and self._unknown(i) and page.is_stop(i + 2):
                yield self.mention(i, i + 2, "PERSON", word)
        yield from self._appointed()
        for i in range(len(page.tokens)):
            skip = self._first_name(i)
            last = self._person(i, titled=False, skip=skip) if skip is not None else i
            if last > i and not self._names_place(i):
                yield self.mention(i, last, "PERSON", "first name", skip=skip or 0)

    def _appointed(self) -> Iterator[Mention]:
        """Two or three words between a word of appointing and the post: "تعيين X Y رئيسا"."""
        page = self.page
        for i in range(1, len(page.tokens)):
            if not page.within(i - 1, "person_after_verb") and not page.has_prefix(
                i - 1, self.lists["person_after_verb"]
            ):
                continue
            i = self._past_honours(i)
            for last in (i + 2, i + 3):
                behind = (page.folded(last), f"{page.folded(last)} {page.folded(last + 1)}")
                if any(page.says(words, self.lists["person_behind"]) for words in behind):
                    if self._unknown(i) and all(
                        self._surname(j) and page.close(j) for j in range(i + 2, last)
                    ):
                        yield self.mention(i, last, "PERSON", page.exact(last))
                    break

    def _past_honours(self, i: int) -> int:
        """Skip "السيد", "الدكتور" and the like before a name."""
        while (cue := self.page.cues.get(i + 1)) is not None and cue.first == i and cue.group == "person":
            i += 1
        return i

    def _ends_name(self, i: int) -> bool:
        """Tell whether a word can be no part of a name, or stands behind one: "X Y منصبه"."""
        return self.page.is_stop(i) or self.page.within(i, "person_behind")

    def _names_place(self, i: int) -> bool:
        """Tell whether a person's name is part of another: "مدينة الملك X", "جامعة الأمير X"."""
        board = self.page.folded(i - 1) in BOARD  # "عضو مجلس الإدارة X"
        cues = [self.page.cues.get(j) for j in ((i,) if board else (i, i - 1))]
        return any(c is not None and c.group in GROUND and "ال" not in c.prefix for c in cues)

    def _first_name(self, i: int) -> int | None:
        """Return the letters of a clitic before a first name at a token; None if it is no first name."""
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
            elif (
                page.folded(i).startswith("لل")
                or page.within(i, "person_between")
                or page.folded(i) in COMMAS
                or self._heads_organisation(i)
            ):
                i += 1
            else:
                break
        return i

    def _heads_organisation(self, i: int) -> bool:
        cue = self.page.cues.get(i + 1)
        return cue is not None and cue.first == i and cue.group in ORGANISATIONS

    def _between_commas(self, i: int) -> tuple[int, int]:
        """Return the two or three words between commas behind a title: "وزير المالية، X Y، …"."""
        page = self.page
        for j in range(i, min(i + TITLE_REACH, len(page.tokens))):
            if page.folded(j) in COMMAS:
                start = j + 1
                last = start + 2 if page.folded(start + 2) in COMMAS else start + 3
                odd = any(
                    page.folded(k).startswith("ل") or page.folded(k).endswith("ت") for k in range(start, last)
                )
                ends = page.folded(last) in COMMAS and self._unknown(start) and not odd
                return (start, last) if ends and not page.is_stop(last - 1) else (i, i)
            if not page.tokens[j].is_word or page.says(page.folded(j), page.lexicon.verbs):
                break
        return i, i

    def _before_title(self, cue: Cue) -> Iterator[Mention]:
        """Two words between a verb of saying, or "that", and a title: "قال X Y الرئيس التنفيذي"."""
        page = self.page
        comma = page.folded(cue.first - 1) in COMMAS
        i = cue.first - 2 - comma
        definite = page.folded(cue.first).startswith("ال")
        told = page.within(i - 1, "person_after_verb") or (comma and page.within(i - 1, "person_after_that"))
        if definite and i > 0 and told and self._unknown(i):
            yield self.mention(i, i + 2, "PERSON", page.exact(cue.last - 1))

    def _person(self, i: int, titled: bool, skip: int = 0) -> int:
        """Return the token behind a person's name that starts at a token, or `i`."""
        page = self.page
        word = page.folded(i)[skip:]
        given = self.lists["given"] | (self.lists["given_words"] if titled else frozenset())
        if i in self.covered or word not in given:
            return i
        last = i + 2 if word == "عبد" else i + 1
        joint = False
        while last < i + PERSON_MAX + 1 and page.close(last) and last not in self.covered:
            if page.folded(last) in self.lists["person_joint"]:
                last += 2 + (page.folded(last + 1) == "عبد")
                joint = True
                continue
            if page.is_stop(last) or not self._surname(last):
                break
            if joint and not (page.folded(last).startswith("ال") or page.folded(last) in self.lists["given"]):
                break  # "عبدالله بن دميثان بمنصب"
            last += 1
            before = page.folded(last - 1)
            more = before in self.lists["given"] | self.lists["given_words"] | {"عبد"}
            more = more or before in self.lists["person_second"]
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
            or (word[0] == "ي" and word.endswith(("ون", "ين")))
        ):
            return False
        if is_common(page, word) and word not in self.lists["given_words"]:
            return False
        if page.within(i, "person_behind"):
            return False
        cue = page.cues.get(i + 1)
        return cue is None or cue.first != i

    def _unknown(self, i: int) -> bool:
        """Tell whether two words of which none is known may be a name."""
        page = self.page
        if any(page.is_stop(j) or j in self.covered or not self._surname(j) for j in (i, i + 1)):
            return False
        return page.close(i + 1) and not page.folded(i).startswith(("ال", "لل", "بال"))
