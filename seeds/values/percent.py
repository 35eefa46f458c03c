"""Percentages, percentage points and basis points."""

from __future__ import annotations

from seeds.values.base import Kind, Role, Window
from seeds.values.measure import Measure
from seeds.values.numbers import Number


def percent(w: Window, n: Number) -> Measure | None:
    """Read the share that a number tells: its unit is "%", "pp" or "bp"."""
    first, start, value = n.first, n.start, n.value
    label = w.at(w.hyphen(n.last), Role.PERCENT)
    if label is not None and not label.form.conjunction:
        last, unit = label.last, label.word
    elif w.text(first - 1) == "%" and w.joined(first) and not _ends_a_number(w, first - 1):
        first, last, unit = first - 1, n.last, "%"  # Arabic text often has the sign before the digits
        start = w.tokens[first].start
    else:
        return None
    if w.text(first - 1) == "-" and w.joined(first) and not w.joined(first - 1):
        first, value = first - 1, -value
        start = w.tokens[first].start
    return Measure(first, last, start, n, value, Kind.PERCENT, unit)


def _ends_a_number(w: Window, i: int) -> bool:
    return w.joined(i) and w.text(i - 1)[:1].isdecimal()
