"""Numbers as people write them: digits or words, with scales, and the sums of these.

`14.8 مليار`, `11 ألفا و532`, `مليار ونصف`, `two and a half million`. Digits that cannot be read for certain,
and those that are no amount, are void: kept only so that no part of them is taken for one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from seeds.values.base import Label, Role, Window
from seeds.values.digits import Part, digits
from seeds.values.words import ONE, words

ZERO = Decimal(0)
VALUE_MAX = Decimal(10) ** 18
SCALES_MAX = 2  # ألف مليار
_ORDINALS = frozenset({"st", "nd", "rd", "th", "s"})
_SURE_SUFFIXES = frozenset({"bn", "tn", "trn", "mn"})


class Number(NamedTuple):
    """A number at the tokens [first, last), read from the folded offset `start`.

    `scale` is the scale it ends with, or 1. `digits` tells a single run of digits without a scale, such as
    a year; `worded` a number in words. `suffix` is a letter written onto the digits (5m) that needs a
    currency or a thing counted beside it. `unsure` is what `1,300` may be besides 1300. `more` tells of a
    plus sign between digits and scale: "300+ million".
    """

    first: int
    last: int
    start: int
    value: Decimal
    scale: Decimal = ONE
    digits: bool = False
    suffix: str = ""
    worded: bool = False
    unsure: Decimal | None = None
    void: bool = False
    more: bool = False


def numbers(w: Window, decimal_commas: bool) -> list[Number]:
    """Return all numbers of a window, in order, without overlap.

    `decimal_commas` tells that the document writes 14,8 and never 14.8.
    """
    reader = _Reader(w, decimal_commas and w.language == "ar")
    found: list[Number] = []
    i = 0
    while i < len(w):
        number = None if w.starts_nothing(i) and w.text(i) != "(" else reader.number(i)
        if number is not None:
            found.append(number)
        i = number.last if number is not None else i + 1
    return found


class _Reader:
    def __init__(self, w: Window, decimal_commas: bool) -> None:
        self.w = w
        self.arabic = w.language == "ar"
        self.decimal_commas = decimal_commas

    def number(self, i: int) -> Number | None:
        """Read the longest number that starts at token `i`: "مليار و300 مليون" is one."""
        first = self._term(i)
        if first is None or first.void or first.suffix or self.w.before(i, Role.OPEN):
            return first
        total, last, scale = first.value, first.last, first.scale
        while scale > ONE:
            term = self._next_term(last)
            if term is None or term.void or term.suffix or not _adds(scale, term):
                break
            total, last, scale = total + term.value, term.last, term.scale
        scale = scale if scale > ONE else first.scale
        return first._replace(last=last, value=total, scale=scale, void=total > VALUE_MAX)

    def _next_term(self, i: int) -> Number | None:
        """Read the term after a conjunction in Arabic ("و532"), directly in English ("three hundred")."""
        w = self.w
        if w.text(i) == "و" and w.joined(i + 1):
            return self._term(i + 1)
        label = w.at(i, Role.CARDINAL) or w.at(i, Role.DUAL) or w.at(i, Role.SCALE)
        if label is not None and (label.form.conjunction == "و") == self.arabic:
            return self._term(i)
        return None

    def _term(self, i: int) -> Number | None:
        """Read a number with its scales, without sums."""
        w = self.w
        part = self._part(i)
        if part is None:
            return self._scale_alone(i)
        label = w.at(i, Role.FRACTION) or w.at(i, Role.CARDINAL) or w.at(i, Role.TEEN)
        start = w.start_of(label) if label is not None else w.tokens[i].start
        if part.value is None:
            scale = self._scale(part.last)  # else "مليون" behind digits that say nothing were one million
            return Number(i, scale.last if scale is not None else part.last, start, ZERO, void=True)
        number = Number(
            i, part.last, start, part.value, digits=part.digits, worded=not part.digits, unsure=part.unsure
        )
        if part.digits and w.joined(part.last):
            if w.text(part.last) in _ORDINALS:
                return number._replace(last=part.last + 1, void=True)
            suffix = w.at(part.last, Role.SUFFIX)
            if suffix is not None:
                value, letters = part.value * suffix.number, w.text(part.last)
                letters = "" if letters in _SURE_SUFFIXES else letters
                return number._replace(
                    last=suffix.last, value=value, scale=suffix.number, digits=False, suffix=letters
                )
        return self._scaled(number)

    def _scaled(self, number: Number) -> Number:
        """Multiply by the scales behind a number, and add the half of one behind them."""
        w, value, last, scale, unsure = self.w, number.value, number.last, number.scale, number.unsure
        for _ in range(SCALES_MAX):
            plus = w.hyphen(last)
            more = number.digits and scale == ONE and w.text(plus) in ("+", "plus")
            label = self._scale(plus + 1 if more else plus)
            if label is None or label.form.conjunction:
                break
            if unsure is not None:  # "1,300 مليار" where commas are decimal
                value, unsure = unsure, None
            value, last = value * label.number, label.last
            scale *= label.number
            number = number._replace(more=number.more or more)
        half = self._half(last) if scale > ONE else None
        if half is not None:
            value, last = value + half.number * scale, half.last
            again = w.at(last, Role.SCALE)
            last = again.last if again is not None and again.number == scale else last  # "ونصف المليار"
        return number._replace(
            value=value,
            last=last,
            scale=scale,
            digits=number.digits and scale == ONE,
            unsure=unsure,
            void=value > VALUE_MAX,
        )

    def _scale(self, i: int) -> Label | None:
        w = self.w
        written_apart = w.at(i, Role.SUFFIX) if w.text(i) in _SURE_SUFFIXES else None  # "14.8 bn"
        return w.at(i, Role.SCALE) or w.at(i, Role.PLURAL_SCALE) or written_apart

    def _scale_alone(self, i: int) -> Number | None:
        """Read a scale that brings its own one or two: "مليون", "ملياري", "a billion"."""
        w = self.w
        dual, scale, article = w.at(i, Role.DUAL), w.at(i, Role.SCALE), w.at(i, Role.ARTICLE)
        if w.before(i, Role.VAGUE, 2):
            return None
        if dual is not None:
            return self._scaled(
                Number(i, dual.last, w.start_of(dual), 2 * dual.number, dual.number, worded=True)
            )
        if scale is not None:
            counts = self._counts_something(scale.last)
            if scale.number == 1000 and not counts:
                return None  # ألف is also "wrote", ألفا a name
            times = 2 if counts and scale.form.suffix == "ا" else 1  # "مليارا دولار", but "خسر مليارا"
            return self._scaled(
                Number(i, scale.last, w.start_of(scale), times * scale.number, scale.number, worded=True)
            )
        if article is not None and w.at(article.last, Role.PLURAL_SCALE):
            return self._scaled(Number(i, article.last, w.tokens[i].start, ONE, worded=True))
        return None

    def _counts_something(self, i: int) -> bool:
        roles = (Role.CURRENCY, Role.COUNT, Role.SCALE, Role.POWER, Role.CODE)
        return any(self.w.at(i, role) for role in roles)

    def _part(self, i: int) -> Part | None:
        """Read digits or words with the half behind them: "two and a half", "خمسة ونصف", "2½"."""
        w = self.w
        if i < len(w) and w.text(i)[0].isdecimal():
            part: Part | None = digits(w, i, self.decimal_commas)
        elif w.text(i) == "(":
            return self._in_brackets(i)
        else:
            part = self._fraction(i) or words(w, i)
        if part is None or part.value is None:
            return part
        tight = w.at(part.last, Role.FRACTION) if part.digits and w.joined(part.last) else None
        half = tight or self._half(part.last)
        if half is None or (tight is None and not (self._scale(half.last) or w.at(half.last, Role.PERCENT))):
            return part
        return Part(half.last, part.value + half.number)

    def _in_brackets(self, i: int) -> Part | None:
        """Read "(2.5) مليون", which Arabic papers write."""
        w = self.w
        if not (w.text(i + 1)[:1].isdecimal() and w.text(i + 2) == ")"):
            return None
        roles = (Role.SCALE, Role.PLURAL_SCALE, Role.PERCENT, Role.CURRENCY, Role.COUNT, Role.POWER)
        if not any(w.at(i + 3, role) for role in roles):
            return None
        return digits(w, i + 1, self.decimal_commas)._replace(last=i + 3)

    def _fraction(self, i: int) -> Part | None:
        """Read "نصف مليار", "half a billion"; a fraction of nothing is no number."""
        w = self.w
        label = w.at(i + 1 if w.at(i, Role.ARTICLE) else i, Role.FRACTION)
        if label is None:
            return None
        last = label.last
        if not self.arabic:
            last += w.text(last) == "of"
            article = w.at(last, Role.ARTICLE)
            last = article.last if article is not None else last
        follows = self._scale(last) or w.at(last, Role.PERCENT)
        return Part(last, label.number) if follows is not None and not follows.form.conjunction else None

    def _half(self, i: int) -> Label | None:
        """Find "ونصف", "and a half" behind a number."""
        w = self.w
        label = w.at(i, Role.FRACTION)
        if label is not None and label.form.conjunction == "و":
            return label
        if not self.arabic and w.text(i) == "and" and w.at(i + 1, Role.ARTICLE):
            return w.at(i + 2, Role.FRACTION)
        return None


def _adds(scale: Decimal, term: Number) -> bool:
    """Tell whether a term goes on with a sum: of a smaller scale, or hundreds behind a thousand."""
    if term.scale > ONE:
        return term.scale < scale and term.value < scale
    return scale == 1000 and ONE <= term.value < scale
