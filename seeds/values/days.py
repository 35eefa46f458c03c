"""Days and months by name and number, week-days, yesterday.

Each function reads a date that starts at a token and returns it, or None.
"""

from __future__ import annotations

import re

from seeds.facts import Precision
from seeds.values.base import Label, Role, Window
from seeds.values.calendar import Partial
from seeds.values.periods import HIJRI_YEARS, Found, Year, year_behind

_POINTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_NOT_TODAY = frozenset({"في", "هذا", "ذلك", "نفس", "طوال"})


def numeric(w: Window, i: int) -> Found | None:
    """Read "2025-06-13", "13/6/2025", "13.06.2025"; "3/4/2025" is unclear in English."""
    pointed = _POINTED.fullmatch(w.text(i))
    sign = w.text(i + 1)
    if pointed is not None:
        numbers, last = [int(n) for n in pointed.groups()], i + 1
    elif sign in ("-", "/") and w.text(i + 3) == sign and all(w.joined(k) for k in range(i + 1, i + 5)):
        texts = [w.text(k) for k in (i, i + 2, i + 4)]
        if not all(t.isdecimal() and t.isascii() and len(t) in (1, 2, 4) for t in texts):
            return None
        numbers, last = [int(t) for t in texts], i + 5
    else:
        return None
    if numbers[0] > 31:
        numbers.reverse()
        day, month, year = numbers
        unclear = False
    else:
        day, month, year = numbers
        unclear = w.language != "ar" and pointed is None and day <= 12 and month <= 12 and day != month
        if month > 12:
            day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1900 <= year <= 2100):
        return None
    told = Partial(Precision.DAY, year, month, day, unclear=unclear)
    return Found(i, last, w.tokens[i].start, told)


def day_first(w: Window, i: int) -> Found | None:
    """Read "13 يونيو/حزيران 2025", "13th of June, 2025", "الثالث عشر من يونيو", "13-15 June"."""
    day = _day(w, i)
    if day is None:
        return None
    number, last, start = day
    until = None
    if w.text(last) in ("-", "–") and (second := _day(w, last + 1)) is not None:
        until, last = second[0], second[1]
    if w.at(last, Role.LINK) and w.text(last) != ",":
        last += 1
    if (noun := w.at(last, Role.PERIOD)) is not None and noun.payload == "month":
        last = noun.last
    month = _month(w, last)
    if month is None:
        return None
    label, last, hijri = month
    told = Partial(Precision.DAY, month=int(label.number), day=number, last_day=until, hijri=hijri)
    return _with_year(w, Found(i, last, start, told))


def month_first(w: Window, i: int) -> Found | None:
    """Read "June 13, 2025", "June 2025", "شهر يونيو الماضي", and a month alone."""
    start, at = w.tokens[i].start, i
    noun = w.at(i, Role.PERIOD)
    if noun is not None and noun.payload == "month":
        start, at = w.start_of(noun), noun.last
    modifier = w.at(i, Role.MODIFIER) if w.language != "ar" else None
    at = modifier.last if modifier is not None else at
    month = _month(w, at)
    if month is None:
        return None
    label, last, hijri = month
    start = w.start_of(label) if at == i else start
    told = Partial(
        Precision.MONTH, month=int(label.number), hijri=hijri, move=modifier.word if modifier else None
    )
    day = _day(w, last) if w.language != "ar" else None
    if day is not None and not _is_amount(w, day[1]):
        told = told._replace(precision=Precision.DAY, day=day[0])
        last = day[1]
        if w.text(last) in ("-", "–") and w.joined(last + 1) and (second := _day(w, last + 1)) is not None:
            told, last = told._replace(last_day=second[0]), second[1]
    found = _with_year(w, Found(i, last, start, told))
    sure = (
        found.last > at + 1 or at > i or not (hijri or w.at(at, Role.UNSURE_MONTH)) or _in_month(w, i, hijri)
    )
    return found if sure else None


def _in_month(w: Window, i: int, hijri: bool) -> bool:
    """Tell by the word before it that a doubtful word is a month: "in May"."""
    return not hijri and not w.at(i, Role.ALSO_NAME) and w.at(i - 1, Role.BEFORE_MONTH) is not None


def _with_year(w: Window, found: Found) -> Found:
    """Add the year behind a date, or the word that tells which: "الماضي", "المقبل"."""
    told = year_behind(w, found.last)
    text = w.text(found.last)
    if told is None and found.date.hijri and text.isdecimal() and len(text) <= 4 and int(text) in HIJRI_YEARS:
        told = Year(found.last + 1, int(text), hijri=True)
    if told is not None and told.until is None:
        hijri = found.date.hijri
        return found._replace(last=told.last, date=told.of(found.date)._replace(hijri=hijri or told.hijri))
    modifier = w.at(found.last, Role.MODIFIER)
    if (
        modifier is not None
        and w.language == "ar"
        and not modifier.form.conjunction
        and w.text(found.last) != "هذا"
    ):
        return found._replace(last=modifier.last, date=found.date._replace(move=modifier.word))
    return found


def _month(w: Window, i: int) -> tuple[Label, int, bool] | None:
    """Read a month's name up to a token, with its second name: "يونيو/حزيران", "حزيران (يونيو)"."""
    label, hijri = w.at(i, Role.MONTH), False
    if label is None:
        label, hijri = w.at(i, Role.HIJRI_MONTH), True
    if label is None or (w.language != "ar" and not w.original(i)[0].isupper()):
        return None
    last = label.last
    second = w.at(last + 1, Role.MONTH)
    if second is not None and second.payload == label.payload:
        if w.text(last) == "/":
            last = second.last
        elif w.text(last) == "(" and w.text(second.last) == ")":
            last = second.last + 1
    return label, last, hijri


def _day(w: Window, i: int) -> tuple[int, int, int] | None:
    """Read the number of a day: it, the token behind it, and where it starts."""
    text = w.text(i)
    if i < len(w) and w.taken[i]:
        return None
    if text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= 31:
        if w.joined(i) and w.text(i - 1).isalpha() and w.text(i - 1).isascii():
            return None
        ending = w.text(i + 1) in _ORDINAL_ENDINGS and w.joined(i + 1)
        return int(text), i + 1 + ending, w.tokens[i].start
    ordinal = w.at(i, Role.ORDINAL)
    if ordinal is None:
        return None
    number, last = int(ordinal.number), i + 1
    if w.language == "ar":
        more = w.at(last, Role.ORDINAL)
        if w.text(last) in ("عشر", "عشره"):
            number, last = number + 10, last + 1
        elif more is not None and more.form.conjunction == "و" and more.number >= 20:
            number, last = number + int(more.number), last + 1
    if not w.at(last, Role.LINK):
        return None
    return number, last, w.start_of(ordinal)


def _is_amount(w: Window, i: int) -> bool:
    return any(w.at(i, role) for role in (Role.SCALE, Role.PLURAL_SCALE, Role.PERCENT, Role.CURRENCY))


def weekday(w: Window, i: int) -> Found | None:
    """Read "يوم الثلاثاء", "last Tuesday", "Tuesday, June 13"."""
    start, at = w.tokens[i].start, i
    modifier = w.at(i, Role.MODIFIER) if w.language != "ar" else None
    noun = w.at(i, Role.PERIOD)
    if noun is not None and noun.payload == "day":
        start, at = w.start_of(noun), noun.last
    elif modifier is not None:
        at = modifier.last
    label = w.at(at, Role.WEEKDAY)
    if label is None or (w.language != "ar" and not w.original(at)[0].isupper()):
        return None
    start = w.start_of(label) if at == i else start
    last = label.last
    behind = w.at(last, Role.MODIFIER) if w.language == "ar" else None
    if behind is not None and not behind.form.conjunction:
        modifier, last = behind, behind.last
    more = last + (w.text(last) in (",", "،", "(", "الموافق"))
    dated = (day_first(w, more) or month_first(w, more) or numeric(w, more)) if more < len(w) else None
    if dated is not None and dated.date.precision == Precision.DAY:
        return dated._replace(first=i, start=start)
    return Found(
        i,
        last,
        start,
        Partial(Precision.DAY, weekday=int(label.number), move=modifier.word if modifier else None),
    )


def near_day(w: Window, i: int) -> Found | None:
    """Read "yesterday", "أمس الثلاثاء"."""
    label = w.at(i, Role.DAY)
    if label is None or w.text(i - 1) in _NOT_TODAY:
        return None
    if label.form.prefix not in ("", "ال", "ب", "ل"):
        return None
    weekday = w.at(label.last, Role.WEEKDAY)
    last = weekday.last if weekday is not None else label.last
    return Found(i, last, w.start_of(label), Partial(Precision.DAY, shift=int(label.number)))
