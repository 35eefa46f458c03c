"""What a value is, and the window of labelled words in which the grammars look for one.

The words of a lexicon are looked up once per window: every token carries the labels that start at it, and
the grammars only ask for labels. Nothing here backtracks over the text, so hostile text costs no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import IntEnum, StrEnum, auto
from typing import NamedTuple

from seeds.facts import Interval, Quantity
from seeds.shadow import Shadow, fold
from seeds.tokens import TOKEN, Form, Token, forms, tokenise

SURFACE_MAX = 300  # code points: what is longer is no amount that a person wrote


class Kind(StrEnum):
    """What a value counts or tells."""

    MONEY = "MONEY"
    POWER = "POWER"
    COUNT = "COUNT"
    PERCENT = "PERCENT"
    RATIO = "RATIO"
    AGE = "AGE"
    DATE = "DATE"
    NUMBER = "NUMBER"


class Value(NamedTuple):
    """A value in the folded text [start, end).

    The span is what the evidence shows: the amount with its unit, and a bound word or the opening word of a
    range where it stands directly before or behind ("more than $5bn", "ما بين 60 إلى 65 مليار دولار").
    `quantity.surface` is the amount alone, as written. A DATE has an `interval` instead: its span holds the
    nouns of the date (عام 2025) but not prepositions; `relation` is "by" where the date is the last day of
    something. `per` tells what an amount is for one of: "share", "barrel" …
    """

    kind: Kind
    start: int
    end: int
    quantity: Quantity | None = None
    interval: Interval | None = None
    relation: str | None = None
    per: str | None = None


class Role(IntEnum):
    """What a word of the lexicon may do in a value (an integer, since its hash is quick)."""

    CARDINAL = auto()
    TEEN = auto()
    FRACTION = auto()
    SCALE = auto()
    PLURAL_SCALE = auto()
    DUAL = auto()
    ARTICLE = auto()
    SUFFIX = auto()
    VAGUE = auto()
    BOUND = auto()
    BOUND_AFTER = auto()
    OPEN = auto()
    FROM = auto()
    TO = auto()
    AND = auto()
    CHANGE = auto()
    PERCENT = auto()
    SIGN = auto()
    CODE = auto()
    CURRENCY = auto()
    HUNDREDTH = auto()
    ADJECTIVE = auto()
    COUNTRY = auto()
    PER = auto()
    POWER = auto()
    HOUR = auto()
    COUNT = auto()
    DURATION = auto()
    TIMES = auto()
    MULTIPLE = auto()
    AGE_BEFORE = auto()
    AGE_AFTER = auto()
    AGE_YEARS = auto()
    NOT_THING = auto()
    MONTH = auto()
    UNSURE_MONTH = auto()
    BEFORE_MONTH = auto()
    ALSO_NAME = auto()
    MONTHS = auto()
    HIJRI_MONTH = auto()
    HIJRI_MARK = auto()
    GREGORIAN_MARK = auto()
    WEEKDAY = auto()
    ORDINAL = auto()
    LAST_PART = auto()
    PERIOD = auto()
    FISCAL = auto()
    MODIFIER = auto()
    EDGE = auto()
    DAY = auto()
    YEAR_END = auto()
    BY = auto()
    LINK = auto()
    FUTURE = auto()


# The alif of an accusative (مليارا، دولارا) and a pronoun (موظفيها) are read off these words only.
_ACCUSATIVE = frozenset({Role.SCALE, Role.CURRENCY, Role.COUNT, Role.POWER, Role.HUNDREDTH, Role.ADJECTIVE})
_WITH_PRONOUN = frozenset({Role.COUNT})
_BARE = frozenset({Role.SUFFIX, Role.SIGN, Role.CODE, Role.HIJRI_MARK, Role.GREGORIAN_MARK, Role.NOT_THING})
STEM_MIN = 3  # لست is "I am not", not ل + ست


class Label(NamedTuple):
    """A word or phrase of the lexicon at the tokens [first, last); `form` is how its first word is read."""

    payload: object
    first: int
    last: int
    form: Form

    @property
    def number(self) -> Decimal:
        """Return the payload of a role that stands for a number."""
        return Decimal(str(self.payload))

    @property
    def word(self) -> str:
        """Return the payload of a role that stands for a word."""
        return str(self.payload)


class _Entry(NamedTuple):
    role: Role
    payload: object
    rest: tuple[str, ...]
    form: Form


class Vocabulary:
    """All words of a language by their first word."""

    def __init__(self, entries: Iterable[tuple[Role, object, str]]) -> None:
        self._by_first: dict[str, list[tuple[Role, object, tuple[str, ...]]]] = defaultdict(list)
        for role, payload, phrase in entries:
            words = tuple(token.text for token in tokenise(fold(phrase)))
            self._by_first[words[0]].append((role, payload, words[1:]))
        self._seen: dict[str, tuple[_Entry, ...]] = {}

    def entries(self, word: str) -> tuple[_Entry, ...]:
        """Return what may start at a word, by all its readings."""
        found = self._seen.get(word)
        if found is None:
            found = tuple(
                _Entry(role, payload, rest, form)
                for form in forms(word)
                for role, payload, rest in self._by_first.get(form.stem, ())
                if _fits(role, form, rest)
            )
            if len(self._seen) < 65536:  # bounded: words are whatever people send
                self._seen[word] = found
        return found


def _fits(role: Role, form: Form, rest: tuple[str, ...]) -> bool:
    """Tell whether a word of this role may be written with these clitics."""
    if form.suffix == "ا" and role not in _ACCUSATIVE:
        return False
    if form.suffix not in ("", "ا", "'s") and (role not in _WITH_PRONOUN or rest):
        return False
    if form.prefix == "س" or (role in _BARE and form.conjunction + form.prefix):
        return False
    return not form.prefix or bool(rest) or len(form.stem) >= STEM_MIN


_NOTHING: Mapping[Role, Label] = {}


class Window:
    """The tokens of a stretch of the folded text, with the labels that start at each."""

    def __init__(self, shadow: Shadow, start: int, end: int, language: str, vocabulary: Vocabulary) -> None:
        self.shadow = shadow
        self.language = language
        self.tokens = [
            Token(m.group(), m.start(), m.end()) for m in TOKEN.finditer(shadow.folded, start, end)
        ]
        self.labels = [self._labels(i, vocabulary) for i in range(len(self.tokens))]
        self.taken = [False] * len(self.tokens)  # by a value that was found

    def __len__(self) -> int:
        return len(self.tokens)

    def _labels(self, i: int, vocabulary: Vocabulary) -> Mapping[Role, Label]:
        entries = vocabulary.entries(self.tokens[i].text)
        if not entries:
            return _NOTHING
        found: dict[Role, Label] = {}
        for role, payload, rest, form in entries:
            last = self._follow(i + 1, rest)
            if last and (role not in found or last > found[role].last):
                found[role] = Label(payload, i, last, form)
        return found

    def _follow(self, i: int, words: tuple[str, ...]) -> int:
        """Return the token behind the further words of a phrase, hyphens between them allowed, or 0."""
        for word in words:
            i = self.hyphen(i)
            if self.text(i) not in (word, "ال" + word):
                return 0
            i += 1
        return i

    def at(self, i: int, role: Role) -> Label | None:
        """Return the label of a role that starts at token `i`."""
        return self.labels[i].get(role) if 0 <= i < len(self.labels) else None

    def before(self, i: int, role: Role, back: int = 5) -> Label | None:
        """Return the longest label of a role that ends right before token `i`."""
        for k in range(max(i - back, 0), i):
            label = self.labels[k].get(role)
            if label is not None and label.last == i:
                return label
        return None

    def take(self, first: int, last: int) -> None:
        """Keep the tokens [first, last) from further values."""
        self.taken[first:last] = [True] * (last - first)

    def free(self, first: int, last: int) -> bool:
        """Tell whether no value has taken any of the tokens [first, last)."""
        return not any(self.taken[first:last])

    def starts_nothing(self, i: int) -> bool:
        """Tell a word that no lexicon knows from one that a value may start with: most words are such."""
        return not self.labels[i] and not self.tokens[i].text[0].isdecimal()

    def text(self, i: int) -> str:
        """Return the folded token, or nothing outside of the window."""
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def joined(self, i: int) -> bool:
        """Tell whether token `i` is written onto the one before it."""
        return 0 < i < len(self.tokens) and self.tokens[i].start == self.tokens[i - 1].end

    def hyphen(self, i: int) -> int:
        """Step over a hyphen that joins the words at `i`: "5-billion", "28-year-old"."""
        return i + 1 if self.text(i) == "-" and self.joined(i) and self.joined(i + 1) else i

    def start_of(self, label: Label) -> int:
        """Return the offset of a label, behind the conjunctions and prepositions written onto it."""
        form = label.form
        clitics = form.conjunction + form.prefix.removesuffix("ال")
        return self.tokens[label.first].start + len(clitics)

    def original(self, i: int) -> str:
        """Return a token as written."""
        return self.shadow.exact(self.tokens[i].start, self.tokens[i].end)

    def surface(self, start: int, end: int) -> str | None:
        """Return the text as written behind folded offsets, unless it is too long to be a value."""
        exact = self.shadow.exact(start, end)
        return exact if len(exact) <= SURFACE_MAX else None
