"""How the examples of the rules write what must come out.

An entity by its id, name or surface; an amount as "USD 14800000000" or "49", a range as "USD 60-65"; a text
by its quote; a list in any order.
"""

from __future__ import annotations

from typing import Any


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
