"""Events: pages, one, and its retraction."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response
from ulid import ULID

from api.answers import HEADERS, answer
from api.as_of import Asked, asked, narrowed, resolve
from api.bodies import body_of, read_body
from api.document_models import Accepted, NewRetraction
from api.errors import Conflict, NotFound
from api.freshness import fresh
from api.models import EventPage, RecordedEvent
from api.parameters import EVENT_ID, APage, Paging, Wanted
from api.problems import documented
from api.read_model import document_queries, event_queries
from api.read_model.event_queries import StoredEvent
from api.read_model.position_queries import map_of
from api.read_model.reading import Snapshot
from api.routers.documents import accepted
from api.service import Service
from streams import documents
from streams.documents import Change
from streams.filters import EventFilter
from streams.slots import Cause
from streams.vectors import covers

router = APIRouter(prefix="/v1/events", tags=["events"])
EventId = Annotated[str, Path(pattern=EVENT_ID, description="The event's id: 64 hexadecimal digits.")]


@router.get(
    "",
    dependencies=[Depends(fresh)],
    response_model=EventPage,
    responses={200: {"headers": HEADERS}, **documented(410, 422, 503)},
)
async def list_events(
    request: Request, wanted: Wanted, paging: APage, as_asked: Annotated[Asked, Depends(asked)]
) -> Response:
    """List events, the last recorded first."""
    with Service.of(request).model.snapshot() as at:
        return answer(request, at, page(at, wanted, paging, as_asked))


@router.get(
    "/{event_id}",
    dependencies=[Depends(fresh)],
    response_model=RecordedEvent,
    responses={200: {"headers": HEADERS}, **documented(404, 410, 422, 503)},
)
async def get_event(
    request: Request, event_id: EventId, as_asked: Annotated[Asked, Depends(asked)]
) -> Response:
    """Give one event as it was published."""
    with Service.of(request).model.snapshot() as at:
        day, below = narrowed(as_asked, resolve(at, as_asked))
        found = _found(at, event_id)
        if below is not None:
            if not covers(below, found.topic, found.partition, found.offset):
                message = "the log did not know this event then"
                raise NotFound(message)
            found = replace(found, retracted=event_queries.is_retracted(at.events, found.key, below))
        return answer(request, at, event_queries.to_json(at.events, found, day))


@router.post(
    "/{event_id}/retraction",
    status_code=202,
    response_model=Accepted,
    responses=documented(401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=body_of(NewRetraction),
)
async def retract_event(request: Request, event_id: EventId) -> Response:
    """Take an event back, and all that follows from it; a retraction can be taken back likewise."""
    asked, _ = await read_body(request, NewRetraction)
    service = Service.of(request)
    with service.model.snapshot() as at:
        event = _found(at, event_id)
        if event.retracted:
            message = "the event has been taken back already"
            raise Conflict(message)
        home = orjson.loads(event.data)["source"]["document"]
        latest = document_queries.latest(at.events, home)
        log_id = service.log_id(at)
    if latest is None:
        message = "the document of this event is not in the log"
        raise NotFound(message)
    why = documents.Request(
        id=str(ULID()), by=asked.by, reason=asked.reason, cause=Cause(asked.cause), event=event_id
    )
    record = documents.decode_document(latest).changed(Change.RETRACTION, why)
    return accepted(record, await service.publish(record), log_id)


def page(at: Snapshot, wanted: EventFilter, paging: Paging, as_asked: Asked) -> bytes:
    """Make a page of events, as of the day and moment that are asked for."""
    as_of = resolve(at, as_asked)
    day, below = narrowed(as_asked, as_of)
    entities = map_of(at, as_of.recorded)
    found, after = event_queries.page(
        at.events, wanted, paging.since_ms, paging.cursor, paging.limit, entities, day=day, below=below
    )
    listed = b",".join(event_queries.to_json(at.events, event, day) for event in found)
    told = orjson.dumps(as_of.to_json()), listed, orjson.dumps(after)
    return b'{"as_of":%b,"events":[%b],"next":%b}' % told


def _found(at: Snapshot, event_id: str) -> StoredEvent:
    event = event_queries.one(at.events, event_id)
    if event is None:
        message = "there is no event of this id"
        raise NotFound(message)
    return event
