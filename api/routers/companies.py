"""Companies: search, positions, their events."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.answers import HEADERS, answer
from api.as_of import NOW, Asked, asked, narrowed, resolve
from api.freshness import fresh
from api.live import LivePositions
from api.models import EntityList, EventPage, Position
from api.parameters import ENTITY, ENTITY_MAX, APage, OfAnyCompany
from api.positions import APositionPage, entity_of, position_of
from api.problems import documented
from api.read_model import search_queries
from api.read_model.position_queries import FIRST, map_of
from api.routers.events import page
from api.service import Service

router = APIRouter(prefix="/v1/companies", tags=["companies"])
CompanyId = Annotated[
    str, Path(pattern=ENTITY, max_length=ENTITY_MAX, description="An entity's id.", examples=["scale-ai"])
]
KINDS = ("org", "group", "product")
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"headers": HEADERS},
    **documented(308, 404, 410, 422, 503),
}


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
    as_asked: Annotated[Asked, Depends(asked)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Find companies by the beginnings of the words of their names, in either script."""
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, as_asked)
        known = (map_of(at, as_of.recorded), *narrowed(as_asked, as_of))
        found = search_queries.search(at.events, query, KINDS, limit, *known)
        return answer(request, at, {"as_of": as_of.to_json(), "companies": found})


@router.get(
    "/{company_id:path}/events", dependencies=[Depends(fresh)], response_model=EventPage, responses=RESPONSES
)
async def list_company_events(
    request: Request,
    company_id: CompanyId,
    wanted: OfAnyCompany,
    paging: APage,
    as_asked: Annotated[Asked, Depends(asked)],
) -> Response:
    """List the events in which a company has a role, the last recorded first."""
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, as_asked)
        entity_of(at, company_id, as_of)
        return answer(request, at, page(at, replace(wanted, company=company_id), paging, as_asked))


@router.get("/{company_id:path}", dependencies=[Depends(fresh)], response_model=Position, responses=RESPONSES)
async def get_company(
    request: Request, company_id: CompanyId, as_asked: Annotated[Asked, Depends(asked)], paging: APositionPage
) -> Response:
    """Give the position of a company: its lines, each a timeline with what holds on a day (today).

    One of many lines comes in pages, in the order of sections and counterparts.
    """
    if as_asked == NOW and paging == FIRST:
        live: LivePositions = request.app.state.live
        return live.answer(company_id, request.headers.raw)
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, as_asked)
        entity = entity_of(at, company_id, as_of, as_asked)
        return answer(request, at, position_of(at, entity, as_of, paging), of_views=True)
