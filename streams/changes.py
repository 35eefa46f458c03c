"""What changed on a line: its value before and after, for histories, differences and streams of positions.

A value is what a line says on a day. It changes when it says something else, not when more tell the same.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from streams.fold import View, holding
from streams.ids import canonical, meaning

TOLD = ("type", "date", "certain", "precision", "closing", "weak", "events", "origins")


def value(view: View | None, day: date) -> View | None:
    """Tell what a line says on a day, in short; none where it says nothing, or is not there.

    Returns the step's TOLD, "possibly", and of its preferred entry "event" (its id), "stage", "modality",
    "attributed_to" and "slots".
    """
    said = holding(view, day) if view is not None else None
    step = said["current"] if said else None
    if said is None or step is None:
        return None
    entry = step["entry"]
    return {
        **{name: step[name] for name in TOLD},
        "possibly": said["possibly"],
        "event": entry["id"],
        **{name: entry[name] for name in ("stage", "modality", "attributed_to", "slots") if name in entry},
    }


def same(one: View | None, other: View | None) -> bool:
    """Say whether two values tell the same, however many tell it and whoever tells it best."""
    return one is other or _meaning(one) == _meaning(other)


def along(view: View, after: date, until: date) -> list[tuple[date, View | None, View | None]]:
    """List the days after `after` up to `until` on which a line's value changes: day, before, since then."""
    days = sorted({day for step in view["steps"] for day in _days(step) if after < day <= until})
    found = []
    before = value(view, after)
    for day in days:
        since = value(view, day)
        if not same(before, since):
            found.append((day, before, since))
        before = since
    return found


def _days(step: View) -> list[date]:
    return [date.fromisoformat(step["date"]), date.fromisoformat(step["certain"])]


def _meaning(told: View | None) -> bytes | None:
    if told is None:
        return None
    compared: dict[str, Any] = {
        name: told[name] for name in ("type", "date", "closing", "weak", "possibly", "stage", "modality")
    }
    compared["slots"] = meaning(told["slots"], quotes=False)
    return canonical(compared)
