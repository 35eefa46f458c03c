"""The answer for an entity's position: now, on another day, at a moment of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query

from api import cursors
from api.as_of import NOW, Asked, AsOf, narrowed
from api.errors import BadParameter, Moved, NotFound
from api.read_model import dead_letters, line_pages, position_queries, search_queries
from api.read_model.position_queries import FIRST, map_of
from streams.lines import SECTIONS

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=line_pages.PAGE_LINES_MAX, description="Lines a page.")]


def entity_of(at: Snapshot, entity_id: str, as_of: AsOf, as_asked: Asked = NOW) -> dict[str, Any]:
    """Find an entity. Raises NotFound; Moved for one that is another by then."""
    entities = map_of(at, as_of.recorded)
    if (now := entities.resolve(entity_id)) != entity_id:
        raise Moved(entity_id, now)
    found = search_queries.entity(at.events, entity_id, entities, *narrowed(as_asked, as_of))
    if found is None:
        message = "no entity has this id: `GET /v1/companies?query=` finds it by name"
        if refused := dead_letters.told(at, entity_id, entities, as_of.recorded):
            message += (
                f"; records under this key that could not be used: {refused['count']}, see `{refused['see']}`"
            )
        raise NotFound(message)
    return found


def position_of(
    at: Snapshot, entity: dict[str, Any], as_of: AsOf, asked: line_pages.Asked = FIRST
) -> dict[str, Any]:
    """Make the answer for a page of an entity's position."""
    page = position_queries.position(at, entity["id"], as_of.day, as_of.recorded, asked)
    generation = at.generation if as_of.recorded is None else None  # a final answer outlives generations
    return {
        **entity,
        "as_of": as_of.to_json(),
        "generation": generation,
        "dead_letters": dead_letters.told(at, entity["id"], map_of(at, as_of.recorded), as_of.recorded),
        "lines": page.lines,
        "sections": page.sections,
        "next": cursors.write(page.next) if page.next else None,
    }


async def a_page(cursor: Cursor = None, limit: Limit = line_pages.PAGE_LINES) -> line_pages.Asked:
    """Take which page of a position is asked for. Raises BadParameter."""
    if cursor is None:
        return line_pages.Asked(limit)
    section, counterpart = cursors.read(cursor, str, str)
    if section not in SECTIONS:
        raise BadParameter(cursors.MESSAGE)
    return line_pages.Asked(limit, (section, counterpart))


APositionPage = Annotated[line_pages.Asked, Depends(a_page)]
