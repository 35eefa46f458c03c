"""Documents: what was read, articles to be read, and their withdrawal.

An article posted again to a withdrawn document, the same text or another, is published again: the document
stands again with the facts of this text. Reinstatement gives it the text that was withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from ulid import ULID

from api.answers import HEADERS, JSON, answer
from api.bodies import body_of, read_body, read_body_or
from api.document_models import Accepted, DocumentView, NewDocument, NewReinstatement, NewWithdrawal
from api.errors import BadBody, BodyTooLarge, Conflict, KeyReused, NotFound
from api.freshness import fresh
from api.problems import documented
from api.read_model import document_queries
from api.read_model.reading import Snapshot
from api.service import Service
from seeds.document import read_document
from seeds.errors import SeedsError, TooLarge
from streams import documents
from streams.documents import REASON_MAX, Change, Place, StoredDocument, stored
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
DocumentId = Annotated[
    str, Path(max_length=2048, description="Its URL, percent-encoded, or its hash (`sha256:…`).")
]
Reason = Annotated[
    str | None,
    Query(min_length=1, max_length=REASON_MAX, description="Why, where there is no body that says so."),
]


def _of_document(request: Request) -> None:
    """Refuse what is no document but its reinstatement. An id may end like that, with its slash encoded."""
    if _says_reinstatement(request):
        raise HTTPException(405)


def _of_reinstatement(request: Request) -> None:
    if not _says_reinstatement(request):
        message = "there is no document of this id"
        raise NotFound(message)


def _says_reinstatement(request: Request) -> bool:
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return path.endswith(b"/reinstatement")


@router.get(
    "/{document_id:path}",
    dependencies=[Depends(_of_document), Depends(fresh)],
    response_model=DocumentView,
    responses={200: {"headers": HEADERS}, **documented(404, 410, 422, 503)},
)
async def get_document(request: Request, document_id: DocumentId) -> Response:
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
    return await _published(service, key, lambda _: record)


@router.delete(
    "/{document_id:path}",
    dependencies=[Depends(_of_document)],
    status_code=202,
    response_model=Accepted,
    responses=documented(401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=body_of(NewWithdrawal, required=False),
)
async def withdraw_document(
    request: Request, document_id: DocumentId, reason: Reason = None, key: Key = None
) -> Response:
    """Withdraw an article: its facts are taken back as `source_withdrawn`; what it said stays readable.

    The reason stands in the body, or in the query.
    """
    asked = await read_body_or(request, NewWithdrawal, reason=reason)
    why = documents.Request(id=key or str(ULID()), by=asked.by, reason=asked.reason)

    def refuse(at: Snapshot) -> None:
        if document_queries.is_withdrawn(at.events, document_id):
            message = "the document has been withdrawn already"
            raise Conflict(message)

    return await _published(
        Service.of(request), key, lambda at: _found(at, document_id).changed(Change.WITHDRAWN, why), refuse
    )


@router.post(
    "/{document_id:path}/reinstatement",
    dependencies=[Depends(_of_reinstatement)],
    status_code=202,
    response_model=Accepted,
    responses=documented(401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=body_of(NewReinstatement, required=False),
)
async def reinstate_document(request: Request, document_id: DocumentId, key: Key = None) -> Response:
    """Let a withdrawn article stand again: its last text is read anew, and its facts live again.

    A fact that was retracted on request stays retracted.
    """
    asked = await read_body_or(request, NewReinstatement)
    why = documents.Request(id=key or str(ULID()), by=asked.by, reason=asked.reason)

    def refuse(at: Snapshot) -> None:
        if not document_queries.is_withdrawn(at.events, document_id):
            message = "the document is not withdrawn"
            raise Conflict(message)

    return await _published(
        Service.of(request), key, lambda at: _found(at, document_id).changed(Change.REINSTATED, why), refuse
    )


def accepted(record: StoredDocument, place: Place, log_id: str) -> Response:
    """Answer that a record is in the log, with the token that waits for what comes of it."""
    token = Token(log_id, 0, document=place).encode()
    body = {"document": record.document, "revision": record.revision, "token": token}
    location = f"/v1/documents/{quote(record.document, safe='')}"
    return Response(orjson.dumps(body), 202, {"Location": location, "Khabar-Token": token}, JSON)


async def _published(
    service: Service,
    key: str | None,
    make: Callable[[Snapshot], StoredDocument],
    refuse: Callable[[Snapshot], None] = lambda _: None,
) -> Response:
    """Append the record that is made of what stands, once for each key, and answer with its token.

    `make` raises NotFound; `refuse` raises Conflict, and judges only what its key does not know.
    """
    if key is None:
        record, log_id = _made(service, make, refuse)
        return accepted(record, await service.publish(record), log_id)
    async with service.keys.of(key):
        before = service.keys.get(key) or _by_key(service, key)
        record, log_id = _made(service, make, refuse if before is None else lambda _: None)
        if before is None:
            before = record, await service.publish(record)
        service.keys.put(key, before)
    if _content(before[0]) != _content(record):
        message = "this Idempotency-Key came before with another request"
        raise KeyReused(message)
    return accepted(*before, log_id)


def _made(
    service: Service, make: Callable[[Snapshot], StoredDocument], refuse: Callable[[Snapshot], None]
) -> tuple[StoredDocument, str]:
    with service.model.snapshot() as at:
        record = make(at)
        refuse(at)
        return record, service.log_id(at)


def _found(at: Snapshot, document_id: str) -> StoredDocument:
    """Read the last text of a document. Raises NotFound."""
    value = document_queries.latest(at.events, document_id)
    if value is None:
        message = "there is no document of this id"
        raise NotFound(message)
    return documents.decode_document(value)


def _by_key(service: Service, key: str) -> tuple[StoredDocument, Place] | None:
    """Find what a key led to before this process: the log remembers it."""
    with service.model.snapshot() as at:
        found = document_queries.by_request(at.events, key)
    return (documents.decode_document(found[1]), found[0]) if found else None


def _content(record: StoredDocument) -> tuple[str | None, ...]:
    """Give what a request asked for, to know it again: a text, or what to do with the document and why."""
    if record.change is not Change.TEXT:
        why = record.request
        return (record.document, record.change, why.by if why else None, why.reason if why else None)
    return (
        record.document, record.change, record.headline, record.text_sha256, record.language,
        record.publisher, record.published_at,
    )  # fmt: skip
