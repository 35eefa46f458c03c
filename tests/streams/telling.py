"""Events as articles tell them, with only what a fold looks at; every number `n` is another document."""

from __future__ import annotations

from typing import Any

import orjson

from streams.codec import wire
from streams.delta import retraction
from streams.documents import StoredDocument
from streams.entries import entries
from streams.events import AnyEvent
from streams.fold import Posted
from streams.from_facts import sealed
from streams.slots import Cause

MS = 1_750_000_000_000  # 15 June 2025
HASH = "0" * 64


def entity(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_, "surface": id_, **more}


def money(amount: str) -> dict[str, str]:
    return {"low": amount, "high": amount, "unit": "USD", "surface": f"${amount}"}


def days(start: str, end: str | None = None, precision: str = "day") -> dict[str, str]:
    return {"from": start, "to": end or start, "precision": precision}


def fact(
    event_type: str, slots: dict[str, Any], *, day: str | None = None, valid: dict[str, str] | None = None,
    stage: str = "completed", modality: str = "asserted", published: str | None = "2025-06-01",
    origin: str = "o", confidence: str = "0.9", n: int = 0,
) -> AnyEvent:  # fmt: skip
    data = {
        "type": event_type,
        "stage": stage,
        "modality": modality,
        "valid": days(day) if day else valid,
        "slots": slots,
        "evidence": {"trigger": [{"start": n, "end": n + 1, "exact": "x"}]},
        "source": {
            "document": f"d{n}",
            "revision": "01J00000000000000000000000",
            "text_sha256": HASH,
            "salt": "0" * 32,
            "language": "en",
            "published_at": published,
        },
        "extraction": {"extractor": "rules", "version": "1", "rule": "r"},
        "confidence": confidence,
        "origin": origin,
    }
    return sealed(data, None)


def retracting(event: AnyEvent, cause: Cause = Cause.EXTRACTOR_BUG) -> AnyEvent:
    document = StoredDocument(
        document=event.source.document,
        revision="01J00000000000000000000001",
        fetched_at="2025-07-01T00:00:00Z",
        text_sha256=HASH,
        salt="0" * 32,
        origin="o",
    )
    return retraction(wire(event), cause, "tester", document)


def entry_of(event: AnyEvent) -> dict[str, Any]:
    """The entry of an event: the same on all lines that it touches."""
    entry: dict[str, Any] = orjson.loads(entries(wire(event))[0][1])
    return entry


def posted(*told: AnyEvent) -> list[Posted]:
    return [Posted(entry_of(event), MS) for event in told]
