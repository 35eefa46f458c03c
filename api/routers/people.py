"""People: the roles and whatever else the news tells of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from api.answers import HEADERS, answer
from api.as_of import Asked, asked, resolve
from api.errors import NotFound
from api.freshness import fresh
from api.models import Position
from api.parameters import ENTITY
from api.positions import APositionPage, entity_of, position_of
from api.problems import documented
from api.service import Service

router = APIRouter(prefix="/v1/people", tags=["people"])
PersonId = Annotated[
    str, Path(pattern=ENTITY, max_length=200, description="An entity's id.", examples=["sam-altman"])
]


@router.get(
    "/{person_id:path}",
    dependencies=[Depends(fresh)],
    response_model=Position,
    responses={200: {"headers": HEADERS}, **documented(308, 404, 410, 422, 503)},
)
async def get_person(
    request: Request, person_id: PersonId, as_asked: Annotated[Asked, Depends(asked)], paging: APositionPage
) -> Response:
    """Give the roles of a person, and what else it has a part in."""
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, as_asked)
        person = entity_of(at, person_id, as_of, as_asked)
        if person["kind"] not in ("person", "group"):
            message = "this entity is no person: see /v1/companies"
            raise NotFound(message)
        return answer(request, at, position_of(at, person, as_of, paging), of_views=True)
