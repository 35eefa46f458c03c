"""Log tokens: a place in history as users hold it. Opaque to them, valid on every replica and generation.

A token is a cut and what has moved since; a reader that knows the cut knows the vector. One that was given
for a document also holds the place of its record.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

import orjson

from streams.cuts import Cut
from streams.documents import Place
from streams.errors import StreamsError
from streams.events import CATALOGUE
from streams.ids import canonical
from streams.topics import fact_topic
from streams.vectors import Vector, advance, copy, next_offset

VERSION = 1
TEXT_MAX = 4096
INTEGER_MAX = 1 << 53


class TokenError(StreamsError):
    """When a text is not a token, or not one of this log."""

    exit_code = 2


@dataclass(frozen=True)
class Token:
    """`log` names the log (its cluster id); `moved` holds next offsets beyond those of cut number `cut`."""

    log: str
    cut: int
    moved: Vector = field(default_factory=dict, hash=False)
    document: Place | None = None

    def encode(self) -> str:
        """Write the token: URL-safe, at most TEXT_MAX characters."""
        names = {fact_topic(t): n for n, t in enumerate(CATALOGUE)}
        data: dict[str, object] = {"v": VERSION, "l": self.log, "c": self.cut}
        if self.moved:
            data["m"] = {
                str(names[topic]): offsets for topic, offsets in self.moved.items() if topic in names
            }
        if self.document:
            data["d"] = [self.document.partition, self.document.offset]
        return base64.urlsafe_b64encode(canonical(data)).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Token:
        """Read a token. Raises TokenError."""
        try:
            return cls._decode(text)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, binascii.Error) as error:
            message = "not a log token: take one from the Khabar-Token header of an answer"
            raise TokenError(message) from error

    @classmethod
    def _decode(cls, text: str) -> Token:
        if len(text) > TEXT_MAX or not text.isascii():
            raise ValueError
        data = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if data["v"] != VERSION or not isinstance(data["l"], str):
            raise ValueError
        topics = [fact_topic(t) for t in CATALOGUE]
        moved: Vector = {
            topics[_number(topic)]: {str(_number(p)): _number(o) for p, o in offsets.items()}
            for topic, offsets in data.get("m", {}).items()
        }
        place = Place("documents", *(_number(n) for n in data["d"])) if "d" in data else None
        return cls(data["l"], _number(data["c"]), moved, place)


def _number(value: object) -> int:
    number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    if not 0 <= number < INTEGER_MAX:
        raise ValueError
    return number


def at(log: str, cut: Cut, vector: Vector, document: Place | None = None) -> Token:
    """Make the token of a vector that dominates a cut."""
    moved: Vector = {}
    for topic, offsets in vector.items():
        beyond = {p: o for p, o in offsets.items() if o > next_offset(cut.vector, topic, int(p))}
        if beyond and topic.startswith("facts."):
            moved[topic] = beyond
    return Token(log, cut.number, moved, document)


def vector_of(token: Token, cut: Cut) -> Vector:
    """Give the vector of a token, knowing its cut."""
    vector = copy(cut.vector)
    advance(vector, token.moved)
    return vector
