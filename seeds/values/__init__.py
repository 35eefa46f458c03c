"""Values in a text: money, power, counts, shares, multiples, ages, dates and numbers.

`find_values` reads one stretch (a sentence) of a folded text. What stands closer to a unit wins: money,
power and counts of known things before dates, dates before counts of anything and bare numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from seeds.shadow import Shadow
from seeds.values.amounts import amounts, measures, rest
from seeds.values.base import Kind, Value, Window
from seeds.values.context import context
from seeds.values.dates import dates
from seeds.values.numbers import numbers
from seeds.values.vocabulary import vocabulary

LANGUAGES = ("ar", "en")

__all__ = ["Kind", "Value", "find_values"]


def find_values(
    shadow: Shadow,
    start: int,
    end: int,
    language: str,
    published_at: date | None = None,
    countries: Collection[str] = (),
) -> list[Value]:
    """Find the values in the folded range [start, end), in order and without overlap.

    `language` is "ar" or "en" (others are read as English). Dates without a year are counted from
    `published_at`; without it they have no ends. `countries` (ISO 3166 codes, such as that of the publisher)
    settle the currency of a bare "riyal" where the document itself does not.
    """
    language = language if language in LANGUAGES else "en"
    known = context(shadow, language)
    w = Window(shadow, start, end, language, vocabulary(language))
    read = numbers(w, known.decimal_commas)
    found = measures(w, read, known, countries)
    values = list(amounts(w, found))
    values += dates(w, published_at)
    for number in read:
        if number.void:
            w.take(number.first, number.last)
    values += rest(w, found)
    return sorted(values, key=lambda value: value.start)
