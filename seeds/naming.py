"""What the search for names knows of a document: its tokens, their capitals, and the cues between them.

The cue words stand in `lexicon/<language>/names.yaml`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from seeds.lexicon import LexiconModel, load
from seeds.phrases import PhraseIndex
from seeds.rules import load_verbs, read_lexicon
from seeds.sentences import sentences
from seeds.shadow import Shadow, fold
from seeds.tokens import Token, forms, tokenise
from seeds.verbs import conjugate

QUOTE_PAIRS = {"«": "»", "“": "”", '"': '"', "„": "“", "”": "“"}
BULLETS = ("•", "-", "–", "—")
CUE_LISTS = (
    "organisation",
    "organisation_kept",
    "organisation_dual",
    "organisation_plural",
    "product",
    "unit",
    "place",
    "person",
    "person_announced",
)
ORGANISATIONS = ("organisation", "organisation_kept", "organisation_dual", "organisation_plural")
Words = tuple[str, ...]


class Referring(LexiconModel):
    """Phrases for one name told before, and for two."""

    one: Words = ()
    two: Words = ()


class NamesLexicon(LexiconModel):
    """The file `names.yaml` of a language; a list that a language does not need is empty."""

    organisation: Words
    organisation_kept: Words = ()
    organisation_dual: Words = ()
    organisation_plural: Words = ()
    organisation_tails: Words = ()
    organisation_before: Words = ()
    organisation_behind: Words = ()
    organisation_does: Words = ()
    organisation_with: Words = ()
    definite_heads: Words = ()
    definite_adjectives: Words = ()
    bank_adjectives: Words = ()
    not_referring: Words = ()
    auxiliaries: Words = ()
    person_does: Words = ()
    owned: Words = ()
    name_before: Words = ()
    legal_forms: Words = ()
    product: Words
    unit: Words
    place: Words
    letters: Words = ()
    superlatives: Words = ()
    place_tails: Words = ()
    person: Words
    person_announced: Words = ()
    person_after_verb: Words = ()
    person_after_that: Words = ()
    person_between: Words = ()
    person_behind: Words = ()
    person_second: Words = ()
    person_joint: Words
    said: Words = ()
    given: Words
    given_words: Words = ()
    tails: Words = ()
    descriptions: Words = ()
    generic: Words = ()
    between: Words = ()
    not_names: Words = ()
    not_after: Words = ()
    not_before: Words = ()
    latin_words: Words = ()
    ordinary: Words = ()
    starters: Words = ()
    coreference: dict[str, Referring]


class Cue(NamedTuple):
    """A cue at the tokens [first, last): the list that it stands in, and the clitics on it.

    `owned`: a pronoun is written onto it ("شركتها X"), so that only a name in quotation marks may follow.
    """

    first: int
    last: int
    group: str
    prefix: str
    owned: bool


@dataclass(frozen=True)
class Names:
    """The lexicon of a language, ready for use: everything is folded."""

    lists: dict[str, frozenset[str]]
    cues: PhraseIndex[str]
    referring: PhraseIndex[tuple[str, str, int]]  # kind, number, letters before the phrase
    stops: frozenset[str]
    verbs: frozenset[str]


@cache
def names_lexicon(language: str) -> Names:
    """Read the cue lists of a language, and the small words and verbs that end a name."""
    data = load(language, "names", NamesLexicon)
    lists = {key: frozenset(map(fold, value)) for key, value in data if key != "coreference"}
    cues = PhraseIndex((phrase, key) for key in CUE_LISTS for phrase in getattr(data, key))
    referring = PhraseIndex(
        (spelled, (kind, number, shortened))
        for kind, said in data.coreference.items()
        for number, phrases in said
        for phrase in phrases
        for spelled, shortened in _with_to(phrase)
    )
    grammar = read_lexicon(language, "grammar")
    small = ("prepositions", "relatives", "boundaries", "connectors", "stops")
    stops = frozenset(fold(word) for key in small for word in _flat(grammar[key]))
    verbs = load_verbs(language)
    known = frozenset(
        form for verb, entry in verbs.items() for form, _ in conjugate(language, verb, entry or {})
    )
    return Names(lists, cues, referring, stops, frozenset(map(fold, known)))


def _with_to(phrase: str) -> list[tuple[str, int]]:
    """Return a phrase, and its form behind "to", which shortens the article: الشركة, للشركة."""
    return [(phrase, 0), ("لل" + phrase[2:], 1)] if phrase.startswith("ال") else [(phrase, 0)]


def _flat(values: list[object]) -> list[str]:
    return [w for v in values for w in (_flat(v) if isinstance(v, list) else [str(v)])]


class Page:
    """A document as the search for names sees it."""

    def __init__(self, shadow: Shadow, language: str) -> None:
        self.shadow = shadow
        self.language = language
        self.lexicon = names_lexicon(language)
        self.tokens: list[Token] = tokenise(shadow.folded)
        self.starts = [token.start for token in self.tokens]
        self.count = Counter(token.text for token in self.tokens)

    @cached_property
    def cues(self) -> dict[int, Cue]:
        """The longest cue that ends before each token."""
        found: dict[int, Cue] = {}
        for hit in self.lexicon.cues.find(self.tokens, 0, len(self.tokens)):
            owned = len(hit.form.suffix) > 1
            cue = Cue(hit.first, hit.last, hit.payload, hit.form.prefix, owned)
            if hit.last not in found or found[hit.last].first > hit.first:
                found[hit.last] = cue
        return found

    @cached_property
    def opening(self) -> frozenset[int]:
        """Tokens whose capital may be a sentence's: its first, and those behind a mark that opens one."""
        found = {bisect_left(self.starts, s.start) for s in sentences(self.shadow)}
        for i, token in enumerate(self.tokens[:-1]):
            opens = token.text in QUOTE_PAIRS or token.text in BULLETS
            if token.text == ":" or (opens and (i in found or self.folded(i - 1) in (",", ":", ""))):
                found.add(i + 1)
        return frozenset(found)

    def folded(self, i: int) -> str:
        """Return the folded word at a token, "" outside the text."""
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def within(self, i: int, name: str) -> bool:
        """Tell whether a word stands in a list, with و or ف written onto it or not."""
        return self.says(self.folded(i), self.lexicon.lists[name])

    def says(self, word: str, words: frozenset[str]) -> bool:
        """Tell whether a word, or what is left of it without و or ف, is one of `words`."""
        return bool(word) and (
            word in words or (self.language == "ar" and word[0] in "وف" and word[1:] in words)
        )

    def is_stop(self, i: int) -> bool:
        """Tell whether a word can be no part of a name: small words, verbs, punctuation."""
        if not 0 <= i < len(self.tokens) or not self.tokens[i].is_word:
            return True
        return self.is_small(i) or self.says(self.tokens[i].text, self.lexicon.verbs)

    def is_small(self, i: int) -> bool:
        """Tell whether a token is a small word or punctuation; behind a cue, a verb may be a name («زاد»)."""
        return not self.folded(i)[:1].isalnum() or self.says(self.folded(i), self.lexicon.stops)

    def has_prefix(self, i: int, words: frozenset[str]) -> bool:
        """Tell whether a word is one of `words` under any clitics."""
        return any(form.stem in words for form in forms(self.folded(i)) if form.prefix or form.conjunction)

    def exact(self, i: int) -> str:
        """Return a token as written."""
        return self.shadow.exact(self.tokens[i].start, self.tokens[i].end)

    def is_latin(self, i: int) -> bool:
        """Tell whether a token begins with a Latin letter."""
        return "a" <= self.folded(i)[:1] <= "z"

    def is_capital(self, i: int) -> bool:
        """Tell whether a token is written with a capital."""
        return self.exact(i)[:1].isupper()

    def close(self, i: int) -> bool:
        """Tell whether only a space, or nothing, stands between a token and the one before it."""
        return 0 < i < len(self.tokens) and self.shadow.folded[self.tokens[i - 1].end : self.starts[i]] in (
            " ",
            "",
            "\n",
        )

    def touches(self, i: int) -> bool:
        """Tell whether nothing stands between a token and the one before it."""
        return 0 < i < len(self.tokens) and self.tokens[i - 1].end == self.starts[i]

    def token_at(self, offset: int) -> int:
        """Return the token that covers a folded offset."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def behind(self, offset: int) -> int:
        """Return the first token that starts at a folded offset or behind it."""
        return bisect_left(self.starts, offset)
