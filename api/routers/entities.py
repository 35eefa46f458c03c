"""Entities: what a person says of them, and what that makes of them."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from ulid import ULID

from api.answers import HEADERS, JSON, answer
from api.bodies import body_of, read_body
from api.entity_models import AcceptedChange, EntityChangeList, EntityView, NewEntityChange, SuggestionList
from api.errors import BadBody, Moved, NotFound
from api.freshness import fresh
from api.parameters import ENTITY, PAGE_MAX
from api.problems import documented
from api.read_model import entity_queries, suggestion_queries
from api.read_model.entity_maps import entity_map
from api.routers.documents import Key
from api.service import Service
from streams.documents import Place
from streams.entity_changes import ChangeKind, make
from streams.errors import Invalid
from streams.tokens import ENTITIES, Token

router = APIRouter(prefix="/v1/entities", tags=["entities"])
EntityId = Annotated[
    str, Path(pattern=ENTITY, max_length=200, description="An entity's id.", examples=["scale-ai"])
]


@router.post(
    "/changes",
    status_code=202,
    response_model=AcceptedChange,
    responses=documented(401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=body_of(NewEntityChange),
)
async def change_entities(request: Request, key: Key = None) -> Response:
    """Merge two entities, split one, rename one, say that two are two, or undo such a change.

    With the token of the answer, a GET waits until positions show it (`min_token`).
    """
    asked, _ = await read_body(request, NewEntityChange)
    said = asked.model_dump(exclude={"kind", "by", "reason"})
    try:
        change = make(
            ChangeKind(asked.kind), by=asked.by, reason=asked.reason, request=key or str(ULID()), **said
        )
    except Invalid as error:
        raise BadBody(str(error)) from error
    service = Service.of(request)
    made, place, log_id = await service.desk.decide(service, change)
    token = token_behind(place, log_id)
    body = {"change": made.id, "token": token}
    return Response(orjson.dumps(body), 202, {"Khabar-Token": token}, JSON)


@router.get(
    "/changes",
    dependencies=[Depends(fresh)],
    response_model=EntityChangeList,
    responses={200: {"headers": HEADERS}, **documented(410, 422, 503)},
)
async def list_changes(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    before: Annotated[int | None, Query(ge=0, lt=1 << 53, description="`next` of the page before.")] = None,
) -> Response:
    """List the changes of entities, the last first; each says whether it is in force, and if not, why."""
    with Service.of(request).model.snapshot() as at:
        changes, next_ = entity_queries.changes(at.events, limit, before)
        return answer(request, at, {"changes": changes, "next": next_})


@router.get(
    "/suggestions",
    dependencies=[Depends(fresh)],
    response_model=SuggestionList,
    responses={200: {"headers": HEADERS}, **documented(410, 422, 503)},
)
async def suggest_merges(
    request: Request, limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="Pairs at most.")] = 50
) -> Response:
    """Suggest pairs of entities that look alike, those with a known one first; a person decides.

    Nothing merges by itself. A pair goes once it is merged, or marked as two (`distinct`).
    """
    service = Service.of(request)
    pairs = await service.suggesting.pairs(service)
    with service.model.snapshot() as at:
        found, complete = suggestion_queries.suggestions(at.events, pairs, limit)
        return answer(request, at, {"suggestions": found, "complete": complete})


@router.get(
    "/{entity_id:path}",
    dependencies=[Depends(fresh)],
    response_model=EntityView,
    responses={200: {"headers": HEADERS}, **documented(308, 404, 410, 422, 503)},
)
async def get_entity(request: Request, entity_id: EntityId) -> Response:
    """Tell who an entity is, by which names it is found, and what was merged into it."""
    with Service.of(request).model.snapshot() as at:
        if (now := entity_map(at.events).resolve(entity_id)) != entity_id:
            raise Moved(entity_id, now)
        found = entity_queries.entity(at.events, entity_id)
        if found is None:
            message = "no entity has this id: `GET /v1/companies?query=` finds it by name"
            raise NotFound(message)
        return answer(request, at, found)


def token_behind(place: Place, log_id: str) -> str:
    """Make the token that says no more than that a change of entities has been applied."""
    return Token(log_id, 0, {ENTITIES: {str(place.partition): place.offset + 1}}).encode()
