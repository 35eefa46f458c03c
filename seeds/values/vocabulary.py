"""The lexicon files about values, and the words of a language made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from seeds.lexicon import LexiconModel, load
from seeds.values.base import Role, Vocabulary

Words = tuple[str, ...]
BoundName = Literal["about", "at_least", "at_most"]
PeriodName = Literal["year", "month", "week", "quarter", "half", "day"]


class NumberWords(LexiconModel):
    """`numbers.yaml`."""

    cardinals: Mapping[Decimal, Words] = {}
    teens: Mapping[Decimal, Words] = {}
    fractions: Mapping[Decimal, Words] = {}
    scales: Mapping[Decimal, Words] = {}
    plural_scales: Mapping[Decimal, Words] = {}
    duals: Mapping[Decimal, Words] = {}
    articles: Words = ()
    suffixes: Mapping[Decimal, Words] = {}
    vague: Words = ()
    bounds: Mapping[BoundName, Words] = {}
    bounds_after: Mapping[BoundName, Words] = {}
    ranges: Mapping[Literal["open", "from", "to", "and"], Words] = {}
    changes: Words = ()
    percents: Mapping[Literal["%", "pp", "bp"], Words] = {}


class CurrencySigns(LexiconModel):
    """`any/currencies.yaml`: what holds in every language."""

    signs: Mapping[str, Words]
    shared_signs: Mapping[str, Words]
    codes: Words
    other_codes: Mapping[str, Words]
    families: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]


class Country(LexiconModel):
    """How a language calls a country; only `adjectives` stand by a currency."""

    adjectives: Words
    names: Words


class CurrencyWords(LexiconModel):
    """`currencies.yaml`."""

    words: Mapping[str, Words]
    short: Mapping[str, Words]
    hundredths: Mapping[str, Words]
    countries: Mapping[str, Country]
    per: Mapping[str, Words]


class UnitWords(LexiconModel):
    """`units.yaml`."""

    power: Mapping[str, Words]
    watts: Words
    hours: Words
    counts: Mapping[str, Words]
    durations: Words
    times: Words
    multiples: Mapping[Decimal, Words]
    ages: Mapping[Literal["before", "after", "years"], Words]
    not_things: Words


class DateWords(LexiconModel):
    """`dates.yaml`."""

    months: Mapping[int, Words]
    unsure_months: Words
    before_months: Words = ()
    also_names: Words = ()
    plural_months: Words
    hijri_months: Mapping[int, Words]
    hijri_marks: Words
    gregorian_marks: Words
    weekdays: Mapping[int, Words]
    ordinals: Mapping[int, Words]
    last_parts: Words
    periods: Mapping[PeriodName, Words]
    fiscal: Words
    modifiers: Mapping[Literal["last", "this", "next"], Words]
    edges: Words
    days: Mapping[int, Words]
    year_end: Words
    by: Words
    links: Words
    future: Words
    future_prefixes: Words
    not_future: Words


Entry = tuple[Role, object, str]


@cache
def signs() -> CurrencySigns:
    """Load the signs, codes and families of currencies."""
    return load("any", "currencies", CurrencySigns)


@cache
def currency_words(language: str) -> CurrencyWords:
    """Load a language's words of currencies and countries."""
    return load(language, "currencies", CurrencyWords)


@cache
def date_words(language: str) -> DateWords:
    """Load a language's words of dates."""
    return load(language, "dates", DateWords)


@cache
def vocabulary(language: str) -> Vocabulary:
    """All words about values of a language, those of every language among them. Raises BadLexicon."""
    return Vocabulary(
        [
            *_numbers(load("any", "numbers", NumberWords)),
            *_numbers(load(language, "numbers", NumberWords)),
            *_currencies(signs(), currency_words(language)),
            *_units(load(language, "units", UnitWords)),
            *_units(load("en", "units", UnitWords), latin_only=language != "en"),
            *_dates(date_words(language)),
        ]
    )


def _each(role: Role, words: Mapping[Any, Words]) -> Iterator[Entry]:
    return ((role, payload, word) for payload, ws in words.items() for word in ws)


def _all(role: Role, words: Words) -> Iterator[Entry]:
    return ((role, True, word) for word in words)


def _numbers(n: NumberWords) -> Iterator[Entry]:
    yield from _each(Role.CARDINAL, n.cardinals)
    yield from _each(Role.TEEN, n.teens)
    yield from _each(Role.FRACTION, n.fractions)
    yield from _each(Role.SCALE, n.scales)
    yield from _each(Role.PLURAL_SCALE, n.plural_scales)
    yield from _each(Role.DUAL, n.duals)
    yield from _all(Role.ARTICLE, n.articles)
    yield from _each(Role.SUFFIX, n.suffixes)
    yield from _all(Role.VAGUE, n.vague)
    yield from _each(Role.BOUND, n.bounds)
    yield from _each(Role.BOUND_AFTER, n.bounds_after)
    for name, words in n.ranges.items():
        yield from _all(Role[name.upper()], words)
    yield from _all(Role.CHANGE, n.changes)
    yield from _each(Role.PERCENT, n.percents)


def _currencies(s: CurrencySigns, c: CurrencyWords) -> Iterator[Entry]:
    """Tell currencies: the payload is its code, or `@family` where the country settles it."""
    yield from _each(Role.SIGN, s.signs)
    yield from ((Role.SIGN, f"@{family}", word) for family, ws in s.shared_signs.items() for word in ws)
    yield from ((Role.CODE, code, code) for code in s.codes)
    yield from _each(Role.CODE, s.other_codes)
    yield from ((Role.CURRENCY, f"@{family}", word) for family, ws in c.words.items() for word in ws)
    yield from _each(Role.CURRENCY, c.short)
    yield from _each(Role.HUNDREDTH, c.hundredths)
    for code, country in c.countries.items():
        yield from ((Role.ADJECTIVE, code, word) for word in country.adjectives)
        yield from ((Role.COUNTRY, code, word) for word in (*country.adjectives, *country.names))
    yield from _each(Role.PER, c.per)


def _units(u: UnitWords, latin_only: bool = False) -> Iterator[Entry]:
    """Arabic texts use the English short forms (GW, GPU), but not its words."""
    for unit, prefixes in u.power.items():
        for prefix in prefixes:
            yield from ((Role.POWER, unit, prefix + space + watt) for watt in u.watts for space in ("", " "))
            if not u.watts:
                yield Role.POWER, unit, prefix
    yield from ((Role.COUNT, unit, word) for unit, ws in u.counts.items() for word in ws)
    if latin_only:
        return
    yield from _all(Role.HOUR, u.hours)
    yield from _all(Role.DURATION, u.durations)
    yield from _all(Role.TIMES, u.times)
    yield from _each(Role.MULTIPLE, u.multiples)
    yield from _all(Role.AGE_BEFORE, u.ages.get("before", ()))
    yield from _all(Role.AGE_AFTER, u.ages.get("after", ()))
    yield from _all(Role.AGE_YEARS, u.ages.get("years", ()))
    yield from _all(Role.NOT_THING, u.not_things)


def _dates(d: DateWords) -> Iterator[Entry]:
    yield from _each(Role.MONTH, d.months)
    yield from _all(Role.UNSURE_MONTH, d.unsure_months)
    yield from _all(Role.BEFORE_MONTH, d.before_months)
    yield from _all(Role.ALSO_NAME, d.also_names)
    yield from _all(Role.MONTHS, d.plural_months)
    yield from _each(Role.HIJRI_MONTH, d.hijri_months)
    yield from _all(Role.HIJRI_MARK, d.hijri_marks)
    yield from _all(Role.GREGORIAN_MARK, d.gregorian_marks)
    yield from _each(Role.WEEKDAY, d.weekdays)
    yield from _each(Role.ORDINAL, d.ordinals)
    yield from _all(Role.LAST_PART, d.last_parts)
    yield from _each(Role.PERIOD, d.periods)
    yield from _all(Role.FISCAL, d.fiscal)
    yield from _each(Role.MODIFIER, d.modifiers)
    yield from _all(Role.EDGE, d.edges)
    yield from _each(Role.DAY, d.days)
    yield from _all(Role.YEAR_END, d.year_end)
    yield from _all(Role.BY, d.by)
    yield from _all(Role.LINK, d.links)
    yield from _all(Role.FUTURE, d.future)
