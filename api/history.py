"""A walk through the events from any place of history: in the order of this replica's file, resumed anywhere.

Where a walk stands is a vector: below it, everything was seen. So a token resumes it on another replica
too, whatever the order of the events among partitions is there: no gap, no duplicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import TokenGone, ViewBehind
from api.read_model import event_queries, store
from api.read_model.event_queries import StoredEvent
from api.read_model.places import cut_below, facts_of, read_cut, read_vector
from api.read_model.position_queries import map_of
from api.service import Service
from streams import tokens
from streams.cuts import START, Cut
from streams.tokens import Token, vector_of
from streams.vectors import Vector, advance, copy, covers, dominates, next_offset

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot
    from streams.filters import EventFilter

BATCH = 500  # events looked at between two looks at the client


@dataclass
class Walk:
    """Where a walk stands: `vector` in the log, `n` in this replica's `file`; `cut` is for short tokens."""

    log: str
    file: str
    vector: Vector
    n: int
    cut: Cut

    def token(self) -> str:
        """Give the token to go on from."""
        return tokens.at(self.log, self.cut, self.vector).encode()

    def is_at(self, other: Walk) -> bool:
        """Say whether two walks have seen the same."""
        return (
            (self.file, self.n) == (other.file, other.n)
            and dominates(self.vector, other.vector)
            and dominates(other.vector, self.vector)
        )

    def copy(self) -> Walk:
        """Give a walk that goes on by itself from here."""
        return Walk(self.log, self.file, copy(self.vector), self.n, self.cut)


def start(at: Snapshot, token: Token | None) -> Walk:
    """Begin behind a token, or at the end. Raises TokenGone, ViewBehind."""
    log = Service.log_id(at)
    if token is None:
        vector = read_vector(at.events)
        return Walk(log, _file(at), vector, _last(at), cut_below(at.events, vector))
    if token.log != log:
        message = "the token is of another log: take one from the Khabar-Token header of an answer"
        raise TokenGone(message)
    cut = read_cut(at.events, token.cut)
    if cut is None:
        message = "this replica has not come as far as the token yet: try again"
        raise ViewBehind(message)
    vector = facts_of(vector_of(token, cut))
    return Walk(log, _file(at), vector, _before(at, vector), cut)


def beginning(at: Snapshot) -> Walk:
    """Begin with the first event of the log."""
    return Walk(Service.log_id(at), _file(at), {}, 0, START)


def go_on(at: Snapshot, walk: Walk, wanted: EventFilter) -> tuple[list[tuple[StoredEvent, str]], bool]:
    """Walk over BATCH events; give those wanted, each with the token behind it, and whether it is the end."""
    if walk.file != _file(at):  # the file was made anew, and its numbers with it
        walk.file, walk.n = _file(at), _before(at, walk.vector)
    last = _last(at)
    until = min(walk.n + BATCH, last)
    found = list(_unseen(at, walk, wanted, until))
    walk.n = max(walk.n, until)
    at_end = walk.n >= last
    if at_end:
        # Over what is no event for us (not wanted, twice published, unusable) the walk goes in one step.
        advance(walk.vector, read_vector(at.events))
        walk.cut = cut_below(at.events, walk.vector)
    return found, at_end


def _unseen(at: Snapshot, walk: Walk, wanted: EventFilter, until: int) -> Iterator[tuple[StoredEvent, str]]:
    for event in event_queries.after(at.events, wanted, walk.n, until, map_of(at, None)):
        if not covers(walk.vector, event.topic, event.partition, event.offset):
            advance(walk.vector, {event.topic: {str(event.partition): event.offset + 1}})
            yield event, walk.token()


def _file(at: Snapshot) -> str:
    return store.get_meta(at.events, "file") or ""


def _last(at: Snapshot) -> int:
    return int(at.events.execute("SELECT max(n) FROM events").fetchone()[0] or 0)


def _before(at: Snapshot, vector: Vector) -> int:
    """Find the number before that of the first event which the vector does not cover."""
    first = _last(at) + 1
    for topic, partition in at.events.execute("SELECT topic, partition FROM offsets").fetchall():
        row = at.events.execute(
            """SELECT n FROM events WHERE topic = ? AND partition = ? AND offset >= ?
               ORDER BY offset LIMIT 1""",
            (topic, partition, next_offset(vector, topic, partition)),
        ).fetchone()
        first = min(first, row[0]) if row else first
    return first - 1
