"""Documents: what was read, and articles to be read."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import ValidationError
from ulid import ULID

from api.answers import HEADERS, JSON, answer
from api.bodies import body_of, read_body
from api.errors import BadBody, BodyTooLarge, KeyReused, NotFound
from api.freshness import fresh
from api.models import Accepted, DocumentView, NewDocument
from api.problems import documented
from api.read_model import document_queries
from api.service import Service
from seeds.document import read_document
from seeds.errors import SeedsError, TooLarge
from streams import documents
from streams.documents import Place, StoredDocument, stored
from streams.tokens import Token

router = APIRouter(prefix="/v1/documents", tags=["documents"])
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key and body again gives the same answer, and one record.",
    ),
]


@router.get(
    "/{document_id:path}",
    dependencies=[Depends(fresh)],
    response_model=DocumentView,
    responses={200: {"headers": HEADERS}, **documented(404, 410, 422, 503)},
)
async def get_document(
    request: Request,
    document_id: Annotated[str, Path(max_length=2048, description="Its URL, percent-encoded, or its hash.")],
) -> Response:
    """Give the text of a document and where in it each fact stands."""
    with Service.of(request).model.snapshot() as at:
        found = document_queries.document(at.events, document_id)
        if found is None:
            message = "there is no document of this id"
            raise NotFound(message)
        return answer(request, at, found, of_views=True)


@router.post(
    "",
    status_code=202,
    response_model=Accepted,
    responses=documented(401, 403, 413, 415, 422, 503),
    openapi_extra=body_of(NewDocument),
)
async def post_document(request: Request, key: Key = None) -> Response:
    """Put an article into the log. The token of the answer is for `min_token`."""
    asked, _ = await read_body(request, NewDocument)
    try:
        document = stored(read_document(asked.model_dump_json().encode(), "json"))
    except TooLarge as error:
        raise BodyTooLarge(str(error)) from error
    except SeedsError as error:
        raise BadBody(str(error)) from error
    except ValidationError as error:  # an address at its limit may be longer in its canonical form
        message = "url: too long"
        raise BadBody(message) from error
    service = Service.of(request)
    record = document.model_copy(update={"request": documents.Request(id=key or str(ULID()), by="api")})
    with service.model.snapshot() as at:
        log_id = service.log_id(at)
    if key is None:
        return accepted(record, await service.publish(record), log_id)
    async with service.keys.of(key):
        before = service.keys.get(key) or _by_key(service, key)
        if before is None:
            before = record, await service.publish(record)
        service.keys.put(key, before)
    if _content(before[0]) != _content(record):
        message = "this Idempotency-Key came before with another body"
        raise KeyReused(message)
    return accepted(*before, log_id)


def accepted(record: StoredDocument, place: Place, log_id: str) -> Response:
    """Answer that a record is in the log, with the token that waits for what comes of it."""
    token = Token(log_id, 0, document=place).encode()
    body = {"document": record.document, "revision": record.revision, "token": token}
    location = f"/v1/documents/{quote(record.document, safe='')}"
    return Response(orjson.dumps(body), 202, {"Location": location, "Khabar-Token": token}, JSON)


def _by_key(service: Service, key: str) -> tuple[StoredDocument, Place] | None:
    """Find what a key led to before this process: the log remembers it."""
    with service.model.snapshot() as at:
        found = document_queries.by_request(at.events, key)
    return (documents.decode_document(found[1]), found[0]) if found else None


def _content(record: StoredDocument) -> tuple[str | None, ...]:
    return (
        record.document, record.headline, record.text_sha256, record.language, record.publisher,
        record.published_at,
    )  # fmt: skip
