"""Numbers as people write them: digits with separators, words, scales, and the sums of these.

`14.8 مليار`, `11 ألفا و532`, `مليار ونصف`, `two and a half million`, `3ر28`. A number that cannot be read for
certain is void, and is kept only so that no part of it is taken for one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from seeds.values.base import Label, Role, Window

DIGITS_MAX = 15  # beyond that digits are an identifier; and Decimal would round a product
VALUE_MAX = Decimal(10) ** 18
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}")
_THOUSANDS_BY_POINT = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
_UNSURE = re.compile(r"[1-9]\d{0,2},\d{3}")
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "s"})
_WIDE_SPACES = frozenset("\u00a0\u2007\u2009\u202f")
HUNDRED, TEN, ONE, ZERO = Decimal(100), Decimal(10), Decimal(1), Decimal(0)


class Number(NamedTuple):
    """A number at the tokens [first, last), read from the folded offset `start`.

    `void` tells of digits that are no amount. `scale` is the scale word it ends with, or 1. `digits` is
    set for a single run of digits without a scale, such as a year. `suffix` is what was written onto the
    digits (5m) and needs a sign or a thing counted. `unsure` is what `1,300` may be besides 1300.
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


def numbers(w: Window, decimal_commas: bool) -> list[Number]:
    """All numbers of a window, in order, without overlap. `decimal_commas`: does the document write 14,8?"""
    reader = _Reader(w, decimal_commas)
    found: list[Number] = []
    i = 0
    while i < len(w):
        number = reader.number(i)
        if number is not None:
            found.append(number)
        i = number.last if number is not None else i + 1
    return found


class _Part(NamedTuple):
    """A number without scale, up to the token `last`."""

    last: int
    value: Decimal | None
    digits: bool = False
    worded: bool = False
    unsure: Decimal | None = None


class _Reader:
    def __init__(self, w: Window, decimal_commas: bool) -> None:
        self.w = w
        self.arabic = w.language == "ar"
        self.decimal_commas = decimal_commas and self.arabic

    def number(self, i: int) -> Number | None:
        """The longest number that starts at token `i`."""
        first = self._term(i)
        if first is None or first.void or first.suffix:
            return first
        total, last, scale = first.value, first.last, first.scale
        in_range = self.w.before(i, Role.OPEN) is not None
        while scale > ONE and not in_range:  # "مليار و300 مليون": each further term is of a smaller scale
            term = self._next_term(last)
            if term is None or term.void or not self._adds(scale, term):
                break
            total, last, scale = total + term.value, term.last, term.scale
        if total > VALUE_MAX:
            return first._replace(last=last, void=True)
        return first._replace(last=last, value=total, scale=scale if scale > ONE else first.scale)

    def _adds(self, scale: Decimal, term: Number) -> bool:
        if term.scale > ONE:
            return term.scale < scale and term.value < scale
        return scale == 1000 and ONE <= term.value < 1000

    def _next_term(self, i: int) -> Number | None:
        """The term after a conjunction in Arabic ("و532"), directly in English ("three hundred")."""
        w = self.w
        if w.text(i) == "و" and w.joined(i + 1):
            return self._term(i + 1)
        label = self._first_label(i)
        joined_by_and = label is not None and label.form.conjunction == "و"
        if label is not None and joined_by_and == self.arabic:
            return self._term(i)
        return None

    def _first_label(self, i: int) -> Label | None:
        roles = (Role.CARDINAL, Role.DUAL, Role.SCALE)
        return next((label for role in roles if (label := self.w.at(i, role))), None)

    def _term(self, i: int) -> Number | None:
        """A number with at most one scale (or two: ألف مليار), without sums."""
        w = self.w
        start = w.tokens[i].start if i < len(w) else 0
        part = self._part(i)
        if part is None:
            return self._scale_alone(i)
        if part.value is None:
            return Number(i, part.last, start, ZERO, void=True)
        label = w.at(i, Role.CARDINAL) or w.at(i, Role.FRACTION) or w.at(i, Role.TEEN)
        start = w.start_of(label) if label is not None else start
        if part.digits and w.joined(part.last):
            if w.text(part.last) in _ORDINALS:
                return Number(i, part.last + 1, start, ZERO, void=True)
            suffix = w.at(part.last, Role.SUFFIX)
            if suffix is not None:
                value, scale = part.value * suffix.number, suffix.number
                unsure = w.text(part.last) if len(w.text(part.last)) == 1 or w.text(part.last) == "mm" else ""
                return Number(i, suffix.last, start, value, scale, suffix=unsure)
        number = Number(i, part.last, start, part.value, ONE, part.digits, "", part.worded, part.unsure)
        return self._scaled(number)

    def _scaled(self, number: Number) -> Number:
        """Multiply by the scales behind a number, and add the half of one behind them."""
        w, value, last, scale = self.w, number.value, number.last, number.scale
        for _ in range(2):
            at = w.hyphen(last)
            label = w.at(at, Role.SCALE) or w.at(at, Role.PLURAL_SCALE)
            if label is None or label.form.conjunction or (number.worded and at > last and self.arabic):
                break
            if number.unsure is not None:  # "1,300 مليار" where commas are decimal
                value, number = number.unsure, number._replace(unsure=None)
            value, scale, last = (
                value * label.number,
                label.number if scale == ONE else scale * label.number,
                label.last,
            )
        if scale > ONE:
            half = self._fraction_behind(last)
            if half is not None:
                value, last = value + half.number * scale, half.last
                again = w.at(last, Role.SCALE)
                last = again.last if again is not None and again.number == scale else last
        if value > VALUE_MAX:
            return number._replace(last=last, void=True)
        return number._replace(value=value, last=last, scale=scale, digits=number.digits and scale == ONE)

    def _scale_alone(self, i: int) -> Number | None:
        """ "مليون", "ملياري", "a billion": a scale that brings its own one or two."""
        w = self.w
        dual, scale = w.at(i, Role.DUAL), w.at(i, Role.SCALE)
        if dual is not None:
            number = Number(i, dual.last, w.start_of(dual), Decimal(2), ONE)
            return self._scaled(number._replace(value=2 * dual.number, scale=dual.number))
        if scale is not None:
            two = scale.form.suffix == "ا" and self._counts_something(scale.last)
            if scale.number == 1000 and not self._counts_something(scale.last):
                return None  # ألف is also "wrote", ألفا a name
            one = Number(i, scale.last, w.start_of(scale), (2 if two else 1) * scale.number, scale.number)
            return self._scaled(one)
        article = w.at(i, Role.ARTICLE)
        if article is not None and w.at(article.last, Role.PLURAL_SCALE):
            return self._scaled(Number(i, article.last, w.tokens[i].start, ONE, worded=True))
        return None

    def _counts_something(self, i: int) -> bool:
        """Tell whether a unit follows: "مليارا دولار" is two billions, "خسر مليارا" one."""
        w = self.w
        return any(w.at(i, role) for role in (Role.CURRENCY, Role.COUNT, Role.SCALE, Role.POWER, Role.CODE))

    def _fraction_behind(self, i: int) -> Label | None:
        """ "ونصف", "and a half"."""
        w = self.w
        label = w.at(i, Role.FRACTION)
        if label is not None and label.form.conjunction == "و":
            return label
        if not self.arabic and w.text(i) == "and" and w.at(i + 1, Role.ARTICLE):
            return w.at(i + 2, Role.FRACTION)
        return None

    def _part(self, i: int) -> _Part | None:
        w = self.w
        if not w.text(i):
            return None
        if w.text(i)[0].isdigit():
            part: _Part | None = self._digits(i)
        else:
            part = self._fraction(i) or self._words(i)
        if part is None or part.value is None:
            return part
        half = self._fraction_behind(part.last)
        if half is None and part.digits and w.joined(part.last) and (half := w.at(part.last, Role.FRACTION)):
            return part._replace(last=half.last, value=part.value + half.number, digits=False)  # 2½
        if half is not None and not self._next_counts(half.last, half):
            return part
        return part._replace(last=half.last, value=part.value + half.number, digits=False) if half else part

    def _next_counts(self, i: int, half: Label) -> bool:
        """Tell whether the half belongs to the number: a scale or a percent sign must follow."""
        w = self.w
        return bool(w.at(i, Role.SCALE) or w.at(i, Role.PLURAL_SCALE) or w.at(i, Role.PERCENT))

    def _fraction(self, i: int) -> _Part | None:
        """ "نصف مليار", "half a billion", "three quarters of a billion"; alone it is no number."""
        w = self.w
        label = w.at(i, Role.FRACTION)
        if label is None and w.at(i, Role.ARTICLE):
            label = w.at(i + 1, Role.FRACTION)
        if label is None:
            return None
        last = label.last
        if not self.arabic:
            last += w.text(last) == "of"
            article = w.at(last, Role.ARTICLE)
            last = article.last if article else last
        follows = w.at(last, Role.SCALE) or w.at(last, Role.PLURAL_SCALE)
        if follows and not follows.form.conjunction:
            return _Part(last, label.number, worded=True)
        return _Part(last, label.number, worded=True) if w.at(last, Role.PERCENT) else None

    def _words(self, i: int) -> _Part | None:
        """Words below a thousand: "خمسة وعشرون", "one hundred and twenty-five", "اثنا عشر"."""
        w = self.w
        label = w.at(i, Role.CARDINAL) or w.at(i, Role.TEEN) or self._a_hundred(i)
        if label is None or label.form.prefix.endswith(("ال", "لل")) or (label.form.conjunction == "ف"):
            return None
        total = piece = label.number
        last = label.last
        if w.at(i, Role.TEEN) is label and not self._is(last, TEN):
            return None
        while True:
            label, linked = self._linked(last)
            if label is None:
                break
            v = label.number
            if not linked and (v == HUNDRED and ONE <= piece < TEN and total == piece):
                total = piece = piece * v
            elif self.arabic and not linked and v == TEN and piece < TEN:
                total, piece = total + v, v + piece
            elif self.arabic and linked and v % TEN == 0 and TEN < v < HUNDRED and piece < TEN:
                total, piece = total + v, v
            elif (linked or not self.arabic) and v < piece and self._lower(piece, v):
                total, piece = total + v, v
            else:
                break
            last = label.last
        return _Part(last, total, worded=True)

    def _a_hundred(self, i: int) -> Label | None:
        hundred = self.w.at(i + 1, Role.PLURAL_SCALE) if self.w.at(i, Role.ARTICLE) else None
        return hundred if hundred is not None and hundred.number == HUNDRED else None

    def _lower(self, piece: Decimal, v: Decimal) -> bool:
        return (
            v < HUNDRED
            if piece >= HUNDRED
            else (not self.arabic and piece % TEN == 0 and piece > TEN and v < TEN)
        )

    def _is(self, i: int, value: Decimal) -> bool:
        label = self.w.at(i, Role.CARDINAL)
        return label is not None and label.number == value and not label.form.conjunction

    def _linked(self, i: int) -> tuple[Label | None, bool]:
        """The next number word, and whether a conjunction joins it to the last."""
        w = self.w
        hundred = w.at(i, Role.PLURAL_SCALE)
        if hundred is not None and hundred.number == HUNDRED:
            return hundred, False
        if not self.arabic:
            linked = w.text(i) == "and"
            at = i + 1 if linked else w.hyphen(i)
            return w.at(at, Role.CARDINAL), linked
        label = w.at(i, Role.CARDINAL)
        if label is None or label.form.prefix:
            return None, False
        return label, label.form.conjunction == "و"

    def _digits(self, i: int) -> _Part:
        """A run of digits with its separators; without a value where it is no amount."""
        w = self.w
        text, last = w.text(i), i + 1
        if not self._may_start(i):
            return _Part(last, None)
        if (
            self.arabic
            and w.text(last) == "ر"
            and w.joined(last)
            and w.joined(last + 1)
            and w.text(last + 1).isdigit()
        ):
            return _Part(last + 2, _decimal(f"{w.text(last + 1)}.{text}"))  # 3ر28 is 28.3
        if w.text(last) == "،" and w.joined(last) and w.joined(last + 1) and w.text(last + 1).isdigit():
            more = (
                w.text(last + 2) == "،"
                and w.joined(last + 2)
                and w.joined(last + 3)
                and w.text(last + 3).isdigit()
            )
            if not more and text.isdigit():
                return self._separated(f"{text},{w.text(last + 1)}", last + 2)
        if (
            w.text(last) in (":", "/")
            and w.joined(last)
            and w.joined(last + 1)
            and w.text(last + 1)[:1].isdigit()
        ):
            return _Part(last + 2, None)  # 10:30, 24/7
        while self._grouped_by_space(i, last):
            text, last = text + w.text(last), last + 1
        return self._separated(text, last)

    def _separated(self, text: str, last: int) -> _Part:
        """Read "1,300", "14,8", "1.300.000"."""
        plain = text.isdigit()
        if sum(c.isdigit() for c in text) > DIGITS_MAX:
            return _Part(last, None)
        if plain:
            return _Part(last, _decimal(text), digits=True)
        if self.decimal_commas and _UNSURE.fullmatch(text):
            return _Part(last, _decimal(text.replace(",", "")), unsure=_decimal(text.replace(",", ".")))
        if _THOUSANDS.fullmatch(text) and not text.startswith("0"):
            return _Part(last, _decimal(text.replace(",", "")), digits=True)
        if _THOUSANDS_BY_POINT.fullmatch(text):
            return _Part(last, _decimal(text.replace(".", "").replace(",", ".")), digits=True)
        if _DECIMAL.fullmatch(text):
            return _Part(last, _decimal(text.replace(",", ".")), digits=True)
        return _Part(last, None)

    def _may_start(self, i: int) -> bool:
        """Tell digits of their own from those of a name: "H100", "covid-19", "№5" after a letter."""
        w = self.w
        if not w.joined(i):
            return True
        before = w.text(i - 1)
        if before == "-" and w.joined(i - 1):
            return not (w.text(i - 2).isalpha() and w.text(i - 2).isascii())
        if before[0].isalpha() and before.isascii():
            return w.before(i, Role.CODE, 2) is not None
        return before not in ("#", "_", "@", ".")

    def _grouped_by_space(self, i: int, last: int) -> bool:
        """Tell "14 800" with a space that does not break from two numbers."""
        w = self.w
        if not (
            w.text(last).isdigit() and len(w.text(last)) == 3 and w.text(i).isdigit() and len(w.text(i)) <= 3
        ):
            return False
        gap = w.shadow.exact(w.tokens[last - 1].end, w.tokens[last].start)
        return len(gap) == 1 and gap in _WIDE_SPACES


def _decimal(text: str) -> Decimal:
    return Decimal(text)
