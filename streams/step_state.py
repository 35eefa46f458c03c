"""What is kept of one step: rows in every order that its view asks for, so any telling may come or go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import orjson

from streams.line_view import SAMPLES, step_view
from streams.preference import MODALITY_RANK, PRECISION_RANK, STAGE_RANK, Posted, Told, value_of
from streams.state_rows import ID_BYTES, Rows, Value, day_bytes, day_of, kind_bytes

NEEDED = SAMPLES + 1
CONFIDENCE_CHARS_MAX = 60
END = b"\xff"
RANKS = 3
"""Bytes of a preference key before the number of origins."""


@dataclass
class StepState:
    """A run of tellings and what joined it. Days are ordinals; `uid` is in the keys of its rows.

    Its rows are: `t` tellings by recorded time, `x` denials by day, `c` how many are certain from which day,
    `r` tellings by value and preference, `w` what is known of a value, `b` values by their best telling.
    """

    uid: int
    strong: bool
    kind: tuple[str, bool]
    first: int
    last: int
    events: int = 0
    origins: int = 0

    def encode(self) -> bytes:
        """Write it as a row."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, value: Value) -> StepState:
        """Read a row."""
        data = orjson.loads(as_bytes(value))
        return cls(**{**data, "kind": tuple(data["kind"])})

    def add(self, rows: Rows, telling: Told) -> None:
        """Take a telling in."""
        self._change(rows, telling, 1)

    def remove(self, rows: Rows, telling: Told) -> None:
        """Take a telling out that is in it."""
        self._change(rows, telling, -1)

    def view(self, rows: Rows, posted: Callable[[str], Posted]) -> bytes:
        """Write the step as it is served; `posted` gives an entry."""
        preferred = self._preferred(rows)
        denials = rows.span(self._key(b"x"), self._key(b"x") + END, SAMPLES)
        best = posted(preferred[0])
        days = way_key(b"s" if self.strong else b"t", self.kind)
        ((_, precision),) = rows.span(days + day_bytes(self.first), days + END, 1)
        ((certain, _),) = rows.span(self._key(b"c"), self._key(b"c") + END, 1)
        by_time = self._key(b"t")
        samples = (
            [*preferred[1:], *_ids(denials)][:SAMPLES],
            _ids(rows.span(by_time, by_time + END, SAMPLES)),
            _ids(rows.span(by_time, by_time + END, SAMPLES, last=True)),
        )
        return orjson.dumps(
            step_view(
                date=date.fromordinal(self.first).isoformat(),
                certain=date.fromordinal(day_of(certain)).isoformat(),
                until=date.fromordinal(self.last).isoformat(),
                precision=as_bytes(precision).decode(),
                kind=self.kind,
                weak=not self.strong,
                counts=(self.events, self.origins),
                best=(best.entry, best.recorded_ms),
                samples=samples,
            )
        )

    def _change(self, rows: Rows, telling: Told, by: int) -> None:
        event = bytes.fromhex(telling.id)
        self.events += by
        if telling.denied:
            _note(rows, self._key(b"x") + day_bytes(telling.day.toordinal()) + event, by)
            return
        _note(rows, self._key(b"t") + (telling.recorded_ms + (1 << 62)).to_bytes(8) + event, by)
        if telling.strong == self.strong:
            rows.count(self._key(b"c") + day_bytes(telling.certain.toordinal()), by)
        value = hashed(value_of(telling))
        preferred = preference(telling)
        _note(rows, self._key(b"r") + value + preferred, by)
        origin = origin_key(telling) + self._key(b"")
        self.origins += crossed(rows.count(origin, by), by)
        self._rank(rows, value, crossed(rows.count(origin + value, by), by), preferred if by > 0 else None)

    def _rank(self, rows: Rows, value: bytes, origins: int, new: bytes | None) -> None:
        """Put a value where its best telling belongs, with so many origins more; `new`: a telling more."""
        key = self._key(b"w") + value
        known = as_bytes(rows.get(key) or bytes(4))
        number, place = int.from_bytes(known[:4]) + origins, known[4:]
        best = self._best(rows, value) if new is None else max(new, _without_origins(place))
        now = _with_origins(best, number) if best else b""
        if place and place != now:
            rows.delete(self._key(b"b") + place)
        if not now:
            rows.delete(key)
        elif now != place:
            rows.put(self._key(b"b") + now, value)
            rows.put(key, number.to_bytes(4) + now)

    def _best(self, rows: Rows, value: bytes) -> bytes:
        """Give the preference key of the best telling of a value; none is empty."""
        of_value = self._key(b"r") + value
        best = rows.span(of_value, of_value + END, 1, last=True)
        return best[0][0][len(of_value) :] if best else b""

    def _preferred(self, rows: Rows) -> list[str]:
        """List the ids that go first, NEEDED at most: of the best values, the best tellings."""
        start, found = self._key(b"b"), list[bytes]()
        for key, value in reversed(rows.span(start, start + END, NEEDED, last=True)):
            best = key[len(start) :]
            if len(found) == NEEDED and found[-1] > best:
                break
            number = int.from_bytes(best[RANKS : RANKS + 4])
            of_value = self._key(b"r") + as_bytes(value)
            tellings = rows.span(of_value, of_value + END, NEEDED, last=True)
            found += [_with_origins(one[len(of_value) :], number) for one, _ in tellings]
            found = sorted(found, reverse=True)[:NEEDED]
        return [key[-ID_BYTES:].hex() for key in found]

    def _key(self, of: bytes) -> bytes:
        return of + self.uid.to_bytes(4)


def preference(telling: Told) -> bytes:
    """Write the preference key of a telling but for the origins, so that its bytes are in that order."""
    entry = telling.entry
    ranks = (telling.strong, STAGE_RANK.get(entry["stage"], 0), MODALITY_RANK.get(entry["modality"], 0))
    return (
        bytes(ranks)
        + _decimal(entry["confidence"])
        + day_bytes(telling.recency.toordinal())
        + bytes.fromhex(telling.id)
    )


def telling_key(telling: Told) -> bytes:
    """Give the key of a telling among those of a line: told in its way, of its kind, by day and precision."""
    way = b"s" if telling.strong else b"x" if telling.denied else b"t"
    rank = PRECISION_RANK.get(telling.precision, len(PRECISION_RANK))
    day = day_bytes(telling.day.toordinal())
    return way_key(way, telling.kind) + day + bytes([rank]) + bytes.fromhex(telling.id)


def way_key(way: bytes, kind: tuple[str, bool]) -> bytes:
    """Begin the keys of the tellings of a kind that are strong (`s`), talk (`t`) or denials (`x`)."""
    return b"l" + way + kind_bytes(kind)


def origin_key(telling: Told) -> bytes:
    """Begin the keys that count an origin: on the line, in a step, for a value."""
    return b"o" + hashed(telling.entry["origin"].encode())


def crossed(number: int, by: int) -> int:
    """Say what a count that changed by one means for how many there are: one more, one less, the same."""
    return int(by > 0 and number == 1) - int(by < 0 and number == 0)


def hashed(data: bytes) -> bytes:
    """Shorten what keys are made of."""
    return hashlib.blake2b(data, digest_size=12).digest()


def as_bytes(value: Value) -> bytes:
    """Take a value that is not a number."""
    return value if isinstance(value, bytes) else b""


def _note(rows: Rows, key: bytes, by: int) -> None:
    """Write the row of a telling, or delete it."""
    if by > 0:
        rows.put(key, 1)
    else:
        rows.delete(key)


def _with_origins(key: bytes, number: int) -> bytes:
    return key[:RANKS] + number.to_bytes(4) + key[RANKS:]


def _without_origins(key: bytes) -> bytes:
    return key[:RANKS] + key[RANKS + 4 :]


def _decimal(text: str) -> bytes:
    """Write a decimal so that bytes are in the order of numbers. Raises ValueError for no plain one."""
    number = Decimal(text)
    if not number.is_finite() or len(text) > CONFIDENCE_CHARS_MAX or "E" in text.upper():
        message = f"{text[:80]!r} is no confidence"
        raise ValueError(message)
    whole, _, part = f"{abs(number):f}".partition(".")
    whole = whole.lstrip("0")
    digits = bytes([len(whole)]) + (whole + part.rstrip("0")).encode() + b"\0"
    return b"\1" + digits if number >= 0 else b"\0" + bytes(255 - byte for byte in digits)


def _ids(found: list[tuple[bytes, Value]]) -> list[str]:
    return [key[-ID_BYTES:].hex() for key, _ in found]
