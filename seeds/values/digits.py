"""Runs of digits with their separators: `1,300`, `14,8`, `1،22`, `1.300.000`, `3ر28`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from seeds.values.base import Role, Window

DIGITS_MAX = 15  # beyond that digits are an identifier; and Decimal would round a product
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[1-9]\d?(?:,\d{2})+,\d{3}")
_THOUSANDS_BY_POINT = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
_UNSURE = re.compile(r"[1-9]\d{0,2},\d{3}")
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
_WIDE_SPACES = frozenset("\u00a0\u2007\u2009\u202f")


class Part(NamedTuple):
    """A number without scale, up to the token `last`; without a value where the digits are no amount.

    `digits` tells digits from words. `unsure` is what `1,300` means if its comma is decimal.
    """

    last: int
    value: Decimal | None
    digits: bool = False
    unsure: Decimal | None = None


def digits(w: Window, i: int, decimal_commas: bool) -> Part:
    """Read the digits that start at token `i`."""
    text, last = w.text(i), i + 1
    if not _may_start(w, i):
        return Part(last, None)
    joined = w.joined(last) and w.joined(last + 1) and w.text(last + 1).isdecimal()
    if joined and w.text(last) == "ر" and w.language == "ar" and text.isdecimal():
        value = f"{w.text(last + 1)}.{text}"  # old newswire: 3ر28 is 28.3
        return Part(last + 2, Decimal(value)) if len(value) <= DIGITS_MAX else Part(last + 2, None)
    if joined and w.text(last) == "،" and text.isdecimal() and not _is_list(w, last + 2):
        return _separated(f"{text},{w.text(last + 1)}", last + 2, decimal_commas)
    if joined and w.text(last) in (":", "/"):
        return Part(last + 2, None)  # 10:30, 24/7
    while _grouped_by_space(w, i, last):
        text, last = text + w.text(last), last + 1
    return _separated(text, last, decimal_commas)


def _separated(text: str, last: int, decimal_commas: bool) -> Part:
    if sum(c.isdecimal() for c in text) > DIGITS_MAX:
        return Part(last, None)
    if decimal_commas and _UNSURE.fullmatch(text):
        return Part(last, Decimal(text.replace(",", "")), digits=True, unsure=Decimal(text.replace(",", ".")))
    if _THOUSANDS.fullmatch(text):
        return Part(last, Decimal(text.replace(",", "")), digits=True)
    if _THOUSANDS_BY_POINT.fullmatch(text):
        return Part(last, Decimal(text.replace(".", "").replace(",", ".")), digits=True)
    if _DECIMAL.fullmatch(text):
        return Part(last, Decimal(text.replace(",", ".")), digits=True)
    return Part(last, None)


def _may_start(w: Window, i: int) -> bool:
    """Tell digits of their own from those of a name: "H100", "covid-19", "#5"."""
    if not w.joined(i):
        return True
    before = w.text(i - 1)
    if before == "-" and w.joined(i - 1):
        return not (w.text(i - 2).isalpha() and w.text(i - 2).isascii())
    if before[0].isalpha() and before.isascii():
        return w.before(i, Role.CODE, 2) is not None or w.before(i, Role.SIGN, 2) is not None
    if before == ".":
        return w.before(i, Role.SIGN, 2) is not None  # "Rs.31"
    return before not in ("#", "_", "@")


def _is_list(w: Window, i: int) -> bool:
    """Tell "1،2،3" from a decimal."""
    return w.text(i) == "،" and w.joined(i) and w.joined(i + 1) and w.text(i + 1).isdecimal()


def _grouped_by_space(w: Window, i: int, last: int) -> bool:
    """Tell "14 800" with a space that does not break from two numbers."""
    if not (
        w.text(last).isdecimal() and len(w.text(last)) == 3 and w.text(i).isdecimal() and len(w.text(i)) <= 3
    ):
        return False
    gap = w.shadow.exact(w.tokens[last - 1].end, w.tokens[last].start)
    return len(gap) == 1 and gap in _WIDE_SPACES
