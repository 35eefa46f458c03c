"""The answer for an entity's position: now, on another day, at a moment of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.as_of import NOW, Asked, AsOf, narrowed
from api.errors import Moved, NotFound
from api.read_model import position_queries, search_queries
from api.read_model.position_queries import map_of

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot


def entity_of(at: Snapshot, entity_id: str, as_of: AsOf, as_asked: Asked = NOW) -> dict[str, Any]:
    """Find an entity. Raises NotFound; Moved for one that is another by then."""
    entities = map_of(at, as_of.recorded)
    if (now := entities.resolve(entity_id)) != entity_id:
        raise Moved(entity_id, now)
    found = search_queries.entity(at.events, entity_id, entities, *narrowed(as_asked, as_of))
    if found is None:
        message = "no entity has this id: `GET /v1/companies?query=` finds it by name"
        raise NotFound(message)
    return found


def position_of(at: Snapshot, entity: dict[str, Any], as_of: AsOf) -> dict[str, Any]:
    """Make the answer for an entity's position."""
    sections = position_queries.position(at, entity["id"], as_of.day, as_of.recorded)
    generation = at.generation if as_of.recorded is None else None  # a final answer outlives generations
    return {**entity, "as_of": as_of.to_json(), "generation": generation, "sections": sections}
