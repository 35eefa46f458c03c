"""Words of a folded text, and what each may be once its clitics are taken off.

Arabic writes "and", "in", "to", "the" and the pronouns onto the word. Nothing is stripped here for good: a
word has several possible forms, and a form counts only where a rule or a lexicon knows it (stemmers that
decide by themselves turn the name وليد into و + ليد).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_ARABIC = "\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f"
TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*"
    rf"|[{_ARABIC}]+(?:-[{_ARABIC}]+)*"
    rf"|[^\W\d_{_ARABIC}]+(?:['’][^\W\d_{_ARABIC}]+)*"
    r"|[^\w\s]|_"
)

PREFIXES = ("", "ال", "ب", "بال", "ل", "لل", "ك", "كال", "س")
CONJUNCTIONS = ("", "و", "ف")
PRONOUNS = ("ها", "هما", "هم", "هن", "نا", "ه")
STEM_MIN = 2


class Token(NamedTuple):
    """A word, a number or a punctuation mark; `start` and `end` are offsets in the folded text."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Tell words and numbers from punctuation."""
        return self.text[0].isalnum()


class Form(NamedTuple):
    """One reading of a word: `prefix` + `stem` + `suffix` is the word, `conjunction` is و or ف before it."""

    stem: str
    conjunction: str
    prefix: str
    suffix: str


def tokenise(folded: str) -> list[Token]:
    """Cut a folded text into tokens; an Arabic clitic before a digit or a Latin name is its own token."""
    return [Token(m.group(), m.start(), m.end()) for m in TOKEN.finditer(folded)]


@lru_cache(maxsize=65536)
def forms(word: str) -> tuple[Form, ...]:
    """All readings of a word, the word itself first."""
    if word.isascii() or not "\u0620" <= word[0] <= "\u06ff":
        stem = word[:-2] if word.endswith(("'s", "’s")) else word
        return (
            (Form(stem, "", "", ""),) if stem == word else (Form(word, "", "", ""), Form(stem, "", "", "'s"))
        )
    found = [Form(word, "", "", "")]
    for conjunction in CONJUNCTIONS:
        if not word.startswith(conjunction):
            continue
        after = word[len(conjunction) :]
        for prefix in PREFIXES:
            if after.startswith(prefix) and len(after) - len(prefix) >= STEM_MIN:
                found.extend(_endings(after[len(prefix) :], conjunction, prefix))
    return tuple(dict.fromkeys(found))


def _endings(stem: str, conjunction: str, prefix: str) -> list[Form]:
    """Give the readings with and without an attached pronoun or the alif of an indefinite accusative."""
    found = [Form(stem, conjunction, prefix, "")]
    if stem.endswith("ا") and len(stem) > STEM_MIN + 1:
        found.append(Form(stem[:-1], conjunction, prefix, "ا"))
    for pronoun in PRONOUNS:
        if stem.endswith(pronoun) and len(stem) - len(pronoun) >= STEM_MIN:
            rest = stem[: -len(pronoun)]
            found.append(Form(rest, conjunction, prefix, pronoun))
            if rest.endswith("ت"):  # شركة + ها is written شركتها
                found.append(Form(rest[:-1] + "ه", conjunction, prefix, pronoun))
    return found
