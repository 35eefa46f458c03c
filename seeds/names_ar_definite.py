"""Arabic organisations whose names begin with the article: "الشركة السعودية للكهرباء", "البنك المركزي".

The noun alone ("الشركة") refers to a name told before; with an adjective and what it is for, it is a name.
"""

from __future__ import annotations

from collections.abc import Iterator

from seeds.mention import Mention, Search

PARTS_MAX = 5  # words behind the noun
CLITICS = ("", "و", "ف", "ب", "ك", "وب")


class Definite(Search):
    """Looks for names that begin with a definite noun, and for known names that go on ("أدنوك للتوزيع")."""

    def all(self) -> Iterator[Mention]:
        """Names in no order; they may overlap with known ones, of which they are the longer."""
        yield from self._named()
        yield from self._longer()

    def _named(self) -> Iterator[Mention]:
        page, heads = self.page, self.lists["definite_heads"]
        for i in range(len(page.tokens) - 1):
            word = page.folded(i)
            skip = next((len(c) for c in CLITICS if word.startswith(c) and word[len(c) :] in heads), None)
            if word.startswith(("لل", "ولل")) and "ال" + word.removeprefix("و")[2:] in heads:
                skip = len(word) - len(word.removeprefix("و")) + 2  # للشركة: the article is shortened
            if skip is None or i in self.covered:
                continue
            last, whole = self._adjectives(i + 1)
            if last > i + 1 and (whole or self._alone(word, page.folded(i + 1))):
                yield self.mention(i, last, "ORG", "definite", skip=skip)

    def _adjectives(self, i: int) -> tuple[int, bool]:
        """Return the token behind the adjectives and "للكهرباء", and whether the latter is there."""
        page, start, whole = self.page, i, False
        while i < start + PARTS_MAX and i < len(page.tokens) and page.close(i) and not self._known(i):
            word = page.folded(i)
            if word in self.lists["definite_adjectives"] or (whole and self._adjective(word)):
                i += 1
            elif i > start and not whole and self._any_purpose(i):
                i, whole = i + 1, True
            else:
                break
        return i, whole

    def _alone(self, head: str, adjective: str) -> bool:
        """Tell whether one adjective makes a name of the noun: "البنك المركزي", not "الشركة السعودية"."""
        return (
            head.endswith(("البنك", "للبنك", "المصرف", "للمصرف"))
            and adjective in self.lists["bank_adjectives"]
        )

    def _known(self, i: int) -> bool:
        known = self.known.get(i)
        return i in self.covered and (known is None or known.kind != "PLACE")

    def _purpose(self, word: str) -> bool:
        return word in self.lists["tails"] and word.startswith("لل")

    def _any_purpose(self, i: int) -> bool:
        return self.page.folded(i).startswith("لل") and len(self.page.folded(i)) > 4

    @staticmethod
    def _adjective(word: str) -> bool:
        return word.startswith("ال") and word.endswith(("ه", "ي")) and len(word) > 5

    def _longer(self) -> Iterator[Mention]:
        """Return known companies of one word with a purpose behind, which are others: "أدنوك للتوزيع"."""
        page = self.page
        for i, known in self.known.items():
            last = page.behind(known.end)
            if known.kind != "ORG" or " " in known.name or last >= len(page.tokens) or known.name.isascii():
                continue
            if page.close(last) and self._purpose(page.folded(last)) and last not in self.covered:
                while page.close(last + 1) and self._adjective(page.folded(last + 1)):
                    last += 1
                yield self.mention(i, last + 1, "ORG", "longer", skip=known.start - page.starts[i])
