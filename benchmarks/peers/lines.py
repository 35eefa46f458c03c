"""What a peer makes of an event: the two lines that it touches, each folded by read-modify-write.

Simpler than ours (no ids checked, no steps, no rivals), and the same in Java: see `Fold.java`.
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


def folded(row: dict[str, Any] | None, event: dict[str, Any]) -> dict[str, Any]:
    """Add an event to a line: how many there were, and the latest of them by day and id."""
    day = event["valid"]["from"]
    latest = {
        "id": event["id"],
        "day": day,
        "stage": event["stage"],
        "modality": event["modality"],
        "amount": event["slots"].get("amount"),
    }
    if row is None:
        return {"events": 1, "latest": latest}
    before = row["latest"]
    newer = (before["day"], before["id"]) < (day, event["id"])
    return {"events": row["events"] + 1, "latest": latest if newer else before}
