"""What the whole document settles for the values in it: decimal commas, and whose riyal is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from seeds.shadow import Shadow
from seeds.values.base import Label, Role, Window
from seeds.values.vocabulary import signs, vocabulary

_DECIMAL_COMMA = re.compile(r"(?<![\d,.])\d{1,4}[,،]\d{1,2}(?![\d,])")
_DECIMAL_POINT = re.compile(r"(?<![\d,.])\d{1,4}\.\d{1,2}(?![\d.])")
_THOUSANDS_COMMA = re.compile(r"(?<![\d,.])\d{1,3}(?:(?:,\d{3}){2,}|,\d{3}\.\d)")


class Context(NamedTuple):
    """`told` is the only currency of a family that is named in full; `countries` are ISO 3166 codes."""

    decimal_commas: bool
    told: Mapping[str, str]
    countries: frozenset[str]

    def currency(self, payload: str, country: str | None = None, more: Collection[str] = ()) -> str | None:
        """Return the ISO 4217 code of a currency word, or None where nothing settles the country."""
        if not payload.startswith("@"):
            return payload
        family = payload[1:]
        issued = signs().families[family]
        if country is not None:
            return issued.get(country)
        if family in signs().defaults:
            return signs().defaults[family]
        if len(issued) == 1:
            return next(iter(issued.values()))
        if family in self.told:
            return self.told[family]
        for countries in (more, self.countries):
            codes = {issued[c] for c in countries if c in issued}
            if len(codes) == 1:
                return codes.pop()
        return None


@lru_cache(maxsize=8)
def context(shadow: Shadow, language: str) -> Context:
    """Read the context of a document. The last few are kept, since each sentence asks for its document's."""
    w = Window(shadow, 0, len(shadow.folded), language, vocabulary(language))
    told: dict[str, set[str]] = defaultdict(set)
    countries: set[str] = set()
    for i, labels in enumerate(w.labels):
        if Role.COUNTRY in labels:
            countries.add(labels[Role.COUNTRY].word)
        currency = labels.get(Role.CURRENCY)
        if currency is not None and currency.word.startswith("@"):
            country = country_of(w, i, currency)
            code = signs().families[currency.word[1:]].get(country.word) if country else None
            if code:
                told[currency.word[1:]].add(code)
    return Context(
        decimal_commas=_writes_decimal_commas(shadow.folded),
        told={family: next(iter(codes)) for family, codes in told.items() if len(codes) == 1},
        countries=frozenset(countries),
    )


def country_of(w: Window, i: int, currency: Label) -> Label | None:
    """Return the adjective that tells a currency's country: behind it in Arabic, before it in English."""
    if w.language != "ar":
        return w.before(i, Role.ADJECTIVE)
    label = w.at(currency.last, Role.ADJECTIVE)
    if label is None or label.form.conjunction or label.form.prefix not in ("", "ال"):
        return None
    return label


def _writes_decimal_commas(folded: str) -> bool:
    """Tell `14,8` from `14.8`: only a document that writes the one and never the other is certain."""
    return bool(
        _DECIMAL_COMMA.search(folded)
        and not _DECIMAL_POINT.search(folded)
        and not _THOUSANDS_COMMA.search(folded)
    )
