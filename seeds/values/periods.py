"""Stretches of time: years, quarters, halves, months without a name, weeks, and their ends.

Each function reads a date that starts at a token and returns it, or None.
"""

from __future__ import annotations

from typing import NamedTuple

from seeds.facts import Precision
from seeds.values.base import Label, Role, Window
from seeds.values.calendar import Partial

YEARS, HIJRI_YEARS = range(1900, 2101), range(1300, 1501)
_HALF_MONTHS = 6
_SAME = frozenset({"نفسه", "ذاته", "before", "earlier"})
LETTERS = frozenset({"q", "h"})  # Q4, H1


class Found(NamedTuple):
    """A date at the tokens [first, last), read from the folded offset `start`."""

    first: int
    last: int
    start: int
    date: Partial


class Year(NamedTuple):
    """A year up to the token `last`: by its number, or by its distance from the year of publication."""

    last: int
    number: int | None = None
    move: str | None = None
    hijri: bool = False
    fiscal: bool = False
    until: int | None = None

    def of(self, date: Partial) -> Partial:
        """Tell the year of a date. A fiscal year's quarters are not the calendar's."""
        return date._replace(year=self.number, year_move=self.move, hijri=self.hijri, unclear=self.fiscal)


def year(w: Window, i: int) -> Year | None:
    """Read "2025", "عام 2025", "العام الماضي", "this year", "1446 هـ", "fiscal 2025", "2024-2025"."""
    modifier = w.at(i, Role.MODIFIER)
    if modifier is not None:  # هذا العام, last year
        noun = _period(w, modifier.last, "year")
        return Year(noun.last, move=modifier.word) if noun is not None else None
    noun = _period(w, i, "year")
    at = noun.last if noun is not None else i
    fiscal = w.at(at, Role.FISCAL) if noun is not None or w.language != "ar" else None  # الأوراق المالية
    if fiscal is not None:
        at = fiscal.last
        again = _period(w, at, "year")
        at = again.last if again is not None else at
    modifier = w.at(at, Role.MODIFIER)
    if noun is not None and modifier is not None and w.language == "ar" and not modifier.form.conjunction:
        return Year(modifier.last, move=modifier.word, fiscal=fiscal is not None)
    number = _year_number(w, at, named=noun is not None or fiscal is not None)
    return number._replace(fiscal=fiscal is not None or number.fiscal) if number is not None else None


def _year_number(w: Window, i: int, named: bool) -> Year | None:
    text = w.text(i)
    if named and text.isdecimal() and len(text) == 2 and w.joined(i):
        return Year(i + 1, 2000 + int(text))  # FY25
    if not (text.isdecimal() and len(text) == 4):
        return None
    number, last = int(text), i + 1
    if w.at(last, Role.HIJRI_MARK) and number in HIJRI_YEARS:
        return Year(last + 1, number, hijri=True)
    if number in HIJRI_YEARS and named and w.language == "ar" and number > 1400:
        return Year(last, number, hijri=True)  # "عام 1446"
    if number not in YEARS or _counts(w, last):
        return None
    if w.at(last, Role.GREGORIAN_MARK):
        return Year(last + 1, number)
    if w.text(last) in ("-", "–", "/") and w.joined(last) and w.joined(last + 1):
        until = w.text(last + 1)
        if (
            until.isdecimal()
            and len(until) in (2, 4)
            and not (w.text(last + 2) == w.text(last) and w.joined(last + 2))
        ):
            end = int(text[: 4 - len(until)] + until)
            if end == number + 1 and (w.text(last) == "/" or len(until) == 2):
                return Year(last + 2, number, fiscal=True)  # a season: "2024/25"
            return Year(last + 2, number, until=end) if number < end <= YEARS.stop else None
        return None
    if w.joined(last) and w.text(last).isalnum():
        return None
    fiscal = w.at(last, Role.FISCAL) if w.language != "ar" else None
    if fiscal is not None and (noun := _period(w, fiscal.last, "year")):
        return Year(noun.last, number, fiscal=True)  # "the 2024 fiscal year"
    return Year(last, number)


def _counts(w: Window, i: int) -> bool:
    """Tell whether digits go on as an amount."""
    roles = (Role.SCALE, Role.PLURAL_SCALE, Role.PERCENT, Role.CURRENCY, Role.POWER)
    return any(w.at(i, role) for role in roles)


def year_behind(w: Window, i: int) -> Year | None:
    """Read the year of the date before token `i`: "of 2025", "من العام الماضي", ", 2025"."""
    found = year(w, i)
    if found is not None:
        return found
    link = w.at(i, Role.LINK)
    if link is None:
        return None
    return year(w, link.last + (w.text(link.last) == "the")) or _this_year(w, link.last)


def _this_year(w: Window, i: int) -> Year | None:
    """Read "of the year", "من العام"; "من العام نفسه" is the year of something else."""
    noun = _period(w, i, "year")
    definite = noun is not None and (noun.form.prefix == "ال" if w.language == "ar" else w.text(i) == "the")
    if noun is None or not definite or w.text(noun.last) in _SAME:
        return None
    return Year(noun.last, move="this")


def _period(w: Window, i: int, name: str) -> Label | None:
    at = i + 1 if w.text(i) == "the" else i
    label = w.at(at, Role.PERIOD)
    return label if label is not None and label.payload == name else None


def years(w: Window, i: int) -> Found | None:
    """Read a year by itself."""
    found = year(w, i)
    if found is None:
        return None
    date = found.of(Partial(Precision.YEAR))._replace(last_year=found.until)
    return Found(i, found.last, _start(w, i), date)


def parts(w: Window, i: int) -> Found | None:
    """Read quarters and halves: "الربع الرابع من عام 2024", "Q4 2024", "first half", "fourth-quarter"."""
    found = _named_part(w, i) or _short_part(w, i)
    if found is None:
        return None
    last, precision, number = found
    if number > (4 if precision == Precision.QUARTER else 2):
        return None
    date = Partial(precision, part=number)
    told = year_behind(w, last) or _short_year(w, last)
    modifier = w.at(last, Role.MODIFIER)
    if told is not None:
        date, last = told.of(date), told.last
    elif modifier is not None and w.language == "ar":
        date, last = date._replace(move=modifier.word), modifier.last
    return Found(i, last, _start(w, i), date)


def _short_year(w: Window, i: int) -> Year | None:
    """Read the year of "1Q24"."""
    text = w.text(i)
    return Year(i + 1, 2000 + int(text)) if text.isdecimal() and len(text) == 2 and w.joined(i) else None


def _named_part(w: Window, i: int) -> tuple[int, Precision, int] | None:
    if w.language == "ar":
        noun, ordinal = w.at(i, Role.PERIOD), w.at(i + 1, Role.ORDINAL) or w.at(i + 1, Role.LAST_PART)
        if noun is None or not noun.form.prefix.endswith(("ال", "لل")):
            return None
        last = i + 2
    else:
        ordinal = w.at(i, Role.ORDINAL) or w.at(i, Role.LAST_PART)
        noun = w.at(w.hyphen(ordinal.last), Role.PERIOD) if ordinal is not None else None
        last = noun.last if noun is not None else 0
    if noun is None or ordinal is None or noun.payload not in ("quarter", "half"):
        return None
    precision = Precision(noun.word)
    if ordinal.payload is True:  # the last one
        return last, precision, 4 if precision == Precision.QUARTER else 2
    return last, precision, int(ordinal.number)


def _short_part(w: Window, i: int) -> tuple[int, Precision, int] | None:
    """Read "Q4", "4Q", "H1", "1H"."""
    letter, digit = (
        (w.text(i), w.text(i + 1)) if not w.text(i)[:1].isdecimal() else (w.text(i + 1), w.text(i))
    )
    if letter not in LETTERS or digit not in ("1", "2", "3", "4") or not w.joined(i + 1):
        return None
    return i + 2, Precision.QUARTER if letter == "q" else Precision.HALF, int(digit)


def first_months(w: Window, i: int) -> Found | None:
    """Read "the first nine months of 2024", "الأشهر التسعة الأولى من العام الجاري"."""
    if w.language == "ar":
        plural, count, ordinal = w.at(i, Role.MONTHS), w.at(i + 1, Role.CARDINAL), w.at(i + 2, Role.ORDINAL)
    else:
        ordinal, count, plural = w.at(i, Role.ORDINAL), w.at(i + 1, Role.CARDINAL), w.at(i + 2, Role.MONTHS)
    digits = w.text(i + 1)
    number = int(count.number) if count is not None else int(digits) if digits in ("3", "6", "9") else 0
    if plural is None or ordinal is None or ordinal.number != 1 or not 1 <= number <= 11:
        return None
    date = Partial(Precision.HALF if number == _HALF_MONTHS else Precision.MONTH, months=number)
    told = year_behind(w, i + 3)
    return Found(i, told.last if told else i + 3, _start(w, i), told.of(date) if told else date)


def relative(w: Window, i: int) -> Found | None:
    """Read "last month", "الشهر المقبل", "هذا الأسبوع", "next quarter"."""
    modifier, noun = w.at(i, Role.MODIFIER), w.at(i, Role.PERIOD)
    if modifier is not None:
        noun = w.at(modifier.last, Role.PERIOD)
        last = noun.last if noun is not None else 0
        definite = w.language != "ar" or (noun is not None and noun.form.prefix == "ال")
        if not definite or (modifier.word != "this" and w.language == "ar"):
            return None
    else:
        modifier = w.at(i + 1, Role.MODIFIER) if noun is not None and w.language == "ar" else None
        last = i + 2
    if noun is None or modifier is None or noun.payload == "day":
        return None
    return Found(i, last, _start(w, i), Partial(Precision(noun.word), move=modifier.word))


def this_one(w: Window, i: int) -> Found | None:
    """Read "the year", "العام": a date only behind a word such as "end of"."""
    at = i + 1 if w.text(i) == "the" else i
    noun = w.at(at, Role.PERIOD)
    if noun is None or noun.payload in ("day", "half") or (w.language == "ar" and noun.form.prefix != "ال"):
        return None
    return Found(i, noun.last, _start(w, i), Partial(Precision(noun.word), move="this"))


def year_end(w: Window, i: int) -> Found | None:
    """Read "year end"."""
    label = w.at(i, Role.YEAR_END)
    return (
        Found(i, label.last, _start(w, i), Partial(Precision.YEAR, move="this"))
        if label is not None
        else None
    )


def _start(w: Window, i: int) -> int:
    """Return the offset of a date, behind the prepositions written onto its first word."""
    for role in (Role.PERIOD, Role.MODIFIER, Role.MONTHS, Role.ORDINAL):
        label = w.at(i, role)
        if label is not None:
            return w.start_of(label)
    return w.tokens[i].start
