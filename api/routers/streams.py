"""Server-sent events from any point of history: of events, and of changes of positions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from api import history, positions_stream
from api.answers import STREAM_HEADERS
from api.errors import BadParameter, TooManyStreams
from api.freshness import decode
from api.parameters import Company, Sections, Wanted
from api.problems import documented
from api.service import Service
from api.sse import STREAMS_MAX, EventMessages, EventStream, PositionMessages
from streams.lines import SECTIONS
from streams.tokens import TEXT_MAX

router = APIRouter(prefix="/v1", tags=["streams"])

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
    "/events/stream",
    response_class=Response,
    responses={
        200: {
            "description": "Messages whose id is a log token, whose event is the type, whose data is a "
            "RecordedEvent (its `cut` is null). A comment is sent when nothing else is.",
            "headers": STREAM_HEADERS,
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
    service = _room(request)
    chosen = last or start
    token = None if chosen in ("now", "beginning") else decode(chosen)
    with service.model.snapshot() as at:
        walk = history.beginning(at) if chosen == "beginning" else history.start(at, token)
    return EventStream(service, EventMessages(request.app.state.fanout, service, walk, wanted))


@router.get(
    "/positions/stream",
    response_class=Response,
    responses={
        200: {
            "description": "Messages of the event `change`, whose data is a ChangeView: the value of a line "
            "before and after a cut, and the events that made the difference. Their ids resume this stream.",
            "headers": STREAM_HEADERS,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(410, 422, 503),
    },
)
async def stream_positions(
    request: Request,
    company: Company = None,
    section: Sections = None,
    start: From = "now",
    last: Last = None,
) -> Response:
    """Subscribe to changes of positions, cut by cut: history first, then what comes; no gap, no duplicate."""
    if unknown := set(section or ()) - SECTIONS.keys():
        message = f"section: {sorted(unknown)[0][:40]!r} is none of {', '.join(SECTIONS)}"
        raise BadParameter(message)
    service = _room(request)
    with service.model.snapshot() as at:
        walk = positions_stream.start(at, company, frozenset(section or ()), last or start)
    return EventStream(service, PositionMessages(request.app.state.fanout, service, walk))


def _room(request: Request) -> Service:
    """Give the service, if it has room for one more stream. Raises TooManyStreams."""
    service = Service.of(request)
    if service.streams >= STREAMS_MAX:
        message = "this server has as many streams as it serves: try again later"
        raise TooManyStreams(message)
    return service
