"""How the examples of the rules write what must come out, and whether a fact is that.

An entity by its id, name or surface; an amount as "USD 14800000000" or "49", a range as "USD 60-65"; a text
by its quote; a list in any order; beside the slots, `stage` and `modality`.
"""

from __future__ import annotations

from typing import Any

from seeds.explain import fact_record
from seeds.facts import Fact


def as_expected(fact: Fact, expect: dict[str, Any]) -> bool:
    """Tell whether a fact is what an example expects."""
    record = fact_record(fact)
    found = {**record["slots"], "stage": record["stage"], "modality": record["modality"]}
    return all(agrees(wanted, found.get(name)) for name, wanted in expect.items())


def agrees(wanted: Any, found: Any) -> bool:
    """Tell whether a slot of `khabar parse --json` is what an example expects."""
    if isinstance(wanted, list):
        full = isinstance(found, list) and len(found) == len(wanted)
        return full and all(any(agrees(w, f) for f in found) for w in wanted)
    if not isinstance(found, dict):
        return str(wanted).lower() == str(found).lower()
    if "bound" in found:
        return str(wanted) in _amounts(found)
    if "quote" in found:
        return bool(wanted == found["quote"])
    names = [str(found.get(key)) for key in ("id", "name", "surface")]
    return str(wanted) in names or names[0].startswith(f"{wanted}-")


def _amounts(found: dict[str, Any]) -> set[str]:
    low, high = found["low"], found["high"]
    number = low if high in (low, None) else high if low is None else f"{low}-{high}"
    return {str(number), f"{found['unit']} {number}"}


def essence(fact: Fact) -> str:
    """Write what of a fact does not depend on the language of its article: ids, numbers, days, choices."""
    record = fact_record(fact)
    slots = {name: _essential(value) for name, value in sorted(record["slots"].items())}
    return str((record["type"], record["stage"], record["modality"], record["valid"]["from"], slots))


def _essential(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(str(_essential(v)) for v in value)
    if not isinstance(value, dict):
        return value
    if "quote" in value:
        return value["modality"]
    if "id" in value:
        return value["id"] if value["resolved"] else value["kind"]
    if "bound" in value:
        return value["low"], value["high"], value["bound"], value["unit"]
    if "precision" in value:
        return value["from"], value["to"], value["precision"]
    return {key: _essential(v) for key, v in value.items()}
