"""Facts as news tells them: who is in them, drawn with a realistic skew, and the sentences that say so.

Companies are drawn by Zipf's law (the n-th is told of 1/n times as often as the first), so a few lines
grow long and most have one or two entries. All else follows from the random numbers of the caller.
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from seeds.facts import Entity, EntityKind, Fact, Interval, Investor, Modality, Quantity, Span, Stage

NAMES = [
    ("Rimal", "رمال"), ("Sadaf", "صدف"), ("Najd", "نجد"), ("Tuwaiq", "طويق"), ("Marjan", "مرجان"),
    ("Barq", "برق"), ("Nakheel", "نخيل"), ("Zahra", "زهرة"), ("Qimma", "قمة"), ("Wadi", "وادي"),
    ("Fajr", "فجر"), ("Sahm", "سهم"), ("Layan", "ليان"), ("Safwa", "صفوة"), ("Tamkeen", "تمكين"),
]  # fmt: skip
FIELDS = [
    ("Cement", "للأسمنت"), ("Cloud", "للحوسبة"), ("Energy", "للطاقة"), ("Foods", "للأغذية"),
    ("Logistics", "للنقل"), ("Capital", "المالية"), ("Pharma", "للأدوية"), ("Telecom", "للاتصالات"),
]  # fmt: skip
PEOPLE = [("Layla", "ليلى"), ("Omar", "عمر"), ("Sara", "سارة"), ("Khalid", "خالد"), ("Mona", "منى")]
FAMILIES = [("Haddad", "حداد"), ("Mansour", "منصور"), ("Rashid", "راشد"), ("Saleh", "صالح")]
METRICS = ("revenue", "net_profit", "operating_profit", "ebitda", "assets")
FIRST_DAY, DAYS = date(2023, 1, 1), 900

SENTENCES = {
    "investment": (
        "{investors.0} {trigger=has invested} {amount} in {target}, the two companies said on Monday.",
        "{trigger=استثمرت} شركة {investors.0} مبلغ {amount} في شركة {target}، بحسب بيان صدر يوم الاثنين.",
    ),
    "acquisition": (
        "{acquirers.0} {trigger=completed the acquisition} of {target} for {amount}, a filing showed.",
        "{trigger=أتمت} شركة {acquirers.0} الاستحواذ على شركة {target} مقابل {amount}، بحسب إفصاح.",
    ),
    "supply": (
        "{supplier} {trigger=supplies} {customer} with equipment, according to its annual report.",
        "{trigger=تورد} شركة {supplier} معدات إلى شركة {customer}، بحسب تقريرها السنوي.",
    ),
    "customer_pullback": (
        "{customer} {trigger=has cut its orders} from {supplier}, executives told analysts.",
        "{trigger=خفضت} شركة {customer} طلبياتها من شركة {supplier}، وفق ما قاله مسؤولون.",
    ),
    "partnership": (
        "{parties.0} and {parties.1} {trigger=signed an agreement} on Tuesday to work together.",
        "{trigger=وقعت} شركتا {parties.0} و{parties.1} اتفاقية للعمل معا يوم الثلاثاء.",
    ),
    "appointment": (
        "{organisation} {trigger=appointed} {person} to its leadership, it said in a statement.",
        "{trigger=عينت} شركة {organisation} {person} في إدارتها العليا، بحسب بيان لها.",
    ),
    "departure": (
        "{person} {trigger=is leaving} {organisation} after several years, the company said.",
        "{trigger=يغادر} {person} شركة {organisation} بعد عدة سنوات، بحسب ما أعلنته.",
    ),
    "valuation": (
        "The round {trigger=values} {company} at {amount}, people familiar with the matter said.",
        "{trigger=تقيم} الجولة شركة {company} بمبلغ {amount}، بحسب مصادر مطلعة.",
    ),
    "financial_result": (
        "{company} {trigger=reported} a figure of {amount} for {period}, against forecasts.",
        "{trigger=أعلنت} شركة {company} رقما بلغ {amount} عن {period}، مقابل التوقعات.",
    ),
}
"""By type, in English and Arabic; `{path}` stands for the words of a slot, `{path=words}` for its own."""

SHARES = {
    "investment": 28, "acquisition": 10, "supply": 12, "customer_pullback": 6, "partnership": 15,
    "appointment": 11, "departure": 6, "valuation": 4, "financial_result": 8,
}  # fmt: skip
"""Of a hundred events; all but the last two types touch two lines."""


@lru_cache(maxsize=4)
def _zipf(number: int) -> list[float]:
    return list(accumulate(1 / n for n in range(1, number + 1)))


class Teller:
    """Draws facts about `companies` companies, in one language at a time (0: English, 1: Arabic)."""

    def __init__(self, companies: int, rng: random.Random) -> None:
        self._rng = rng
        self._weights = _zipf(companies)

    def fact(self, language: int, start: int, day: date) -> tuple[Fact, str]:
        """Draw a fact, and the sentence that tells it, which begins at `start` in the text."""
        rng = self._rng
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        slots = SLOTS[kind](self, language)
        sentence, evidence = _told(SENTENCES[kind][language], slots, start)
        fact = Fact(
            type=kind,
            stage=rng.choice((Stage.COMPLETED, Stage.COMPLETED, Stage.AGREED, Stage.PLANNED)),
            modality=rng.choice((Modality.ASSERTED, Modality.ASSERTED, Modality.REPORTED)),
            valid=Interval(start=day, end=day),
            slots=slots,
            evidence=evidence,
            rule=f"{('en', 'ar')[language]}.{kind}.told",
            confidence=rng.choice(("0.95", "0.9", "0.8", "0.6")),
        )
        return fact, sentence

    def company(self, language: int) -> Entity:
        """Draw a company by its rank."""
        rank = bisect(self._weights, self._rng.random() * self._weights[-1])
        return _entity(f"{rank + 1}", NAMES, FIELDS, rank, EntityKind.ORG, language)

    def two(self, language: int) -> tuple[Entity, Entity]:
        """Draw two different companies."""
        one = other = self.company(language)
        while other.id == one.id:
            other = self.company(language)
        return one, other

    def person(self, language: int) -> Entity:
        """Draw one of four people for each name."""
        n = self._rng.randrange(4 * len(PEOPLE) * len(FAMILIES))
        return _entity(f"{n}", PEOPLE, FAMILIES, n, EntityKind.PERSON, language)

    def money(self, language: int) -> Quantity:
        """Draw an amount with two significant figures."""
        tenths = self._rng.randint(10, 99)
        scale = ("million", "مليون دولار")[language]
        surface = f"${tenths / 10} {scale}" if language == 0 else f"{tenths / 10} {scale}"
        amount = str(tenths * 100_000)
        return Quantity(low=amount, high=amount, unit="USD", surface=surface)

    def quarter(self, language: int) -> Interval:
        """Draw one of twelve quarters."""
        n = self._rng.randrange(12)
        first = date(2022 + n // 4, 1 + n % 4 * 3, 1)
        last = date(first.year + (first.month == 10), (first.month + 2) % 12 + 1, 1) - timedelta(days=1)
        words = (f"Q{n % 4 + 1} {first.year}", f"الربع {n % 4 + 1} من {first.year}")[language]
        return Interval(start=first, end=last, precision="quarter", surface=words)

    def day(self) -> date:
        """Draw a day of publication."""
        return FIRST_DAY + timedelta(days=self._rng.randrange(DAYS))

    def choice(self, options: tuple[str, ...]) -> str:
        """Draw one of some words."""
        return self._rng.choice(options)


def _entity(
    mark: str,
    firsts: list[tuple[str, str]],
    lasts: list[tuple[str, str]],
    number: int,
    kind: EntityKind,
    language: int,
) -> Entity:
    first, last = firsts[number % len(firsts)], lasts[number // len(firsts) % len(lasts)]
    name = f"{first[0]} {last[0]} {mark}"
    surface = f"{first[language]} {last[language]} {mark}"
    return Entity(id=name.lower().replace(" ", "-"), name=name, surface=surface, kind=kind)


def _investment(t: Teller, lang: int) -> dict[str, Any]:
    target, investor = t.two(lang)
    amount = t.money(lang)
    return {"target": target, "investors": (Investor(entity=investor),), "amount": amount}


def _acquisition(t: Teller, lang: int) -> dict[str, Any]:
    target, acquirer = t.two(lang)
    return {"target": target, "acquirers": (acquirer,), "amount": t.money(lang)}


def _two(one: str, other: str, **more: Any) -> Callable[[Teller, int], dict[str, Any]]:
    return lambda t, lang: {**dict(zip((one, other), t.two(lang), strict=True)), **more}


def _person(t: Teller, lang: int) -> dict[str, Any]:
    return {"organisation": t.company(lang), "person": t.person(lang)}


SLOTS: dict[str, Callable[[Teller, int], dict[str, Any]]] = {
    "investment": _investment,
    "acquisition": _acquisition,
    "supply": _two("supplier", "customer"),
    "customer_pullback": _two("supplier", "customer", extent="reducing"),
    "partnership": lambda t, lang: {"parties": tuple(sorted(t.two(lang), key=lambda entity: entity.id))},
    "appointment": _person,
    "departure": _person,
    "valuation": lambda t, lang: {"company": t.company(lang), "amount": t.money(lang)},
    "financial_result": lambda t, lang: {
        "company": t.company(lang),
        "metric": t.choice(METRICS),
        "amount": t.money(lang),
        "period": t.quarter(lang),
    },
}


def _told(template: str, slots: dict[str, Any], start: int) -> tuple[str, dict[str, tuple[Span, ...]]]:
    """Fill a sentence, and give the spans of what was filled in."""
    sentence = ""
    evidence: dict[str, tuple[Span, ...]] = {}
    for number, piece in enumerate(re.split(r"[{}]", template)):
        if number % 2 == 0:
            sentence += piece
            continue
        path, _, words = piece.partition("=")
        words = words or _surface(slots, path)
        at = start + len(sentence)
        evidence[path] = (Span(start=at, end=at + len(words), exact=words),)
        sentence += words
    return sentence, evidence


def _surface(slots: dict[str, Any], path: str) -> str:
    name, _, number = path.partition(".")
    value = slots[name][int(number)] if number else slots[name]
    return str(value.entity.surface if isinstance(value, Investor) else value.surface)
