"""How answers are made: JSON bytes, the token of what they cover, how stale they are, an ETag."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Request, Response

from api.reader_status import shown
from api.service import Service

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

JSON = "application/json"
HEADERS: dict[str, Any] = {
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


def answer(
    request: Request, at: Snapshot, body: Any, *, of_views: bool = False, status: int = 200
) -> Response:
    """Make the response of a read; 304 where the client has the same already."""
    service = Service.of(request)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {
        "Khabar-Token": service.token(at, of_views=of_views),
        "Khabar-Staleness": str(service.staleness_seconds()),
        "Cache-Control": "no-cache",
    }
    if down := shown(service.status()):
        headers["Khabar-Reader"] = down.encode("ascii", "backslashreplace").decode().replace("\n", " ")[:500]
    if status == 200:
        tag = hashlib.blake2b(content, digest_size=12).hexdigest()
        headers["ETag"] = f'"g{at.generation}-{tag}"'
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
    return Response(content, status, headers, JSON)
