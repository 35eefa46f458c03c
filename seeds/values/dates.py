"""Dates: those of `seeds.values.days` and `seeds.values.periods`, the words around them, and their days.

Every date becomes an interval of days with the precision that the article told it with. "The end of 2025",
"early 2025" and 2025 are the same interval: the year.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from seeds.facts import Interval, Precision
from seeds.values.base import Kind, Role, Value, Window
from seeds.values.calendar import Partial, resolve
from seeds.values.days import day_first, month_first, near_day, numeric, weekday
from seeds.values.periods import LETTERS, Found, first_months, parts, relative, this_one, year_end, years
from seeds.values.vocabulary import date_words

_FUTURE_BACK = 8  # tokens
_CLAUSE_ENDS = frozenset(",;:،؛")
_FUTURE_MIN = 5  # letters of an Arabic future verb


def dates(w: Window, published: date | None) -> list[Value]:
    """Read the dates on tokens that are not taken, in order, and take theirs."""
    matches = _joined(w, _with_years(w, _matches(w)))
    return [value for match in matches if (value := _value(w, match, published))]


def _matches(w: Window) -> list[Found]:
    found: list[Found] = []
    i = 0
    while i < len(w):
        idle = w.taken[i] or (w.starts_nothing(i) and w.text(i) not in LETTERS)
        match = None if idle else _longest(w, i)
        if match is None:
            i += 1
            continue
        w.take(match.first, match.last)
        found.append(match)
        i = match.last
    return found


def _until(w: Window, i: int) -> bool:
    return w.at(i, Role.TO) is not None or w.text(i) in ("-", "–")


def _joined(w: Window, found: list[Found]) -> list[Found]:
    """Read "July-September" as the quarter that it is, and "January to June" as the half."""
    joined: list[Found] = []
    for second in found:
        first = joined[-1] if joined else None
        if first is not None and second.first == first.last + 1 and _until(w, first.last):
            part = _part(first.date, second.date)
            if part is not None:
                joined[-1] = first._replace(last=second.last, date=part)
                continue
        joined.append(second)
    return joined


def _part(a: Partial, b: Partial) -> Partial | None:
    """Give the quarter or half of a year from one bare month to another, if they are that."""
    bare = a.precision == b.precision == Precision.MONTH and a.move is None and not (a.hijri or b.hijri)
    if not bare or a.month is None or b.month is None or a.year not in (None, b.year):
        return None
    length = b.month - a.month + 1
    if length not in (3, 6) or b.month % length:
        return None
    precision = Precision.QUARTER if length == 3 else Precision.HALF
    return b._replace(precision=precision, month=None, part=b.month // length)


def _with_years(w: Window, found: list[Found]) -> list[Found]:
    """Give the first date of "from January 1 to March 31, 2025" the year of the second."""
    for k in range(len(found) - 2, -1, -1):
        first, second = found[k], found[k + 1]
        a, b = first.date, second.date
        linked = _until(w, first.last) or w.text(first.last) in ("و", "and")
        if (
            second.first != first.last + 1
            or not linked
            or a.month is None
            or b.month is None
            or b.year is None
        ):
            continue
        if a.year is None and a.year_move is None and a.move is None and a.hijri == b.hijri:
            found[k] = first._replace(date=a._replace(year=b.year - (a.month > b.month)))
    return found


def _longest(w: Window, i: int) -> Found | None:
    best: Found | None = None
    for read in _READERS:
        match = read(w, i)
        if match is not None and (best is None or match.last > best.last) and w.free(i, match.last):
            best = match
    return best


def _value(w: Window, match: Found, published: date | None) -> Value | None:
    end = w.tokens[match.last - 1].end
    if w.text(match.last - 1).endswith(("'s", "’s")):
        end -= 2  # "Monday's"
    surface = w.surface(match.start, end)
    if surface is None:
        return None
    first = match.first - (w.text(match.first - 1) == "the")
    by = w.before(first, Role.BY) is not None
    days = resolve(match.date, published, ahead=by or _lies_ahead(w, match.first))
    start, last = days if days is not None else (None, None)
    interval = Interval(start=start, end=last, precision=match.date.precision, surface=surface)
    return Value(Kind.DATE, match.start, end, interval=interval, relation="by" if by else None)


def _lies_ahead(w: Window, i: int) -> bool:
    """Tell whether the sentence speaks of the future before the date."""
    words = date_words(w.language)
    for k in range(i - 1, max(i - _FUTURE_BACK, 0) - 1, -1):
        if w.text(k) in _CLAUSE_ENDS:
            return False
        if w.at(k, Role.FUTURE):
            return True
        text = w.text(k).removeprefix("و")
        if (
            len(text) >= _FUTURE_MIN
            and text.startswith(words.future_prefixes)
            and text not in words.not_future
        ):
            return True
    return False


def _edge(w: Window, i: int) -> Found | None:
    """Read "the end of 2025", "نهاية العام", "late June", "mid-2025"."""
    label = w.at(i, Role.EDGE)
    at = w.hyphen(label.last) if label is not None else 0
    if label is None or at >= len(w):
        return None
    best: Found | None = None
    for read in (month_first, years, parts, relative, this_one):
        match = read(w, at)
        if match is not None and (best is None or match.last > best.last):
            best = match
    return best._replace(first=i, start=w.start_of(label)) if best is not None else None


_READERS: tuple[Callable[[Window, int], Found | None], ...] = (
    numeric,
    day_first,
    month_first,
    near_day,
    weekday,
    _edge,
    year_end,
    parts,
    first_months,
    relative,
    years,
)
