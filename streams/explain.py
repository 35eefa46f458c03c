"""Why a line says what it says: every step, with the telling that stands for it and those that lost, and why.

The fold shows samples; this shows all, by the same parts and the same order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.fold import retracted
from streams.preference import Posted, lost_by, told
from streams.steps import steps


def explain(posted: Iterable[Posted]) -> dict[str, Any]:
    """Explain the entries of one line, each given once.

    Returns {"steps": [{"date", "certain", "type", "closing", "weak", "preferred": id, "origins", "rivals":
    [{"event": id, "lost_by"}]}], "retracted": ids}; a rival lost by what it is the first to be weaker in,
    in the order of preference (`streams.preference.REASONS`), or because it is `denied`.
    """
    items = list(posted)
    dead = retracted(items)
    facts = [item for item in items if item.entry["type"] != "retraction"]
    living = sorted(told(item) for item in facts if item.entry["id"] not in dead)
    return {
        "steps": [_step(lost_by(group)) for group in steps(living)],
        "retracted": sorted(item.entry["id"] for item in facts if item.entry["id"] in dead),
    }


def _step(order: list[Any]) -> dict[str, Any]:
    best = order[0][0]
    dated = [telling for telling, _ in order if telling.strong == best.strong and not telling.denied]
    return {
        "date": min(telling.day for telling in dated).isoformat(),
        "certain": min(telling.certain for telling in dated).isoformat(),
        "type": best.type,
        "closing": best.closing,
        "weak": not best.strong,
        "preferred": best.id,
        "origins": sorted({t.entry["origin"] for t, _ in order if not t.denied}),
        "rivals": [{"event": telling.id, "lost_by": reason} for telling, reason in order[1:]],
    }
