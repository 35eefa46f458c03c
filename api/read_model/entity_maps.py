"""The entity map as the events file knows it: of now, and of any cut."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from api.read_model import store
from api.read_model.differences import entries_of
from api.read_model.places import read_entities
from streams.entity_changes import EntityChange, decode
from streams.entity_map import EntityMap
from streams.entries import line_name
from streams.vectors import OFFSET_MAX

MAPS_MAX = 64
_maps: dict[tuple[str, int], EntityMap] = {}


class Epoch(NamedTuple):
    """From this cut on, until the next epoch, entities stand so."""

    cut: int
    entities: EntityMap


def placed_changes(events: sqlite3.Connection, below: int | None = None) -> dict[int, EntityChange]:
    """Give the changes of entities by offset, in the order of the log, those below an offset."""
    end = OFFSET_MAX if below is None else below
    rows = events.execute("SELECT offset, data FROM entity_changes WHERE offset < ? ORDER BY offset", (end,))
    return {offset: decode(data) for offset, data in rows}


def changes(events: sqlite3.Connection, below: int | None = None) -> list[EntityChange]:
    """List the changes of entities in the order of the log, those below an offset."""
    return list(placed_changes(events, below).values())


def last_change(events: sqlite3.Connection) -> int:
    """Give the offset behind the last change that was read."""
    return int(events.execute("SELECT coalesce(max(offset) + 1, 0) FROM entity_changes").fetchone()[0])


def entity_map(events: sqlite3.Connection, below: int | None = None) -> EntityMap:
    """Give the map of all changes that were read, or of those below an offset."""
    below = last_change(events) if below is None else below
    name = store.get_meta(events, "file") or "", below  # of one file, it never changes
    found = _maps.get(name)
    if found is None:
        found = EntityMap.of(changes(events, below))
        if read_entities(events) >= below:  # a cut may be read before the changes that it covers
            while len(_maps) >= MAPS_MAX:
                del _maps[next(iter(_maps))]
            _maps[name] = found
    return found


def changed_ids(events: sqlite3.Connection, since: int) -> set[str]:
    """List the published ids whose entries any change from an offset on shows elsewhere.

    Change by change: what one does and the next undoes did happen, at the cuts between.
    """
    known = changes(events)
    before = entity_map(events, since)
    moved: set[str] = set()
    for count in range(len(changes(events, since)) + 1, len(known) + 1):
        after = EntityMap.of(known[:count])
        moved |= {one for one in before.ids() | after.ids() if before.fate(one) != after.fate(one)}
        before = after
    return moved


def ids_in_changes(events: sqlite3.Connection) -> frozenset[str]:
    """List the ids that any change has ever been about."""
    named = ((change.entity, change.into) for change in changes(events))
    return frozenset(one for pair in named for one in pair if one is not None)


def lines_of(events: sqlite3.Connection, entity_id: str) -> set[bytes]:
    """List the lines to which the events post in which an entity has a role."""
    rows = events.execute(
        "SELECT e.data FROM event_entities r CROSS JOIN events e ON e.key = r.key WHERE r.entity = ?",
        (entity_id,),
    )
    return {line_name(key) for (data,) in rows for key in entries_of(data)}


def entity_map_at(events: sqlite3.Connection, cut: int) -> EntityMap:
    """Give the map of the changes that a cut covers."""
    covered = events.execute(
        "SELECT max(next) FROM cut_moves WHERE topic = 'entities' AND partition = 0 AND cut <= ?", (cut,)
    ).fetchone()[0]
    return entity_map(events, covered or 0)


def epochs(events: sqlite3.Connection, after: int, until: int) -> list[Epoch]:
    """List how entities stood at cut `after` and from each later cut up to `until` that changed it."""
    moved = events.execute(
        """SELECT cut FROM cut_moves WHERE topic = 'entities' AND partition = 0 AND cut > ? AND cut <= ?
           ORDER BY cut""",
        (after, until),
    ).fetchall()
    return [Epoch(cut, entity_map_at(events, cut)) for cut in (after, *(row[0] for row in moved))]
