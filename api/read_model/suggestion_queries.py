"""What suggestions of merges are made of: all entities with their names, and what a person has to see."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from api.read_model import store
from api.read_model.entity_maps import entity_map, last_change
from api.read_model.event_queries import fact_id
from api.read_model.search_queries import entity as read_entity
from streams.entity_map import EntityMap
from streams.similar import Named, Pair

EXAMPLES_MAX = 50
"""How many events of an entity are looked at for one that is shown under it: a split may take the latest."""


class Names(NamedTuple):
    """All entities as they stand, and the pairs of which a person said that they are two."""

    entities: list[Named]
    distinct: frozenset[frozenset[str]]


def version(events: sqlite3.Connection) -> tuple[object, ...]:
    """Give a value that changes whenever the names do, or what was said of entities."""
    names = events.execute("SELECT max(rowid_) FROM entity_names").fetchone()[0]
    return store.get_meta(events, "file"), store.get_meta(events, "entity_list"), last_change(events), names


def read_names(events: sqlite3.Connection) -> Names:
    """Read every entity that is shown, with the names and events of all that was merged into it."""
    shown = entity_map(events)
    names: dict[str, set[str]] = defaultdict(set)
    for entity_id, folded in events.execute("SELECT entity, folded FROM entity_names"):
        names[shown.resolve(entity_id)].add(folded)
    counts: dict[str, int] = defaultdict(int)
    kinds: dict[str, tuple[str, bool]] = {}
    for entity_id, kind, known, count in events.execute("SELECT id, kind, known, events FROM entities"):
        now = shown.resolve(entity_id)
        counts[now] += count
        if now == entity_id:
            kinds[now] = kind, bool(known)
    found = [Named(one, *kinds[one], counts[one], tuple(sorted(names[one]))) for one in sorted(kinds)]
    return Names(found, _distinct(shown))


def _distinct(shown: EntityMap) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(map(shown.resolve, pair)) for pair in shown.distinct)


def suggestions(
    events: sqlite3.Connection, pairs: Sequence[Pair], limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """Tell the first pairs that still stand, and whether these are all of them."""
    shown = entity_map(events)
    apart = _distinct(shown)
    standing = [
        pair
        for pair in pairs
        if shown.resolve(pair.entity) == pair.entity
        and shown.resolve(pair.into) == pair.into
        and frozenset((pair.entity, pair.into)) not in apart
    ]
    told = [_suggestion(events, pair, shown) for pair in standing[:limit]]
    return told, len(standing) <= limit


def _suggestion(events: sqlite3.Connection, pair: Pair, shown: EntityMap) -> dict[str, Any]:
    return {
        "score": pair.score,
        "kind": pair.kind,
        "alike": list(pair.names),
        "entity": _told(events, pair.entity, shown, known=False),  # of two, one at most is known
        "into": _told(events, pair.into, shown, known=pair.known),
    }


def _told(events: sqlite3.Connection, entity_id: str, shown: EntityMap, *, known: bool) -> dict[str, Any]:
    found = read_entity(events, entity_id, shown) or {}
    return {
        "id": entity_id,
        "name": found.get("name", entity_id),
        "name_ar": found.get("name_ar"),
        "known": known,
        "events": found.get("events", 0),
        "example": _example(events, entity_id, shown),
    }


def _example(events: sqlite3.Connection, entity_id: str, shown: EntityMap) -> dict[str, Any] | None:
    """Give the last event that is shown under an entity, with the words that told it."""
    for source in sorted(shown.sources(entity_id)):
        rows = events.execute(
            """SELECT e.data FROM event_entities r CROSS JOIN events e ON e.key = r.key
               WHERE r.entity = ? ORDER BY r.recorded_ms DESC, r.key LIMIT ?""",
            (source, EXAMPLES_MAX),
        )
        for (data,) in rows:
            if shown.resolve(source, fact_id(data)) == entity_id:
                event = orjson.loads(data)
                return {
                    "event": event["id"],
                    "type": event["type"],
                    "document": event["source"]["document"],
                    "quote": _quote(event),
                }
    return None


def _quote(event: dict[str, Any]) -> str | None:
    """Give the words on which an event rests; none where they were erased, or where it takes another back."""
    spans = event.get("evidence", {}).get("trigger") or [{}]
    exact = spans[0].get("exact")
    return exact if isinstance(exact, str) else None
