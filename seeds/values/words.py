"""Number words below a thousand: `خمسة وعشرون`, `اثنا عشر`, `one hundred and twenty-five`."""

from __future__ import annotations

from decimal import Decimal

from seeds.values.base import Label, Role, Window
from seeds.values.digits import Part

ONE, TEN, HUNDRED = Decimal(1), Decimal(10), Decimal(100)


def words(w: Window, i: int) -> Part | None:
    """Read the number words that start at token `i`."""
    label = w.at(i, Role.CARDINAL) or w.at(i, Role.TEEN) or _a_hundred(w, i)
    if label is None or label.form.conjunction == "ف":
        return None
    if label.form.prefix in ("ال", "لل", "بال", "كال") and not w.at(label.last, Role.SCALE):
        return None  # الثلاثة الكبار, but المئة مليون
    if label is w.at(i, Role.TEEN) and not _is_ten(w, label.last):
        return None
    total = piece = label.number
    last = label.last
    while True:
        label, linked = _next(w, last)
        if label is None:
            return Part(last, total)
        v = label.number
        if v == HUNDRED and not linked and ONE <= piece < TEN and total == piece:
            total = piece = piece * v
        elif w.language == "ar" and _joins_in_arabic(piece, v, linked):
            total, piece = total + v, min(piece + v, v) if linked else piece + v
        elif w.language != "ar" and _joins_in_english(piece, v):
            total, piece = total + v, v
        else:
            return Part(last, total)
        last = label.last


def _joins_in_arabic(piece: Decimal, v: Decimal, linked: bool) -> bool:
    """Tell what follows: خمسة عشر, خمسة وعشرون, مئة وعشرون."""
    if not linked:
        return v == TEN and piece < TEN
    return (v % TEN == 0 and TEN < v < HUNDRED and ONE <= piece < TEN) or v < HUNDRED <= piece


def _joins_in_english(piece: Decimal, v: Decimal) -> bool:
    """Tell what follows: twenty-five, one hundred (and) twenty."""
    return v < HUNDRED <= piece or (v < TEN < piece < HUNDRED and piece % TEN == 0 and v > 0)


def _a_hundred(w: Window, i: int) -> Label | None:
    hundred = w.at(i + 1, Role.PLURAL_SCALE) if w.at(i, Role.ARTICLE) else None
    return hundred if hundred is not None and hundred.number == HUNDRED else None


def _is_ten(w: Window, i: int) -> bool:
    label = w.at(i, Role.CARDINAL)
    return label is not None and label.number == TEN and not label.form.conjunction


def _next(w: Window, i: int) -> tuple[Label | None, bool]:
    """Return the next number word, and whether a conjunction joins it to the last."""
    hundred = w.at(i, Role.PLURAL_SCALE)
    if hundred is not None and hundred.number == HUNDRED:
        return hundred, False
    if w.language != "ar":
        linked = w.text(i) == "and"
        return w.at(i + 1 if linked else w.hyphen(i), Role.CARDINAL), linked
    label, teen = w.at(i, Role.CARDINAL), w.at(i, Role.TEEN)
    if teen is not None and _is_ten(w, teen.last):
        label = teen  # وأحد عشر, where واحد is also "one"
    if label is None or label.form.prefix:
        return None, False
    return label, label.form.conjunction == "و"
