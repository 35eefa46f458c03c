"""Series over time out of a position: who held what when, as data for a chart or a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.fold import View

SERIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "valuation": (("valuation",), ("amount",)),
    "stakes": (("investors", "acquirers"), ("stake_percent", "amount", "valuation", "voting", "round")),
    "leadership": (("leadership",), ("role", "unit", "reason")),
    "capital_spending": (("capex",), ("amount", "period", "purpose")),
}
"""Series → the sections that it is made of, and the slots that it shows."""


def timelines(lines: Iterable[tuple[str, str, str | None, View]]) -> dict[str, list[dict[str, Any]]]:
    """Make the series of a company from its lines: (section, counterpart, name of that, view).

    Each point is a step: {"date", "certain", "section", "counterpart", "name", "type", "closing", "weak",
    "stage", "modality", "events", "origins", "event", slots …}, in the order of time.
    """
    series: dict[str, list[dict[str, Any]]] = {name: [] for name in SERIES}
    for section, counterpart, known_as, view in lines:
        for name, (sections, slots) in SERIES.items():
            if section in sections:
                series[name] += [
                    _point(section, counterpart, known_as, step, slots) for step in view["steps"]
                ]
    for points in series.values():
        points.sort(key=lambda point: (point["date"], point["counterpart"], point["event"]))
    return series


def _point(
    section: str, counterpart: str, name: str | None, step: View, slots: tuple[str, ...]
) -> dict[str, Any]:
    entry = step["entry"]
    return {
        **{key: step[key] for key in ("date", "certain", "type", "closing", "weak", "events", "origins")},
        "section": section,
        "counterpart": counterpart,
        "name": name,
        "stage": entry["stage"],
        "modality": entry["modality"],
        "event": entry["id"],
        **{slot: entry["slots"][slot] for slot in slots if slot in entry["slots"]},
    }
