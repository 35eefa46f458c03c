"""`GET /v1/events/stream`: server-sent events from any point of history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from api import history
from api.answers import HEADERS
from api.errors import TooManyStreams
from api.freshness import decode
from api.parameters import Wanted
from api.problems import documented
from api.service import Service
from api.sse import STREAMS_MAX, EventStream
from streams.tokens import TEXT_MAX

router = APIRouter(prefix="/v1/events", tags=["events"])

From = Annotated[
    str,
    Query(
        alias="from",
        max_length=TEXT_MAX,
        description="`now`, `beginning`, or a log token: the stream begins behind it.",
    ),
]
Last = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=TEXT_MAX,
        description="The id of the last message that came: goes before `from`.",
    ),
]


@router.get(
    "/stream",
    response_class=Response,
    responses={
        200: {
            "description": "Messages whose id is a log token, whose event is the type, whose data is a "
            "RecordedEvent (its `cut` is null). A comment is sent when nothing else is.",
            "headers": HEADERS,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(410, 422, 503),
    },
)
async def stream_events(
    request: Request,
    wanted: Wanted,
    start: From = "now",
    last: Last = None,
) -> Response:
    """Subscribe to events: history first, then what comes; no gap, no duplicate."""
    service = Service.of(request)
    if service.streams >= STREAMS_MAX:
        message = "this server has as many streams as it serves: try again later"
        raise TooManyStreams(message)
    chosen = last or start
    token = None if chosen in ("now", "beginning") else decode(chosen)
    with service.model.snapshot() as at:
        walk = history.beginning(at) if chosen == "beginning" else history.start(at, token)
    return EventStream(service, walk, wanted)
