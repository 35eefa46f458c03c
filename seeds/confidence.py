"""How sure a fact is: measured, not typed in.

`rules/confidence.json` holds, per rule, how many facts came out right and wrong on annotated texts (the rule
examples and the shipped annotated article; see `python -m seeds.confidence`). A rule's figure is the
posterior mean of its precision; the prior is the pooled precision of its event type, with the weight of
PRIOR_WEIGHT observations. A fact is as sure as the weakest of what it rests on.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib.resources import files

import orjson

from seeds.built import Built
from seeds.facts import Bound, Modality, Quantity, decimal_string

PRIOR_WEIGHT = 4
STEP = Decimal("0.001")
Counts = dict[str, tuple[int, int]]


@cache
def _counts() -> dict[str, Counts]:
    """Right and wrong by group ("rules", "traits") and name."""
    data = orjson.loads((files("seeds") / "rules" / "confidence.json").read_bytes())
    return {group: {k: (int(v[0]), int(v[1])) for k, v in data[group].items()} for group in data}


def confidence(fact: Built) -> str:
    """Return the confidence in [0, 1], with at most three digits."""
    counts = _counts()
    rule = posterior(counts["rules"].get(fact.rule.id, (0, 0)), _pooled(counts["rules"], fact.rule.event))
    traits = [posterior(counts["traits"].get(trait, (0, 0)), rule) for trait in traits_of(fact)]
    return decimal_string(min([rule, *traits]).quantize(STEP, ROUND_HALF_EVEN))


def traits_of(fact: Built) -> list[str]:
    """Name what of a fact, beside its rule, may make it more or less sure."""
    entities = fact.entities(*fact.slots)
    return [
        "entity.resolved" if all(e.resolved for e in entities) else "entity.unresolved",
        "value.exact" if _exact(fact) else "value.bounded",
        "modality.asserted" if fact.modality == Modality.ASSERTED else "modality.other",
    ]


def _exact(fact: Built) -> bool:
    return all(v.bound == Bound.EXACT for v in fact.slots.values() if isinstance(v, Quantity))


def _pooled(counts: Counts, event: str) -> Decimal:
    """Precision of all rules of a type, with one right and one wrong added: no evidence is 1/2."""
    of_type = [c for rule, c in counts.items() if rule.split(".")[1] == event]
    right, wrong = (sum(c[n] for c in of_type) for n in (0, 1))
    return Decimal(right + 1) / Decimal(right + wrong + 2)


def posterior(count: tuple[int, int], prior: Decimal) -> Decimal:
    """Return the mean of a precision seen `count` times right and wrong, under its prior."""
    right, wrong = count
    return (right + PRIOR_WEIGHT * prior) / (right + wrong + PRIOR_WEIGHT)
