"""What a peer makes of an event: an entry on each of the two lines that it touches, and the lines folded.

Simpler than ours (no ids checked, no steps, no rivals, no versions), and the same in Java: see `Fold.java`.
"""

from __future__ import annotations

from typing import Any

OTHERS = {
    "investment": "investors",
    "acquisition": "acquirers",
    "supply": "customer",
    "customer_pullback": "customer",
    "partnership": "parties",
    "appointment": "person",
    "departure": "person",
}
"""By type: the slot of the second party; the first is the event's home."""


def lines(event: dict[str, Any]) -> list[str]:
    """Name the lines that an event touches."""
    kind, home, slots = event["type"], event["home"], event["slots"]
    slot = OTHERS.get(kind)
    if slot is None:
        return [f"{home}|{kind}|{slots.get('metric', '-')}"]
    other = slots[slot]
    if isinstance(other, list):
        other = other[-1]
    other = other.get("entity", other)["id"]
    return [f"{home}|{kind}|{other}", f"{other}|{kind}-of|{home}"]


KEPT = ("id", "type", "valid", "stage", "modality", "origin", "slots")


def entry(event: dict[str, Any]) -> dict[str, Any]:
    """Give what is kept of an event on each of its lines."""
    return {name: event[name] for name in KEPT}


def folded(row: dict[str, Any] | None, entry: dict[str, Any]) -> dict[str, Any]:
    """Add an entry to a line: how many there were, and the latest of them by day and id."""
    if row is None:
        return {"events": 1, "latest": entry}
    before = row["latest"]
    newer = (before["valid"]["from"], before["id"]) < (entry["valid"]["from"], entry["id"])
    return {"events": row["events"] + 1, "latest": entry if newer else before}
