"""How answers are made: JSON bytes, the token of what they cover, how stale they are, an ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Request, Response

from api import conditional
from api.reader_status import shown
from api.service import Service

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.read_model.reading import Snapshot

JSON = "application/json"
RawHeaders = list[tuple[bytes, bytes]]
STREAM_HEADERS: dict[str, Any] = {
    "Khabar-Token": {
        "description": "Where in the log the answer stands; a stream goes on from here without a gap.",
        "schema": {"type": "string"},
    },
    "Khabar-Staleness": {
        "description": "Seconds since the read model last held all of the log; -1 if it never did.",
        "schema": {"type": "integer"},
    },
    "Khabar-Reader": {
        "description": "Only while the reader is down for good: why, so that answers grow ever staler.",
        "schema": {"type": "string"},
    },
}
HEADERS: dict[str, Any] = {**STREAM_HEADERS, "ETag": conditional.ETAG}


class Made(Response):
    """A response whose headers are there as they go out."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes = b"") -> None:
        self.status_code = status
        self.raw_headers = headers
        self.body = body
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def answer(
    request: Request, at: Snapshot, body: Any, *, of_views: bool = False, status: int = 200
) -> Response:
    """Make the response of a read; 304 where the client has the same already."""
    service = Service.of(request)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = standing(service, service.token(at, of_views=of_views))
    if status == 200 and request.method == "GET":
        return found(request.headers.raw, headers, etag(at.generation, content), of_body(content), content)
    return Made(status, [*headers, *of_body(content)], content)


def found(
    asked: Iterable[tuple[bytes, bytes]], standing: RawHeaders, tag: str, of_body: RawHeaders, body: bytes
) -> Response:
    """Make the response of what was found: its body, or 304 where the headers of the request name its tag."""
    headers = [*standing, (b"etag", tag.encode())]
    if conditional.is_known(asked, tag):
        return Made(304, headers)
    return Made(200, headers + of_body, body)


def etag(generation: int, body: bytes) -> str:
    """Make the strong ETag of a body as a generation answered it."""
    return f'"g{generation}-{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def standing(service: Service, token: str) -> RawHeaders:
    """Tell where the answer stands in the log and how stale it is."""
    headers = [
        (b"khabar-token", token.encode()),
        (b"khabar-staleness", b"%d" % service.staleness_seconds()),
        (b"cache-control", b"no-cache"),
    ]
    if down := shown(service.status()):
        told = down.encode("ascii", "backslashreplace").replace(b"\n", b" ")[:500]
        headers.append((b"khabar-reader", told))
    return headers


def of_body(body: bytes) -> RawHeaders:
    """Tell the length and the type of a body."""
    return [(b"content-length", b"%d" % len(body)), (b"content-type", JSON.encode())]
