"""Entities by id and by name, in either script, as they are known now or were known at a moment."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import orjson

from api.read_model.entities import had_name
from api.read_model.event_queries import BELOW, WITH_VECTOR, fact_id, vector_rows
from api.read_model.places import cut_below
from seeds.shadow import fold as fold_text
from streams.entity_map import EntityMap
from streams.vectors import Vector

COLUMNS = "id, kind, name, name_ar, resolved, known, named, events, identifiers"
WORDS_MAX = 12


def entity(
    events: sqlite3.Connection,
    entity_id: str,
    entities: EntityMap,
    day: date | None = None,
    below: Vector | None = None,
) -> dict[str, Any] | None:
    """Read an entity; none if there is none such, or was none as far as the log knew at a vector.

    `events` counts those in which it has a role: with `day`, that took effect by then.
    """
    sql = f"SELECT {COLUMNS} FROM entities WHERE id = ?"  # noqa: S608  # a constant
    for source in (entity_id, *sorted(entities.sources(entity_id))):
        row = events.execute(sql, (source,)).fetchone()
        if row:  # what others were merged into need not have been mentioned itself
            return _entity(events, (entity_id, *row[1:]), entities, day, below)
    return None


def search(
    events: sqlite3.Connection,
    query: str,
    kinds: tuple[str, ...],
    limit: int,
    entities: EntityMap,
    day: date | None = None,
    below: Vector | None = None,
) -> list[dict[str, Any]]:
    """Find entities whose name, in either script, has words that begin like those of the query."""
    words = "".join(c if c.isalnum() else " " for c in fold_text(query)).split()[:WORDS_MAX]
    if not words:
        return []
    exact = " ".join(words)
    sql = f"""SELECT {COLUMNS} FROM entities WHERE kind IN ({", ".join("?" * len(kinds))}) AND id IN (
                SELECT entity FROM entity_search s JOIN entity_names f ON f.rowid_ = s.rowid
                WHERE entity_search MATCH ?)
              ORDER BY EXISTS (SELECT 1 FROM entity_names f WHERE f.entity = id AND f.folded = ?) DESC,
                events DESC, known DESC, id"""  # noqa: S608  # no value in it
    match = " ".join(f'"{word}"*' for word in words)
    found: dict[str, dict[str, Any]] = {}
    for row in events.execute(sql, [*kinds, match, exact]):
        shown = entities.resolve(row[0])  # one that was merged away is found as what it is now
        if shown not in found:
            told = (
                _entity(events, row, entities, day, below)
                if shown == row[0]
                else entity(events, shown, entities, day, below)
            )
            if told is not None:
                found[shown] = told
        if len(found) >= limit:
            break
    return list(found.values())


def _entity(
    events: sqlite3.Connection,
    row: tuple[str, str, str, str | None, int, int, int, int, bytes],
    entities: EntityMap,
    day: date | None,
    below: Vector | None,
) -> dict[str, Any] | None:
    entity_id, kind, name, name_ar, resolved, known, named, count, identifiers = row
    sources = entities.sources(entity_id)
    if not had_name(known, named, None if known or below is None else _cut(events, below)):
        name = entity_id  # nobody had named it then
    if day is not None or below is not None or sources != {entity_id} or entities.splits(sources):
        count = _count(events, entity_id, entities, day, below)
        if below is not None and not known:
            ever = count if day is None else _count(events, entity_id, entities, None, below)
            if not ever:
                return None
    renamed = entities.name(entity_id)
    return {
        "id": entity_id,
        "kind": kind,
        "name": renamed[0] if renamed else name,
        "name_ar": (renamed[1] if renamed else None) or name_ar,
        "resolved": bool(resolved),
        "events": count,
        "identifiers": orjson.loads(identifiers),
    }


def _cut(events: sqlite3.Connection, below: Vector) -> int:
    """Give the last cut that a vector covers."""
    return cut_below(events, below).number


def _count(
    events: sqlite3.Connection, entity_id: str, entities: EntityMap, day: date | None, below: Vector | None
) -> int:
    sources = sorted(entities.sources(entity_id))
    if not entities.splits(sources):
        return _number(events, sources, day, below)
    conditions = [f"r.entity IN ({', '.join('?' * len(sources))})"]
    values: list[object] = list(sources)
    if day is not None:
        conditions.append("e.day <= ?")
        values.append(day.isoformat())
    if below is not None:
        conditions.append(BELOW)
    given, vector = (WITH_VECTOR, [vector_rows(below)]) if below is not None else ("", [])
    sql = f"""{given} SELECT DISTINCT r.entity, e.key, e.data FROM event_entities r CROSS JOIN events e
              ON e.key = r.key WHERE {" AND ".join(conditions)}"""  # noqa: S608  # no value in it
    rows = events.execute(sql, [*vector, *values])
    return len({key for source, key, data in rows if entities.resolve(source, fact_id(data)) == entity_id})


def _number(events: sqlite3.Connection, ids: list[str], day: date | None, below: Vector | None) -> int:
    """Count the events in which any of these has a role, without a look at them."""
    if below is not None and day is None and len(ids) == 1:  # they are numbered
        sql = f"""{WITH_VECTOR} SELECT coalesce(sum((
                    SELECT number FROM entity_places e WHERE e.entity = ? AND e.topic = v.topic
                    AND e.partition = v.partition AND e.offset < v.next ORDER BY e.offset DESC LIMIT 1)), 0)
                  FROM vector v"""  # noqa: S608  # no value in it
        return int(events.execute(sql, [vector_rows(below), ids[0]]).fetchone()[0])
    conditions = [f"e.entity IN ({', '.join('?' * len(ids))})"]
    values: list[object] = list(ids)
    if day is not None:
        conditions.append("e.day <= ?")
        values.append(day.isoformat())
    given, vector = "", []
    if below is not None:
        conditions.append(BELOW)
        given, vector = WITH_VECTOR, [vector_rows(below)]
    each = "1" if len(ids) == 1 else "DISTINCT e.topic, e.partition, e.offset"
    sql = f"""{given} SELECT count(*) FROM (
              SELECT {each} FROM entity_places e WHERE {" AND ".join(conditions)})"""  # noqa: S608  # likewise
    return int(events.execute(sql, [*vector, *values]).fetchone()[0])
