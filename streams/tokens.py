"""Log tokens: a place in history as users hold it. Opaque to them, valid on every replica and generation.

A token is a cut and what has moved since, of the facts and the changes of entities; a reader that knows the
cut knows the vector. One that was given for a document also holds the place of its record.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.cuts import Cut
from streams.documents import Place
from streams.errors import StreamsError
from streams.ids import canonical
from streams.topics import fact_topics
from streams.vectors import OFFSET_MAX, PARTITION_MAX, Vector, copy, next_offset, number

VERSION = 1
TEXT_MAX = 4096
LOG_MAX = 64
FACTS = "facts."
ENTITIES = "entities"
TOPICS = frozenset((*fact_topics(), ENTITIES))


class TokenError(StreamsError):
    """When a text is not a token, or not one of this log."""

    exit_code = 2


@dataclass(frozen=True)
class Token:
    """`log` names the log (its cluster id); `moved` counts the places between cut number `cut` and here."""

    log: str
    cut: int
    moved: Vector = field(default_factory=dict, hash=False)
    document: Place | None = None

    def encode(self) -> str:
        """Write the token: URL-safe, at most TEXT_MAX characters.

        One that would be longer is written without what has moved: who goes on from its cut meets some
        events again, and misses none.
        """
        text = _text(self._data())
        return text if len(text) <= TEXT_MAX else _text({**self._data(), "m": {}})

    @classmethod
    def decode(cls, text: str) -> Token:
        """Read a token. Raises TokenError."""
        try:
            return cls._decode(text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = "not a log token: take one from the Khabar-Token header of an answer"
            raise TokenError(message) from error

    def _data(self) -> dict[str, Any]:
        """Lay the token out with short names; of each topic, partitions and counts in turn."""
        flat = {
            topic.removeprefix(FACTS): [n for p, count in counts.items() for n in (int(p), count)]
            for topic, counts in self.moved.items()
        }
        data: dict[str, Any] = {"v": VERSION, "l": self.log, "c": self.cut, "m": flat}
        if self.document:
            data["d"] = [self.document.partition, self.document.offset]
        return data

    @classmethod
    def _decode(cls, text: str) -> Token:
        if len(text) > TEXT_MAX or not text.isascii():
            raise ValueError
        data = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        log = data["l"]
        if data["v"] != VERSION or not isinstance(log, str) or len(log) > LOG_MAX:
            raise ValueError
        document = None
        if "d" in data:
            partition, offset = data["d"]
            document = Place("documents", number(partition, PARTITION_MAX), number(offset, OFFSET_MAX))
        moved = {_topic(name): _counts(flat) for name, flat in data["m"].items()}
        return cls(log, number(data["c"], OFFSET_MAX), moved, document)


def at(log: str, cut: Cut, vector: Vector, document: Place | None = None) -> Token:
    """Make the token of a vector that dominates a cut."""
    moved: Vector = {}
    for topic, offsets in vector.items():
        beyond = {p: o - next_offset(cut.vector, topic, int(p)) for p, o in offsets.items()}
        counts = {p: count for p, count in beyond.items() if count > 0}
        if counts and topic in TOPICS:
            moved[topic] = counts
    return Token(log, cut.number, moved, document)


def vector_of(token: Token, cut: Cut) -> Vector:
    """Give the vector of a token, knowing its cut."""
    vector = copy(cut.vector)
    for topic, counts in token.moved.items():
        for partition, count in counts.items():
            start = next_offset(cut.vector, topic, int(partition))
            vector.setdefault(topic, {})[partition] = start + count
    return vector


def _text(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(canonical(data)).rstrip(b"=").decode()


def _topic(name: str) -> str:
    topic = name if name == ENTITIES else FACTS + name
    if topic not in TOPICS:
        raise ValueError
    return topic


def _counts(flat: Any) -> dict[str, int]:
    if not isinstance(flat, list) or len(flat) % 2:
        raise ValueError
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return {str(number(partition, PARTITION_MAX)): number(count, OFFSET_MAX) for partition, count in pairs}
