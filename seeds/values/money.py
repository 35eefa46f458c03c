"""Money: a number with a currency sign or code on either side, or the word of a currency behind it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from seeds.values.base import Kind, Label, Role, Window
from seeds.values.context import Context, country_of
from seeds.values.measure import Measure
from seeds.values.numbers import Number
from seeds.values.words import ONE

_ALSO_WORDS = frozenset({"@won", "@baht"})  # "won" is also what a winner did


def money(w: Window, n: Number, context: Context, countries: Collection[str] = ()) -> Measure | None:
    """Read the money that a number tells, or None. The unit is None where the currency stays unresolved."""
    sign = _sign_before(w, n.first)
    if sign is not None:
        unit = context.currency(sign.word, more=countries)
        last = _repeated(w, n.last, unit, context)
        start = w.tokens[sign.first].start
        measure = Measure(sign.first, last, start, n, n.value, Kind.MONEY, unit, leading=last == n.last)
        return _per(w, measure)
    at = w.hyphen(n.last)
    if w.language == "ar" and w.text(at) == "من":
        at += 1
    elif w.language != "ar" and w.text(at) == "of":
        return None
    currency, unit = _currency_at(w, at, context, countries)
    if currency is not None:
        if currency.word in _ALSO_WORDS and n.scale == ONE and n.value < 1000:
            return None
        country = country_of(w, currency.first, currency) if w.language == "ar" else None
        last = country.last if country is not None else currency.last
        return _per(w, Measure(n.first, last, n.start, n, n.value, Kind.MONEY, unit))
    hundredth = w.at(at, Role.HUNDREDTH)
    letter = hundredth is not None and len(w.text(hundredth.first)) == 1  # 75p
    if hundredth is not None and not n.suffix and (w.joined(hundredth.first) or not letter):
        value = n.value * Decimal("0.01")
        last = hundredth.last + (w.language == "ar" and w.at(hundredth.last, Role.ADJECTIVE) is not None)
        return _per(w, Measure(n.first, last, n.start, n, value, Kind.MONEY, hundredth.word))
    return None


def _sign_before(w: Window, i: int) -> Label | None:
    """Return the sign or code before a number, unless it belongs to a number before it ("5 $ 10")."""
    for k in range(max(i - 6, 0), i):
        for role in (Role.SIGN, Role.CODE):
            label = w.at(k, role)
            if label is not None and label.last == i and _in_capitals(w, label):
                behind_number = w.text(k - 1)[:1].isdecimal() and not w.joined(i)
                return None if behind_number else label
    return None


def _currency_at(
    w: Window, i: int, context: Context, countries: Collection[str]
) -> tuple[Label | None, str | None]:
    """Return the currency that starts at token `i`, and its code."""
    currency = w.at(i, Role.CURRENCY)
    if currency is None and (adjective := w.at(i, Role.ADJECTIVE)) and w.language != "ar":
        currency = w.at(w.hyphen(adjective.last), Role.CURRENCY)
    if currency is not None and not currency.form.conjunction:
        country = country_of(w, currency.first, currency)
        return currency, context.currency(currency.word, country.word if country else None, countries)
    for role in (Role.SIGN, Role.CODE):
        label = w.at(i, role)
        if label is not None and _in_capitals(w, label) and not _leads(w, label):
            return label, context.currency(label.word, more=countries)
    return None, None


def _leads(w: Window, label: Label) -> bool:
    """Tell whether a sign behind a number stands before another: "in 2025 $10bn"."""
    return w.text(label.last)[:1].isdecimal()


def _repeated(w: Window, i: int, unit: str | None, context: Context) -> int:
    """Step over the same currency told once more: "$5 million USD"."""
    label, code = _currency_at(w, i, context, ())
    return label.last if label is not None and code == unit else i


def _in_capitals(w: Window, label: Label) -> bool:
    """Tell "USD" and "C$" from "usd" and "c $": the letters of signs and codes are capitals."""
    written = w.shadow.exact(w.tokens[label.first].start, w.tokens[label.last - 1].end)
    letters = [c for c in written if c.isalpha()]
    return not letters or letters[0].isupper()


def _per(w: Window, measure: Measure) -> Measure:
    label = w.at(measure.last, Role.PER)
    return measure._replace(per=label.word, per_last=label.last) if label is not None else measure
