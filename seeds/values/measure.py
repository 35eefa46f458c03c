"""A number with what it counts: the step between a number and a value."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from seeds.values.base import Kind
from seeds.values.numbers import Number


class Measure(NamedTuple):
    """An amount at the tokens [first, last), read from the folded offset `start`.

    `leading` tells that only a sign before the digits tells the unit, so that a scale behind the other end
    of a range still reaches it: "$60–65bn". `high` differs from `low` in a range. `sign_first` is where a
    sign before the digits begins. `per_last` is the token behind "a share".
    """

    first: int
    last: int
    start: int
    number: Number
    low: Decimal
    kind: Kind | None = None
    unit: str | None = None
    leading: bool = False
    per: str | None = None
    per_last: int = 0
    high: Decimal | None = None
    opened: int = -1  # the first token of the opening word of a range
