"""Unusable records of many kinds among good ones: each becomes a dead letter, and nothing else differs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from streams import codec
from streams.documents import Place
from streams.events import AnyEvent
from streams.ids import canonical, event_id
from streams.settings import Settings
from streams.topics import fact_topic, partition_of, topic_name

Data = dict[str, Any]


@dataclass
class Bad:
    """A record to be sent in the place of a good event's: value, key, partition."""

    value: bytes | None
    key: bytes | None
    partition: int


def _signed(data: Data) -> bytes:
    """Write data with the id that it ought to have, so that something else is wrong with it."""
    return canonical({**data, "id": event_id(data)})


def _deep(data: Data) -> bytes:
    return b"[" * 5000 + b"]" * 5000


VALUES: dict[str, Callable[[Data], bytes | None]] = {
    "not JSON": lambda data: b"{" + canonical(data)[:40],
    "cut off in the middle": lambda data: canonical(data)[:-20],
    "nothing at all": lambda data: b"",
    "a tombstone": lambda data: None,
    "invalid UTF-8": lambda data: canonical(data).replace(b'"type"', b'"\xff\xfe"'),
    "UTF-16": lambda data: canonical(data).decode().encode("utf-16"),
    "a list": lambda data: b"[" + canonical(data) + b"]",
    "a number": lambda data: b"42",
    "null": lambda data: b"null",
    "lists in lists": _deep,
    "an id that is not the hash of the content": lambda data: canonical({**data, "confidence": "0.123"}),
    "no id": lambda data: canonical({k: v for k, v in data.items() if k != "id"}),
    "no source": lambda data: canonical({k: v for k, v in data.items() if k != "source"}),
    "a type that nobody knows": lambda data: _signed({**data, "type": "rumour"}),
    "a type that is a number": lambda data: _signed({**data, "type": 7}),
    "slots of another type": lambda data: _signed({**data, "slots": {"matter": 1}}),
    "a slot missing": lambda data: _signed({**data, "slots": {}}),
    "another home": lambda data: _signed({**data, "home": "somebody-else"}),
    "a version that is no number": lambda data: _signed({**data, "schema_version": "two"}),
    "a day that is none": lambda data: _signed(
        {**data, "source": {**data["source"], "published_at": "2025-02-30"}}
    ),
    "a time beyond the calendar": lambda data: _signed(
        {**data, "source": {**data["source"], "published_at": "99999-01-01T00:00:00Z"}}
    ),
    "too large": lambda data: _signed(
        {**data, "evidence": {path: spans * 300 for path, spans in data["evidence"].items()}}
    ),
    "a number with a point": lambda data: orjson.dumps({**data, "confidence": 0.5}),
    "no number at all": lambda data: canonical(data).replace(b'"confidence":', b'"nan":NaN,"confidence":'),
}
"""By kind: what is made of the data of a good event."""

PLACES = ("the wrong partition", "the wrong key", "no key", "the wrong key and partition")
KINDS = (*VALUES, *PLACES)


@dataclass
class Poisoned:
    """What was sent: the places of bad records, and what they were meant to be."""

    kinds: dict[Place, str] = field(default_factory=dict)
    meant: dict[Place, AnyEvent] = field(default_factory=dict)
    keys: dict[Place, bytes | None] = field(default_factory=dict)


def bad(kind: str, event: AnyEvent, settings: Settings) -> Bad:
    """Make an unusable record out of a good event."""
    data, home = codec.wire(event), event.home.encode()
    belongs = partition_of(home, settings.partitions)
    if kind in VALUES:
        return Bad(VALUES[kind](data), home, belongs)
    keys = {"the wrong partition": home, "no key": None}
    moved = 1 if "partition" in kind else 0
    return Bad(canonical(data), keys.get(kind, b"somebody-else"), (belongs + moved) % settings.partitions)


async def send(
    settings: Settings, sender: AIOKafkaProducer, event: AnyEvent, kind: str, sent: Poisoned
) -> None:
    """Send an unusable record in the place of an event; without headers, as strangers do."""
    record, topic = bad(kind, event, settings), fact_topic(event.type)
    done = await sender.send_and_wait(
        topic_name(settings, topic), record.value, key=record.key, partition=record.partition
    )
    place = Place(topic, done.partition, done.offset)
    sent.kinds[place], sent.meant[place], sent.keys[place] = kind, event, record.key


async def send_odd(settings: Settings, sender: AIOKafkaProducer, event: AnyEvent) -> None:
    """Send a good event without headers, or with those of another: the value is what counts."""
    home, headers = event.home.encode(), codec.headers(event)
    odd = [(name, b"another") for name, _ in headers] if event.id[0] in "01234567" else []
    await sender.send_and_wait(
        topic_name(settings, fact_topic(event.type)),
        codec.encode(event),
        key=home,
        partition=partition_of(home, settings.partitions),
        headers=odd,
    )


def which(rng: random.Random, number: int, share: float) -> dict[int, str]:
    """Choose which of `number` events are spoilt, and how: every kind comes."""
    count = max(len(KINDS), round(number * share))
    return {n: KINDS[i % len(KINDS)] for i, n in enumerate(rng.sample(range(number), count))}
