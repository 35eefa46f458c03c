"""Companies: search, positions, their events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.answers import HEADERS, answer
from api.errors import NotFound
from api.freshness import fresh
from api.models import EntityList, EventPage, Position
from api.parameters import ENTITY, APage, OfAnyCompany
from api.problems import documented
from api.read_model import position_queries
from api.read_model.reading import Snapshot
from api.routers.events import page
from api.service import Service

router = APIRouter(prefix="/v1/companies", tags=["companies"])
CompanyId = Annotated[
    str, Path(pattern=ENTITY, max_length=200, description="An entity's id.", examples=["scale-ai"])
]
KINDS = ("org", "group", "product")
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"headers": HEADERS}, **documented(404, 410, 422, 503)}


@router.get(
    "",
    dependencies=[Depends(fresh)],
    response_model=EntityList,
    responses={200: {"headers": HEADERS}, **documented(410, 422, 503)},
)
async def search_companies(
    request: Request,
    query: Annotated[
        str, Query(min_length=1, max_length=200, description="Words of a name, Arabic or English.")
    ],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Find companies by the beginnings of the words of their names, in either script."""
    with Service.of(request).model.snapshot() as at:
        found = position_queries.search(at.events, query, KINDS, limit)
        return answer(request, at, {"companies": found})


@router.get(
    "/{company_id:path}/events", dependencies=[Depends(fresh)], response_model=EventPage, responses=RESPONSES
)
async def list_company_events(
    request: Request, company_id: CompanyId, wanted: OfAnyCompany, paging: APage
) -> Response:
    """List the events in which a company has a role, the last recorded first."""
    with Service.of(request).model.snapshot() as at:
        entity_of(at, company_id)
        return answer(request, at, page(at, replace(wanted, company=company_id), paging))


@router.get("/{company_id:path}", dependencies=[Depends(fresh)], response_model=Position, responses=RESPONSES)
async def get_company(request: Request, company_id: CompanyId) -> Response:
    """Give the position of a company: its lines, each a timeline with the value of today."""
    with Service.of(request).model.snapshot() as at:
        return answer(request, at, position_of(at, entity_of(at, company_id)), of_views=True)


def entity_of(at: Snapshot, entity_id: str) -> dict[str, Any]:
    """Find an entity. Raises NotFound."""
    found = position_queries.entity(at.events, entity_id)
    if found is None:
        message = "no entity has this id: `GET /v1/companies?query=` finds it by name"
        raise NotFound(message)
    return found


def position_of(at: Snapshot, entity: dict[str, Any]) -> dict[str, Any]:
    """Make the answer for an entity's position."""
    today = datetime.now(UTC).date()
    sections = position_queries.position(at, entity["id"], today)
    return {**entity, "generation": at.generation, "sections": sections}
