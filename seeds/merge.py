"""Merging: partial facts of one event become one; what conflicts stays two.

Two facts are one if type, identities and polarity agree and no value conflicts. The fuller one gives stage
and modality; the other adds the slots that it lacks, and its evidence.
"""

from __future__ import annotations

from decimal import Decimal

from seeds.built import Built
from seeds.event_types import slot_kinds
from seeds.facts import Entity, Interval, Investor, Modality, Quantity, SlotValue, Stage, Text

APART = {"survey_statistic", "forecast"}  # each is a claim of its own
MUST_SHARE = {
    "investment": ("target", "investors"),
    "acquisition": ("target",),
    "appointment": ("person", "organisation"),
    "departure": ("person", "organisation"),
    "concern": ("company", "kind", "holder"),
    "capex_plan": ("company", "amount"),
    "infrastructure_build": ("company", "kind"),
    "valuation": ("company", "amount"),
    "survey_statistic": ("percent",),
    "forecast": ("forecaster",),
    "financial_result": ("company", "metric", "amount"),
}
"""Slots in which two facts must agree, not merely not differ."""
ONCE = {"departure"}  # nobody leaves a house twice: the day of the news and the last day there are one
NEAR = 2  # sentences behind a deal in which a valuation of its target is told with it
ROUNDING = Decimal("0.15")  # how far a headline may round an amount
DEALS = ("investment", "acquisition")


def merge(facts: list[Built]) -> list[Built]:
    """Merge the facts of a document, and tie the valuations to their deals; order is that of the text."""
    _part(facts)
    kept: list[Built] = []
    for fact in facts:
        same = next((k for k in kept if _same(k, fact)), None)
        if same is None:
            kept.append(fact)
        else:
            kept[kept.index(same)] = _joined(same, fact)
    for fact in kept:
        _derive(fact, kept)
    return kept


def _part(facts: list[Built]) -> None:
    """Take from a deal the amount that its own sentence tells as the worth of the company."""
    worth = {place for f in facts if f.type == "valuation" for place in f.evidence["amount"]}
    for deal in facts:
        if deal.type in DEALS and worth.intersection(deal.evidence.get("amount", ())):
            del deal.slots["amount"], deal.evidence["amount"]


def _same(a: Built, b: Built) -> bool:
    if a.type != b.type or (a.modality == Modality.DENIED) != (b.modality == Modality.DENIED):
        return False
    if a.type in APART and not a.headline and not b.headline:
        return a.type == "survey_statistic" and a.evidence["percent"] == b.evidence["percent"]
    closed = (Stage.CANCELLED, Stage.ENDED)
    if (a.stage in closed) != (b.stage in closed):
        return False
    shared = MUST_SHARE.get(a.type, ())
    if a.type == "investment" and abs(a.sentence - b.sentence) <= NEAR and _one_round(a, b):
        shared = ("target",)
    names = set(a.slots) | set(b.slots)
    return all(
        _agree(n, a.slots.get(n), b.slots.get(n), n in shared, a.headline != b.headline) for n in names
    ) and (a.type in ONCE or _overlap(a.valid, b.valid))


def _one_round(a: Built, b: Built) -> bool:
    """Tell whether one fact has the amount of a round, and the other only who gave it."""
    one, other = (a, b) if "amount" in a.slots else (b, a)
    return "amount" in one.slots and "investors" not in one.slots and "amount" not in other.slots


def _agree(name: str, x: SlotValue | None, y: SlotValue | None, needed: bool, rounded: bool) -> bool:
    """Tell whether two values of one slot may be told of one event."""
    if x is None or y is None:
        return not needed
    if isinstance(x, Entity) and isinstance(y, Entity):
        return x.id == y.id
    if isinstance(x, tuple) and isinstance(y, tuple):
        return _ids(x) == _ids(y) if name == "parties" else bool(_ids(x) & _ids(y))
    if isinstance(x, Quantity) and isinstance(y, Quantity):
        if rounded and x.unit != y.unit:
            return (_money(x) and _money(y)) or _close(x, y)  # a headline may tell another currency
        return x.unit == y.unit and (_close(x, y) if rounded else (x.low, x.high) == (y.low, y.high))
    if isinstance(x, Interval) and isinstance(y, Interval):
        return rounded or _overlap(x, y)
    if isinstance(x, Text) or (name == "kind" and not needed):
        return True  # the same thing is told in many words
    return x == y


def _money(x: Quantity) -> bool:
    return x.unit is not None and len(x.unit) == 3 and x.unit.isupper()


def _close(x: Quantity, y: Quantity) -> bool:
    """Tell whether two amounts are one, told roundly in a headline."""
    pairs = ((x.low or x.high, y.low or y.high), (x.high or x.low, y.high or y.low))
    return all(abs(Decimal(a) - Decimal(b)) <= ROUNDING * abs(Decimal(b)) for a, b in pairs if a and b)


def _ids(parties: tuple[Entity, ...] | tuple[Investor, ...]) -> frozenset[str]:
    return frozenset(p.entity.id if isinstance(p, Investor) else p.id for p in parties)


def _overlap(a: Interval | None, b: Interval | None) -> bool:
    if a is None or b is None or not (a.start and a.end and b.start and b.end):
        return True
    return a.start <= b.end and b.start <= a.end


def _joined(a: Built, b: Built) -> Built:
    """Return the fuller fact, with what only the other tells."""
    fuller = (not a.headline, len(a.slots)) >= (not b.headline, len(b.slots))
    main, other = (a, b) if fuller else (b, a)
    for name in slot_kinds(main.type):
        better = name in main.referred and name in other.slots and name not in other.referred
        if (name not in main.slots and name in other.slots) or better:
            main.referred.discard(name)
            main.slots[name] = other.slots[name]
            main.evidence.update(
                {k: v for k, v in other.evidence.items() if k == name or k.startswith(name + ".")}
            )
    if main.valid is None and other.valid is not None:
        main.valid = other.valid
        main.evidence.update({k: v for k, v in other.evidence.items() if k == "valid"})
    main.also = [*main.also, other.sentence, *other.also]
    main.evidence["trigger"] = sorted({*main.evidence["trigger"], *other.evidence["trigger"]})
    return main


def _derive(fact: Built, facts: list[Built]) -> None:
    """Give a valuation told with a deal follows from it, and is the deal's valuation too."""
    if fact.type != "valuation":
        return
    company = fact.entities("company")[0].id
    for deal in facts:
        near = any(0 <= fact.sentence - t <= NEAR for t in (deal.sentence, *deal.also))
        if deal.type in DEALS and deal.entities("target")[0].id == company and near:
            fact.parent = deal
            if fact.valid is None and deal.valid is not None:
                fact.valid = deal.valid
                fact.evidence.update({k: v for k, v in deal.evidence.items() if k == "valid"})
            if deal.type == "investment" and "valuation" not in deal.slots:
                deal.slots["valuation"] = fact.slots["amount"]
                deal.evidence["valuation"] = fact.evidence["amount"]
            return
