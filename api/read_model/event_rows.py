"""An event's bytes to a row of the events file: pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Mention(NamedTuple):
    """An entity as an event names it."""

    id: str
    kind: str
    name: str
    surface: str
    resolved: bool


class EventRow(NamedTuple):
    """The columns by which events are found; those of a retraction are of the innermost event in it."""

    key: bytes
    type: str
    fact_type: str
    stage: str
    modality: str
    confidence: float
    home: str
    document: str
    published_at: str | None
    fact: dict[str, Any]
    """The innermost event of a retraction, else the event itself."""
    target: bytes | None
    """What a retraction takes back: the key of the event directly in it."""
    roles: frozenset[str]
    mentions: tuple[Mention, ...]


def key_of(event_id: str) -> bytes:
    """Give the key of an event: the first half of its id."""
    return bytes.fromhex(event_id[:32])


def event_row(data: dict[str, Any]) -> EventRow:
    """Read the columns out of an event's data (checked by the codec, upcast)."""
    fact, target = data, None
    while fact["type"] == "retraction":
        target = target or key_of(fact["slots"]["event"]["id"])
        fact = fact["slots"]["event"]
    mentions = tuple(_mentions(fact["slots"]))
    return EventRow(
        key=key_of(data["id"]),
        type=data["type"],
        fact_type=fact["type"],
        stage=fact["stage"],
        modality=fact["modality"],
        confidence=float(fact["confidence"]),
        home=data["home"],
        document=data["source"]["document"],
        published_at=fact["source"].get("published_at"),
        fact=fact,
        target=target,
        roles=frozenset({fact["home"], *(mention.id for mention in mentions)}),
        mentions=mentions,
    )


def _mentions(value: object) -> Iterator[Mention]:
    """Walk the slots: a dict with an id and a surface is an entity, whatever version wrote it."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str) and "surface" in value:
            yield Mention(
                value["id"],
                str(value.get("kind", "org")),
                str(value.get("name", value["id"])),
                value["surface"] if isinstance(value["surface"], str) else "",  # erased ones are hashes
                bool(value.get("resolved", True)),
            )
        for inner in value.values():
            yield from _mentions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mentions(inner)
