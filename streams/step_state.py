"""What is kept of one step, so that a telling more or less changes a few small rows and not all of them.

Of each order that the fold asks for (preference, recorded time, denials) the first KEPT are kept, which is
more than are shown, so that some may be taken back. What cannot be said from that is `Unsure`, and the state
is made anew from the entries.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from streams.ids import canonical, meaning
from streams.line_view import SAMPLES, step_view
from streams.preference import MODALITY_RANK, PRECISION_RANK, STAGE_RANK, Posted, Told
from streams.state_rows import Rows

KEPT = 16
NEEDED = SAMPLES + 1

Ranked = list[Any]
"""Strong, stage, modality, origins of the value, confidence, recency, id, value: a preference key in JSON."""


class Unsure(Exception):
    """When the state does not tell what the line is now: it is to be made anew from the entries."""


@dataclass
class StepState:
    """A run of tellings and what joined it; days are ordinals, samples ascend."""

    uid: int
    strong: bool
    kind: tuple[str, bool]
    first: int
    last: int
    events: int = 0
    denied: int = 0
    origins: int = 0
    certain: str = ""
    certain_tellings: int = 0
    dating: list[Any] | None = None
    best: list[Ranked] = field(default_factory=list)
    earliest: list[list[Any]] = field(default_factory=list)
    latest: list[list[Any]] = field(default_factory=list)
    denials: list[list[Any]] = field(default_factory=list)

    @property
    def candidates(self) -> int:
        """How many of the tellings are no denials."""
        return self.events - self.denied

    def encode(self) -> bytes:
        """Write it as a row."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, value: bytes) -> StepState:
        """Read a row."""
        data = orjson.loads(value)
        return cls(**{**data, "kind": tuple(data["kind"])})

    def add(self, rows: Rows, telling: Told) -> None:
        """Take a telling in. Raises Unsure."""
        self.events += 1
        if telling.denied:
            _keep_first(self.denials, [telling.day.toordinal(), telling.id], self.denied)
            self.denied += 1
            return
        before = self.candidates - 1
        _keep_first(self.earliest, [telling.recorded_ms, telling.id], before)
        _keep_last(self.latest, [telling.recorded_ms, telling.id], before)
        if telling.strong == self.strong:
            self._date(telling)
        ranked, origin = _ranked(telling), hashed(telling.entry["origin"].encode())
        self.origins += rows.count(_origin_key(self.uid, b"", origin), 1) == 1
        value = _Value.read(rows, self.uid, ranked[-1])
        value.origins += rows.count(_origin_key(self.uid, value.name, origin), 1) == 1
        value.add(ranked)
        self._rerank(rows, value, before)

    def remove(self, rows: Rows, telling: Told) -> None:
        """Take a telling out. Raises Unsure."""
        self.events -= 1
        if telling.denied:
            self.denied -= 1
            _drop(self.denials, [telling.day.toordinal(), telling.id], self.denied)
            return
        left = self.candidates
        _drop(self.earliest, [telling.recorded_ms, telling.id], left)
        _drop(self.latest, [telling.recorded_ms, telling.id], left)
        if telling.strong == self.strong:
            self._undate(telling)
        ranked, origin = _ranked(telling), hashed(telling.entry["origin"].encode())
        self.origins -= rows.count(_origin_key(self.uid, b"", origin), -1) == 0
        value = _Value.read(rows, self.uid, ranked[-1])
        value.origins -= rows.count(_origin_key(self.uid, value.name, origin), -1) == 0
        value.remove(ranked)
        self._rerank(rows, value, left + 1, ranked[-2])

    def view(self, entry_of: Callable[[str], Posted]) -> bytes:
        """Write the step as it is served."""
        best = entry_of(self.best[0][-2])
        denials = [event for _, event in self.denials]
        return orjson.dumps(
            step_view(
                date=_iso(self.first),
                certain=self.certain,
                until=_iso(self.last),
                precision=self.dating[-1] if self.dating else "day",
                kind=self.kind,
                weak=not self.strong,
                counts=(self.events, self.origins),
                best=(best.entry, best.recorded_ms),
                samples=(
                    [*(one[-2] for one in self.best[1:NEEDED]), *denials][:SAMPLES],
                    [event for _, event in self.earliest[:SAMPLES]],
                    [event for _, event in self.latest[-SAMPLES:]],
                ),
            )
        )

    def _date(self, telling: Told) -> None:
        certain = telling.certain.isoformat()
        if not self.certain or certain < self.certain:
            self.certain, self.certain_tellings = certain, 0
        self.certain_tellings += certain == self.certain
        dating = _dating(telling)
        if self.dating is None or dating < self.dating:
            self.dating = dating

    def _undate(self, telling: Told) -> None:
        self.certain_tellings -= telling.certain.isoformat() == self.certain
        if not self.certain_tellings or _dating(telling) == self.dating:
            raise Unsure

    def _rerank(self, rows: Rows, value: _Value, before: int, gone: str | None = None) -> None:
        """Order the preferred anew, now that tellings of one value may weigh more or less.

        What is not kept is below the last that is kept; if it tells this value, below the last of that.
        """
        bounds = [_key(self.best[-1])] if self.best and len(self.best) < before else []
        known = {one[-2]: one for one in self.best + value.best}
        known.pop(gone or "", None)
        for one in known.values():
            if one[-1] == value.id:
                one[3] = value.origins
        if value.best and len(value.best) < value.tellings:
            bounds.append(_key(value.best[-1]))
        keys = {event: _key(one) for event, one in known.items()}
        bound = max(bounds, default=None)
        sure = [one for event, one in known.items() if bound is None or keys[event] >= bound]
        self.best = sorted(sure, key=lambda one: keys[one[-2]], reverse=True)[:KEPT]
        if len(self.best) < min(NEEDED, self.candidates):
            raise Unsure
        value.write(rows, self.uid)


@dataclass
class _Value:
    """What is kept of the tellings of one value within a step."""

    id: str
    tellings: int = 0
    origins: int = 0
    best: list[Ranked] = field(default_factory=list)
    """The preferred first."""

    @property
    def name(self) -> bytes:
        return bytes.fromhex(self.id)

    @classmethod
    def read(cls, rows: Rows, uid: int, value_id: str) -> _Value:
        found = rows.get(value_key(uid) + bytes.fromhex(value_id))
        return cls(value_id, *orjson.loads(found)) if isinstance(found, bytes) else cls(value_id)

    def write(self, rows: Rows, uid: int) -> None:
        key = value_key(uid) + self.name
        if self.tellings:
            rows.put(key, orjson.dumps([self.tellings, self.origins, self.best]))
        else:
            rows.delete(key)

    def add(self, ranked: Ranked) -> None:
        for one in self.best:
            one[3] = self.origins
        ranked[3] = self.origins
        key = _key(ranked)
        place = next((n for n, one in enumerate(self.best) if _key(one) < key), len(self.best))
        if place < len(self.best) or len(self.best) == self.tellings:
            self.best.insert(place, ranked)
        del self.best[KEPT:]
        self.tellings += 1

    def remove(self, ranked: Ranked) -> None:
        self.tellings -= 1
        self.best = [one for one in self.best if one[-2] != ranked[-2]]
        for one in self.best:
            one[3] = self.origins
        if len(self.best) < min(NEEDED, self.tellings):
            raise Unsure


def summed(rows: Rows, uid: int, group: Sequence[Told]) -> StepState:
    """Make the state of a step out of all of its tellings; the first is one that dates it."""
    head = group[0]
    days = [
        telling.day.toordinal() for telling in group if telling.strong == head.strong and not telling.denied
    ]
    step = StepState(uid, head.strong, head.kind, min(days), max(days))
    candidates = [telling for telling in group if not telling.denied]
    step.events, step.denied = len(group), len(group) - len(candidates)
    values: dict[str, _Value] = {}
    ranked: list[Ranked] = []
    counts: dict[bytes, int] = {}
    for telling in candidates:
        if telling.strong == head.strong:
            step._date(telling)
        one, origin = _ranked(telling), hashed(telling.entry["origin"].encode())
        value = values.setdefault(one[-1], _Value(one[-1]))
        value.tellings += 1
        whole, of_value = _origin_key(uid, b"", origin), _origin_key(uid, value.name, origin)
        step.origins += whole not in counts
        value.origins += of_value not in counts
        counts[whole] = counts.get(whole, 0) + 1
        counts[of_value] = counts.get(of_value, 0) + 1
        ranked.append(one)
    for one in ranked:
        one[3] = values[one[-1]].origins
    ranked.sort(key=_key, reverse=True)
    for one in ranked:
        value = values[one[-1]]
        if len(value.best) < KEPT:
            value.best.append(one)
    step.best = ranked[:KEPT]
    by_time = sorted([telling.recorded_ms, telling.id] for telling in candidates)
    step.earliest, step.latest = by_time[:KEPT], by_time[-KEPT:]
    denials = ([telling.day.toordinal(), telling.id] for telling in group if telling.denied)
    step.denials = sorted(denials)[:KEPT]
    for key, number in counts.items():
        rows.put(key, number)
    for value in values.values():
        value.write(rows, uid)
    return step


def value_key(uid: int) -> bytes:
    """Begin the keys of the values of a step."""
    return b"w" + uid.to_bytes(4)


def _origin_key(uid: int, value: bytes, origin: bytes) -> bytes:
    return b"p" + uid.to_bytes(4) + value + origin


def hashed(data: bytes) -> bytes:
    """Shorten what keys are made of."""
    return hashlib.blake2b(data, digest_size=12).digest()


def _ranked(telling: Told) -> Ranked:
    entry = telling.entry
    value = hashed(canonical(meaning(entry["slots"], quotes=False))).hex()
    stage, modality = STAGE_RANK.get(entry["stage"], 0), MODALITY_RANK.get(entry["modality"], 0)
    recency = telling.recency.isoformat()
    return [telling.strong, stage, modality, 0, entry["confidence"], recency, telling.id, value]


def _key(one: Ranked) -> tuple[Any, ...]:
    return (*one[:4], Decimal(one[4]), one[5], one[6])


def _dating(telling: Told) -> list[Any]:
    rank = PRECISION_RANK.get(telling.precision, len(PRECISION_RANK))
    return [telling.day.toordinal(), rank, telling.id, telling.precision]


def _keep_first(kept: list[list[Any]], one: list[Any], before: int) -> None:
    """Take one in, if it is among the first: `kept` are the first of `before`."""
    if len(kept) == before or one < kept[-1]:
        insort(kept, one)
        del kept[KEPT:]


def _keep_last(kept: list[list[Any]], one: list[Any], before: int) -> None:
    if len(kept) == before or one > kept[0]:
        insort(kept, one)
        del kept[:-KEPT]


def _drop(kept: list[list[Any]], one: list[Any], left: int) -> None:
    """Take one out; what is kept must still be all that is shown."""
    place = bisect_left(kept, one)
    if kept[place : place + 1] == [one]:
        del kept[place]
    if len(kept) < min(SAMPLES, left):
        raise Unsure


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
