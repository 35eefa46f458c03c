"""From a partly told date to the days that it means, by the day of publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from hijridate import Gregorian, Hijri

from seeds.facts import Precision

Days = tuple[date, date]
STEPS = {"last": -1, "this": 0, "next": 1}
_YEARS_AROUND = 8  # the next 29 February is at most so far


class Partial(NamedTuple):
    """What an article tells of a date; the rest comes from the day of publication.

    `part` is the number of a quarter or half; `months` the count of a year's first months. `move` tells
    which one is meant ("last", "this", "next"); `year_move` the same of the year. `weekday` 0 is Monday;
    `shift` counts days from publication. `until` is the end of what is told by two dates (a range).
    `unclear` dates have no ends: "3/4/2025" in English, a fiscal year.
    """

    precision: Precision
    year: int | None = None
    month: int | None = None
    day: int | None = None
    part: int | None = None
    months: int | None = None
    weekday: int | None = None
    shift: int | None = None
    hijri: bool = False
    move: str | None = None
    year_move: str | None = None
    last_day: int | None = None
    last_year: int | None = None
    unclear: bool = False


def resolve(p: Partial, published: date | None, ahead: bool = False) -> Days | None:
    """Return the first and the last day, or None where the article does not tell enough.

    A date without a year is the nearest that lies behind, or before, the day of publication: `ahead` tells
    that it lies ahead ("by June").
    """
    if p.unclear:
        return None
    if p.year is not None:
        return _in_year(p, p.year)
    if published is None:
        return None
    if p.shift is not None:
        day = published + timedelta(days=p.shift)
        return day, day
    if p.year_move is not None:
        return _in_year(p, _year_of(published, p.hijri) + STEPS[p.year_move])
    if p.weekday is not None:
        return _weekday(p.weekday, published, p.move, ahead)
    if p.month is None and p.part is None and p.months is None:
        return _around(p.precision, published, STEPS[p.move or "this"])
    return _nearest(p, published, ahead)


def _in_year(p: Partial, year: int) -> Days | None:
    """Return the days of a date in a given year, or None for a day that does not exist."""
    try:
        if p.hijri:
            return _in_hijri_year(p, year)
        if p.day is not None and p.month is not None:
            return date(year, p.month, p.day), date(year, p.month, p.last_day or p.day)
        if p.month is not None:
            return month(year, p.month)
        if p.months is not None:
            return date(year, 1, 1), month(year, p.months)[1]
        if p.part is not None:
            length = 3 if p.precision == Precision.QUARTER else 6
            return date(year, (p.part - 1) * length + 1, 1), month(year, p.part * length)[1]
        return date(year, 1, 1), date(p.last_year or year, 12, 31)
    except (ValueError, OverflowError):
        return None


def _in_hijri_year(p: Partial, year: int) -> Days:
    """Raise ValueError or OverflowError outside of 1343–1500 AH, the years of the Umm al-Qura calendar."""
    if p.day is not None and p.month is not None:
        day = _gregorian(Hijri(year, p.month, p.day))
        return day, day
    first, last = (p.month, p.month) if p.month is not None else (1, 12)
    return _gregorian(Hijri(year, first, 1)), _gregorian(
        Hijri(year, last, Hijri(year, last, 1).month_length())
    )


def _gregorian(day: Hijri) -> date:
    found = day.to_gregorian()
    return date(found.year, found.month, found.day)


def _year_of(day: date, hijri: bool) -> int:
    if not hijri:
        return day.year
    try:
        return int(Gregorian(day.year, day.month, day.day).to_hijri().year)
    except OverflowError:
        return 0  # no such year: nothing will be found in it


def month(year: int, number: int) -> Days:
    """Return the first and last day of a month."""
    following = date(year + number // 12, number % 12 + 1, 1)
    return date(year, number, 1), following - timedelta(days=1)


def _around(precision: Precision, published: date, steps: int) -> Days | None:
    """Return the period around the day of publication, or one before or behind it."""
    year = published.year
    if precision == Precision.YEAR:
        return _in_year(Partial(precision), year + steps)
    if precision == Precision.WEEK:
        monday = published + timedelta(days=7 * steps - published.weekday())
        return monday, monday + timedelta(days=6)
    if precision == Precision.DAY:
        day = published + timedelta(days=steps)
        return day, day
    length = {Precision.MONTH: 1, Precision.QUARTER: 3, Precision.HALF: 6}[precision]
    count = 12 // length
    number = year * count + (published.month - 1) // length + steps
    year, part = number // count, number % count
    first, last = part * length + 1, (part + 1) * length
    return date(year, first, 1), month(year, last)[1]


def _weekday(weekday: int, published: date, move: str | None, ahead: bool) -> Days:
    back = (published.weekday() - weekday) % 7
    if move == "next" or (ahead and move is None):
        day = published + timedelta(days=(7 - back) if back or move == "next" else 0)
    else:
        day = published - timedelta(days=(back or 7) if move == "last" else back)
    return day, day


def _nearest(p: Partial, published: date, ahead: bool) -> Days | None:
    """Return the nearest year's days in the direction that is told."""
    found = list(_candidates(p, published))
    if p.move == "last":
        return max((d for d in found if d[1] < published), default=None)
    if p.move == "next":
        return min((d for d in found if d[0] > published), default=None)
    if p.move == "this":
        return _in_year(p, _year_of(published, p.hijri))
    if ahead:
        return min((d for d in found if d[1] >= published), default=None)
    return max((d for d in found if d[0] <= published), default=None)


def _candidates(p: Partial, published: date) -> Iterator[Days]:
    around = _year_of(published, p.hijri)
    for year in range(around - _YEARS_AROUND, around + _YEARS_AROUND + 1):
        days = _in_year(p, year)
        if days is not None:
            yield days
