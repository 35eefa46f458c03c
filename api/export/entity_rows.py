"""Entities of a moment as rows: all that have a role in the events up to then, under the ids as published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import merge
from itertools import groupby

import orjson

from api.as_of import Recorded
from api.export.columns import Row
from api.read_model import search_queries
from api.read_model.entities import had_name
from api.read_model.position_queries import map_of
from api.read_model.reading import Snapshot
from streams.entity_map import EntityMap
from streams.vectors import covers


def rows(at: Snapshot, recorded: Recorded, companies: frozenset[str]) -> Iterator[Row]:
    """Read the entities of the events below a moment; with `companies`, those that share one."""
    entities = map_of(at, recorded)
    wanted = sorted({source for company in companies for source in entities.sources(company)})
    stored = (row[0] for row in at.events.execute("SELECT id FROM entities ORDER BY id"))
    every = merge(stored, sorted(entities.ids()))  # a split may name one that no event does
    for entity_id, _ in groupby(every):
        if _has_a_role(at, recorded, entities.sources(entity_id) | {entity_id}, wanted):
            yield _row(at, recorded, entity_id, entities)


def _has_a_role(at: Snapshot, recorded: Recorded, ids: frozenset[str], wanted: list[str]) -> bool:
    shared = f"""AND EXISTS (SELECT 1 FROM event_entities c WHERE c.entity IN ({_marks(wanted)})
                 AND c.recorded_ms = r.recorded_ms AND c.key = r.key)"""  # noqa: S608  # no value in it
    sql = f"""SELECT e.topic, e.partition, e.offset FROM event_entities r
              CROSS JOIN events e ON e.key = r.key
              WHERE r.entity IN ({_marks(ids)}) {shared if wanted else ""}"""  # noqa: S608  # likewise
    return any(covers(recorded.vector, *place) for place in at.events.execute(sql, [*sorted(ids), *wanted]))


def _row(at: Snapshot, recorded: Recorded, entity_id: str, entities: EntityMap) -> Row:
    stored = at.events.execute(
        "SELECT known, named, kind, name, name_ar, resolved, identifiers FROM entities WHERE id = ?",
        (entity_id,),
    ).fetchone()
    if stored is None or not had_name(stored[0], stored[1], recorded.cut):  # no event had mentioned it then
        stored = 0, 0, None, None, None, True, b"{}"
    kind, name, name_ar, resolved, identifiers = stored[2:]
    given, given_ar = entities.name(entity_id) or (None, None)
    shown = search_queries.entity(at.events, entity_id, entities, below=recorded.vector)
    return {
        "id": entity_id,
        "shown_as": entities.resolve(entity_id),
        "kind": kind,
        "name": given or name,
        "name_ar": given_ar or name_ar,
        "resolved": bool(resolved),
        "events": shown["events"] if shown else 0,
        "identifiers": orjson.dumps(orjson.loads(identifiers), option=orjson.OPT_SORT_KEYS).decode(),
    }


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
