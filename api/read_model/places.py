"""Places, vectors and cuts in the files: where an answer stands in the log, and which token says so."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right

from api.read_model import store
from api.read_model.records import Offsets
from streams import tokens
from streams.cuts import START, Cut
from streams.documents import Place
from streams.tokens import Token
from streams.vectors import Vector, next_offset


def read_vector(events: sqlite3.Connection) -> Vector:
    """How far the events file holds the fact topics."""
    vector: Vector = {}
    rows = events.execute("SELECT topic, partition, next FROM offsets WHERE topic LIKE 'facts.%'")
    for topic, partition, next_ in rows:
        vector.setdefault(topic, {})[str(partition)] = next_
    return vector


def exposed_vector(views: sqlite3.Connection) -> Vector:
    """How far a generation is served."""
    vector: Vector = {}
    for topic, partition, exposed in views.execute("SELECT topic, partition, exposed FROM vector"):
        vector.setdefault(topic, {})[str(partition)] = exposed
    return vector


def read_entities(events: sqlite3.Connection) -> int:
    """How far the events file holds the changes of entities."""
    row = events.execute("SELECT next FROM offsets WHERE topic = 'entities' AND partition = 0").fetchone()
    return int(row[0]) if row else 0


def entities_vector(events: sqlite3.Connection, views: sqlite3.Connection | None) -> Vector:
    """How far the changes of entities are applied: to what is read, or to the views."""
    next_ = read_entities(events)
    if views is not None and not entities_hold(events, views, next_):
        next_ = int(store.get_meta(views, "entities") or 0)
    return {"entities": {"0": next_}}


def entities_hold(events: sqlite3.Connection, views: sqlite3.Connection, next_: int) -> bool:
    """Say whether the views have applied all changes of entities below an offset."""
    last = events.execute("SELECT max(offset) FROM entity_changes WHERE offset < ?", (next_,)).fetchone()[0]
    applied = int(store.get_meta(views, "entities") or 0)
    return read_entities(events) >= next_ and (
        last is None or last < applied
    )  # what repeats a change is none


def facts_of(vector: Vector) -> Vector:
    """Give the part of a vector that is about facts."""
    return {topic: offsets for topic, offsets in vector.items() if topic.startswith("facts.")}


def read_offsets(events: sqlite3.Connection) -> Offsets:
    """Give the next offset to read, of every partition met so far."""
    rows = events.execute("SELECT topic, partition, next FROM offsets")
    return {(topic, partition): next_ for topic, partition, next_ in rows}


def last_event(events: sqlite3.Connection) -> tuple[str, int, int, bytes] | None:
    """Give the place and the bytes of the last event read."""
    found: tuple[str, int, int, bytes] | None = events.execute(
        "SELECT topic, partition, offset, data FROM events ORDER BY n DESC LIMIT 1"
    ).fetchone()
    return found


def last_cut(events: sqlite3.Connection) -> Cut:
    """Read the last cut; the start if there was none yet."""
    found = events.execute("SELECT number, ms FROM cuts ORDER BY number DESC LIMIT 1").fetchone()
    if found is None:
        return START
    vector: Vector = {}
    for topic, partition, next_ in events.execute("SELECT topic, partition, next FROM cut_ends"):
        vector.setdefault(topic, {})[str(partition)] = next_
    return Cut(found[0], found[1], vector)


def read_cut(events: sqlite3.Connection, number: int) -> Cut | None:
    """Read a cut with its vector; none if the file holds no such cut."""
    if number == 0:
        return START
    found = events.execute("SELECT ms FROM cuts WHERE number = ?", (number,)).fetchone()
    if found is None:
        return None
    vector: Vector = {}
    for topic, partition in _partitions(events):
        moved = events.execute(
            """SELECT next FROM cut_moves WHERE topic = ? AND partition = ? AND cut <= ?
               ORDER BY cut DESC LIMIT 1""",
            (topic, partition, number),
        ).fetchone()
        if moved:
            vector.setdefault(topic, {})[str(partition)] = moved[0]
    return Cut(number, found[0], vector)


def cut_at(events: sqlite3.Connection, ms: int) -> Cut:
    """Find the last cut at or before a time; the start if there was none yet."""
    number = events.execute("SELECT max(number) FROM cuts WHERE ms <= ?", (ms,)).fetchone()[0]
    return read_cut(events, number or 0) or START


def cut_below(events: sqlite3.Connection, vector: Vector) -> Cut:
    """Find the last cut that the vector dominates, in the fact topics and in what else it tells of."""
    last = last_cut(events)
    number = last.number
    for topic, offsets in last.vector.items():
        if topic.startswith("facts.") or topic in vector:
            for partition, next_ in offsets.items():
                reached = next_offset(vector, topic, int(partition))
                if next_ > reached:
                    beyond = events.execute(
                        """SELECT cut FROM cut_moves WHERE topic = ? AND partition = ? AND next > ?
                           ORDER BY next LIMIT 1""",
                        (topic, partition, reached),
                    ).fetchone()
                    number = min(number, beyond[0] - 1)
    return last if number == last.number else read_cut(events, number) or START


def cut_of(events: sqlite3.Connection, topic: str, partition: int, offset: int) -> int | None:
    """Find the cut at which a place was recorded; none while no cut covers it."""
    found = events.execute(
        "SELECT cut FROM cut_moves WHERE topic = ? AND partition = ? AND next > ? ORDER BY next LIMIT 1",
        (topic, partition, offset),
    ).fetchone()
    return found[0] if found else None


class CutMoves:
    """What `cut_of` says, for many places: of the cuts behind `after` up to `last`, held in memory."""

    def __init__(
        self, events: sqlite3.Connection, after: int, last: int, partition: int | None = None
    ) -> None:
        self._moves: dict[tuple[str, int], tuple[list[int], list[int]]] = {}
        rows = events.execute(
            """SELECT topic, partition, next, cut FROM cut_moves
               WHERE cut > ? AND cut <= ? AND partition = coalesce(?, partition) ORDER BY cut""",
            (after, last, partition),
        )
        for topic, of, next_, cut in rows:
            nexts, cuts = self._moves.setdefault((topic, of), ([], []))
            nexts.append(next_)
            cuts.append(cut)

    def cut_of(self, topic: str, partition: int, offset: int) -> int | None:
        """Find the first of these cuts that covers a place, if one does."""
        nexts, cuts = self._moves.get((topic, partition), ((), ()))
        at = bisect_right(nexts, offset)
        return cuts[at] if at < len(cuts) else None


def token_of(events: sqlite3.Connection, log_id: str, vector: Vector, document: Place | None = None) -> Token:
    """Make the token of a vector."""
    return tokens.at(log_id, cut_below(events, vector), vector, document)


def _partitions(events: sqlite3.Connection) -> list[tuple[str, int]]:
    return events.execute("SELECT topic, partition FROM cut_ends").fetchall()
