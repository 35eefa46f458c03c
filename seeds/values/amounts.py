"""Amounts: numbers with their units, joined to ranges, limited by the words around them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from pydantic import ValidationError

from seeds.facts import Bound, Quantity
from seeds.values.base import Kind, Role, Value, Window
from seeds.values.context import Context
from seeds.values.measure import Measure
from seeds.values.money import money
from seeds.values.numbers import Number
from seeds.values.percent import percent
from seeds.values.quantity import age, count, lasts, multiple, power, ratio, thing
from seeds.values.words import ONE

_DASHES = frozenset("-–—")
_SPREAD_MAX = Decimal(1000)  # "60 to 65 billion" spreads its scale, "1,500 to 2 million" does not
_RANGE_MAX = 100  # the ends of a range lie nearer to each other
_YEARS = (Decimal(1900), Decimal(2100))  # a bare number between them beside money is a year
_CHANGE_BACK = 10  # tokens


def measures(w: Window, found: list[Number], context: Context, countries: Collection[str]) -> list[Measure]:
    """Tell of each number what it counts, and join the two ends of ranges; kind None is a bare number."""
    each = [_measure(w, n, context, countries) for n in found if not n.void]
    joined: list[Measure] = []
    i = 0
    while i < len(each):
        pair = _range(w, each[i], each[i + 1]) if i + 1 < len(each) else []
        if len(pair) == 2:  # a change from one amount to the other: both stay, the unit is told once
            each[i + 1] = pair[1]
        if pair:
            joined.append(pair[0])
        else:
            joined.append(each[i])
        i += 2 if len(pair) == 1 else 1
    return joined


def _measure(w: Window, n: Number, context: Context, countries: Collection[str]) -> Measure:
    found = (
        money(w, n, context, countries)
        or power(w, n)
        or age(w, n)
        or count(w, n)
        or percent(w, n)
        or ratio(w, n)
    )
    return found or Measure(n.first, n.last, n.start, n, n.value)


def _range(w: Window, a: Measure, b: Measure) -> list[Measure]:
    """Join two measures to one range, or spread the unit of the second to the first and keep both.

    Returns nothing if they have nothing to do with each other.
    """
    opening = w.before(a.first, Role.OPEN)
    link = _link(w, a, b, opened=opening is not None)
    if link is None or not _compatible(a, b):
        return []
    low, high = a.low, b.low
    bare = a.kind is None or a.leading
    if bare and a.number.scale == ONE and b.number.scale > ONE and a.low < _SPREAD_MAX:
        low *= b.number.scale
    kind, unit = (b.kind, b.unit) if a.kind is None else (a.kind, a.unit)
    if (
        a.kind is None
        and b.kind == Kind.MONEY
        and a.low != 0
        and b.low != b.number.value
        and b.number.scale == ONE
    ):
        low *= b.low / b.number.value  # "50 to 60 cents"
    first = a._replace(low=low, kind=kind, unit=unit)
    changed = opening is None and w.before(a.first, Role.FROM) is not None and _changes(w, a.first)
    if changed or (opening is None and not bare and link == "to" and _changes(w, a.first)):
        return [first, b._replace(kind=kind, unit=unit)]
    low, high = min(low, high), max(low, high)
    if a.kind is not None and b.kind is not None and high > low * _RANGE_MAX:
        return []  # "191 million dollars or 25 cents a share"
    lead = opening or (w.before(a.first, Role.FROM) if link == "to" else None)
    whole = first._replace(last=b.last, low=low, high=high, per=b.per, per_last=b.per_last)
    return [whole._replace(opened=lead.first) if lead is not None else whole]


def _compatible(a: Measure, b: Measure) -> bool:
    """Tell whether two measures may be the ends of one range: the unit of the first may be left out."""
    if a.kind == b.kind == Kind.MONEY and b.low * _SPREAD_MAX < a.low:
        return False  # "$40 million or 12 cents per share"
    if a.kind is None:
        # "for the year ended March 2011 to $80 million"
        return not (b.kind == Kind.MONEY and a.number.scale == ONE and _YEARS[0] <= a.low < _YEARS[1])
    if b.kind is None:
        return a.leading and a.kind == Kind.MONEY
    return a.kind == b.kind and a.unit == b.unit


def _link(w: Window, a: Measure, b: Measure, opened: bool) -> str | None:
    """Tell what joins two measures: "to", "and" (only after "between"), a dash, or nothing that does."""
    between = b.first - a.last
    if between == 0:  # the conjunction of a word is part of it: "بين مليار ومليارين"
        label = w.at(b.first, Role.CARDINAL) or w.at(b.first, Role.DUAL) or w.at(b.first, Role.SCALE)
        return "and" if opened and label is not None and label.form.conjunction == "و" else None
    text = w.text(a.last)
    if between == 2 and opened and text == "و" and w.text(a.last + 1) in ("بين", "الي"):
        return "and"
    if between == 2 and text == "و" and w.at(a.last + 1, Role.TO):
        return "and" if opened else None
    if between != 1:
        return None
    if text in _DASHES:
        tight = w.joined(a.last) and w.joined(b.first)
        plain = a.kind is None and a.number.digits and b.number.digits
        if a.kind is None and b.kind is None and a.low >= b.low:
            return None  # "747-8" is a name
        return "-" if tight or (text != "—" and plain) else None
    if w.at(a.last, Role.TO):
        return "to"
    return "and" if opened and (text == "و" or w.at(a.last, Role.AND)) else None


def _changes(w: Window, i: int) -> bool:
    """Tell whether a word of change stands shortly before: "rose from 60 to 65" is no range."""
    return any(w.at(k, Role.CHANGE) for k in range(max(i - _CHANGE_BACK, 0), i))


def amounts(w: Window, found: list[Measure]) -> Iterator[Value]:
    """Make values of the measures with a unit, in order, and mark their tokens as taken."""
    for m in found:
        if m.kind is not None and w.free(m.first, m.last):
            value = _value(w, _certain(m))
            if value is not None:
                yield value
    for i in range(len(w)):
        label = None if w.taken[i] or not w.labels[i] else multiple(w, i)
        if label is not None and w.free(i, label.last):
            n = Number(i, label.last, w.start_of(label), label.number)
            value = _value(w, Measure(i, label.last, n.start, n, n.value, Kind.RATIO))
            if value is not None:
                yield value


def rest(w: Window, found: list[Measure]) -> Iterator[Value]:
    """Make values of the numbers that no unit and no date has taken: counts of anything, and bare numbers."""
    for m in found:
        n = m.number
        if m.kind is not None or not w.free(m.first, m.last) or n.unsure is not None:
            continue
        if m.high is None and (lasts(w, n) or _part_of_name(w, m.first)):
            continue
        behind = n._replace(last=m.last)
        noun = thing(w, behind)
        if n.suffix and (noun is None or not w.text(m.last).endswith("s")):
            continue  # "5m users", but not "a 5m tall statue"
        if noun is None and n.worded and n.scale == ONE:
            continue  # "one of them": words of small numbers are often none
        value = _value(w, m._replace(kind=Kind.COUNT if noun is not None else Kind.NUMBER))
        if value is not None:
            yield value


def _certain(m: Measure) -> Measure:
    """Settle `1,300` where commas may be decimal: things are whole, shares are not, money stays open."""
    unsure = m.number.unsure
    if unsure is None or m.kind == Kind.COUNT:
        return m
    return m._replace(low=unsure) if m.kind == Kind.PERCENT else m._replace(kind=None)


def _part_of_name(w: Window, i: int) -> bool:
    """Tell whether digits belong to a name before them: "Llama 4", "iPhone 15 Pro"."""
    before = w.text(i - 1)
    if not before.isalpha() or not before.isascii() or w.labels[i - 1]:
        return False
    return any(c.isupper() for c in w.original(i - 1))


def _value(w: Window, m: Measure) -> Value | None:
    """Add the bound words around a measure; None for what is too long to be an amount."""
    if m.kind is None:
        return None
    first, last, start = m.first, m.last, m.start
    end = w.tokens[last - 1].end
    surface = w.surface(start, end)
    bound, span_first, span_last = _bound(w, _opening(w, m), max(last, m.per_last))
    if span_first < first:
        start = _behind_clitics(w, span_first)
    if m.number.more and bound == Bound.EXACT:
        bound = Bound.AT_LEAST
    low: Decimal | None = m.low
    high: Decimal | None = m.low if m.high is None else m.high
    if bound == Bound.AT_LEAST:
        high = None
    elif bound == Bound.AT_MOST:
        low = None
    if surface is None:
        return None
    try:
        quantity = Quantity(low=low, high=high, bound=bound, unit=m.unit, surface=surface)
    except ValidationError:
        return None  # more digits than an amount has
    w.take(span_first, span_last)
    return Value(m.kind, start, w.tokens[span_last - 1].end, quantity, per=m.per)


def _opening(w: Window, m: Measure) -> int:
    """Return the first token of a measure with the opening word of its range."""
    return m.opened if m.opened >= 0 and w.free(m.opened, m.first) else m.first


def _bound(w: Window, first: int, last: int) -> tuple[Bound, int, int]:
    """Return the bound of what stands at the tokens [first, last), and the tokens with its words."""
    bound = Bound.EXACT
    for _ in range(2):  # "up to about"
        label = w.before(first, Role.BOUND)
        if label is None or not w.free(label.first, label.last):
            break
        if label.form.prefix == "ل" and label.word == Bound.AT_MOST:
            break  # "ارتفعت لتصل إلى 9 ملايين" tells what was reached
        if bound in (Bound.EXACT, Bound.ABOUT):
            bound = Bound(label.word)
        first = label.first
    behind = w.at(w.hyphen(last), Role.BOUND_AFTER)
    if behind is not None and bound == Bound.EXACT and not w.text(behind.last)[:1].isdecimal():
        bound, last = Bound(behind.word), behind.last
    return bound, first, last


def _behind_clitics(w: Window, i: int) -> int:
    for role in (Role.BOUND, Role.OPEN, Role.FROM):
        label = w.at(i, role)
        if label is not None:
            return w.start_of(label)
    return w.tokens[i].start
