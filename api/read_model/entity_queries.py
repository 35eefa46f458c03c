"""Reads of entities and their changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from api.errors import BadBody, NotFound
from api.read_model.entity_maps import entity_map
from api.read_model.event_queries import moment
from api.read_model.event_rows import key_of
from api.read_model.search_queries import entity as read_entity
from streams.entity_changes import ChangeKind, EntityChange, decode
from streams.entity_map import EntityMap

IDS_MAX = 500


def check_known(events: sqlite3.Connection, change: EntityChange, before: Sequence[EntityChange]) -> None:
    """Make sure that a change is about what there is. Raises NotFound, BadBody."""
    for entity_id in filter(None, (change.entity, change.into)):
        if not events.execute("SELECT 1 FROM entities WHERE id = ?", (entity_id,)).fetchone():
            message = f"no entity has the id {entity_id}"
            raise NotFound(message)
    if change.undoes is not None and all(change.undoes != one.id for one in before):
        message = f"there is no change {change.undoes}"
        raise NotFound(message)
    if change.kind is ChangeKind.SPLIT:
        _check_events(events, change, EntityMap.of(before))


def _check_events(events: sqlite3.Connection, change: EntityChange, entities: EntityMap) -> None:
    shown = entities.resolve(change.entity or "")
    for event in change.events:
        roles = {
            role
            for (role,) in events.execute("SELECT entity FROM event_entities WHERE key = ?", (key_of(event),))
        }
        if not events.execute("SELECT 1 FROM events WHERE key = ?", (key_of(event),)).fetchone():
            message = f"there is no event {event}"
            raise NotFound(message)
        if all(entities.resolve(role) != shown for role in roles):
            message = f"events: {event} is not about {change.entity}"
            raise BadBody(message)


def changes(
    events: sqlite3.Connection, limit: int, before: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """List changes, the last first, those before an offset; and where the next page begins."""
    entities = entity_map(events)
    rows = events.execute(
        """SELECT offset, recorded_ms, data FROM entity_changes WHERE ? IS NULL OR offset < ?
           ORDER BY offset DESC LIMIT ?""",
        (before, before, limit + 1),
    ).fetchall()
    shown = [_change(offset, ms, data, entities) for offset, ms, data in rows[:limit]]
    return shown, shown[-1]["offset"] if len(rows) > limit else None


def _change(offset: int, recorded_ms: int, data: bytes, entities: EntityMap) -> dict[str, Any]:
    change = decode(data)
    told = change.model_dump(mode="json", exclude={"schema_version", "request"})
    why_not = entities.refused.get(change.id)
    return {
        **told,
        "recorded_at": moment(recorded_ms),
        "offset": offset,
        "in_force": why_not is None,
        "why_not": why_not,
    }


def entity(events: sqlite3.Connection, entity_id: str) -> dict[str, Any] | None:
    """Tell all of an entity: its names, what was merged into it, what it is not."""
    entities = entity_map(events)
    found = read_entity(events, entity_id, entities)
    if found is None:
        return None
    # Splits bring events, no names: what was merged is what leads here as a whole.
    ids = sorted(one for one in entities.sources(entity_id) if entities.resolve(one) == entity_id)
    marks = ", ".join("?" * len(ids))
    names = events.execute(
        f"SELECT DISTINCT folded FROM entity_names WHERE entity IN ({marks}) ORDER BY folded",  # noqa: S608  # no value in it
        ids,
    )
    pairs = ({entities.resolve(one) for one in pair} for pair in entities.distinct)
    return {
        **found,
        "names": [name for (name,) in names],
        "merged": [told for one in ids if one != entity_id for told in _merged(events, one, entities)],
        "distinct": sorted({one for pair in pairs if entity_id in pair for one in pair - {entity_id}}),
    }


def _merged(events: sqlite3.Connection, entity_id: str, entities: EntityMap) -> list[dict[str, Any]]:
    row = events.execute("SELECT kind, name, resolved FROM entities WHERE id = ?", (entity_id,)).fetchone()
    if row is None:
        return []
    by = [
        change.id
        for (data,) in events.execute("SELECT data FROM entity_changes ORDER BY offset")
        if (change := decode(data)).kind is ChangeKind.MERGE
        and change.entity == entity_id
        and change.id not in entities.refused
    ]
    return [{"id": entity_id, "kind": row[0], "name": row[1], "resolved": bool(row[2]), "changes": by}]
