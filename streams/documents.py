"""The log's other records: revisions of documents, and what parsing each of them gave."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import Field, TypeAdapter, ValidationError
from ulid import ULID

from seeds.document import Document, document_id, text_hash
from seeds.facts import OpenEnum, Rejected, Value
from seeds.origin import origin
from streams.errors import Invalid, NewerVersion, NotJson, TooLong
from streams.events import Moment, Sha256
from streams.ids import canonical
from streams.slots import Cause

RECORD_BYTES_MAX = 8 << 20
RECORD_VERSION = 1
"""Raised where an older reader would misunderstand a record; an optional field may come without that."""

DOCUMENT_MAX = 2048
REASON_MAX = 300  # code points
ERROR_MAX = 1000
RecordT = TypeVar("RecordT", bound=Value)


MOMENT: TypeAdapter[str] = TypeAdapter(Moment)


class Place(NamedTuple):
    """Where a record stands: topic without prefix, partition, offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


class Change(OpenEnum):
    """What happened to a document; each is a revision of its own."""

    TEXT = "text"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    REPARSE = "reparse"
    RETRACTION = "retraction"
    OTHER = "other"


class Request(Value):
    """Who asked for a change, and why; `event` is the event to be retracted, `reason` is for people."""

    id: str = Field(max_length=200)
    by: str = Field(max_length=200)
    reason: str | None = Field(default=None, max_length=REASON_MAX)
    cause: Cause | None = None
    event: Sha256 | None = None


class StoredDocument(Value):
    """The value of a `documents` record: one revision of a document, its text as written."""

    schema_version: int = Field(default=RECORD_VERSION, ge=1, strict=True)
    document: str = Field(min_length=1, max_length=DOCUMENT_MAX)
    revision: str = Field(min_length=26, max_length=26)
    change: Change = Change.TEXT
    headline: str | None = None
    text: str = ""
    language: str | None = None
    url: str | None = None
    publisher: str | None = None
    published_at: Moment | None = None
    fetched_at: Moment
    headline_sha256: Sha256 | None = None
    text_sha256: Sha256
    salt: str = Field(min_length=16, max_length=64)
    origin: str
    request: Request | None = None

    @property
    def key(self) -> bytes:
        """The record's key: every revision has its own, so compaction loses none."""
        return f"{self.document}/{self.revision}".encode()

    def as_document(self) -> Document:
        """Give what the extractor reads."""
        return Document(
            headline=self.headline, text=self.text, language=self.language, url=self.url,
            publisher=self.publisher, published_at=self.published_at,
        )  # fmt: skip

    def changed(self, change: Change, request: Request) -> StoredDocument:
        """Make a further revision of the same document, with the same text."""
        return self.model_copy(
            update={"revision": str(ULID()), "change": change, "request": request, "fetched_at": _now()}
        )


class Status(OpenEnum):
    """What came of a `documents` record."""

    PARSED = "parsed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    REPARSED = "reparsed"
    RETRACTED = "retracted"
    FAILED = "failed"
    OTHER = "other"


class ParseRecord(Value):
    """The value of a `parses` record: the one answer to the `documents` record at (partition, offset).

    `events` holds the wire data of all new events, retractions included, in the order of publishing.
    """

    schema_version: int = Field(default=RECORD_VERSION, ge=1, strict=True)
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    document: str
    revision: str
    change: Change
    status: Status
    extractor: str
    version: str
    text_sha256: Sha256 | None = None
    events: tuple[dict[str, Any], ...] = ()
    rejected: tuple[Rejected, ...] = ()
    error: str | None = Field(default=None, max_length=ERROR_MAX)


def stored(document: Document) -> StoredDocument:
    """Make the first record of an article as it came: ids, hashes, a fresh salt, the time of fetching."""
    return StoredDocument(
        document=document_id(document),
        revision=str(ULID()),
        headline=document.headline,
        text=document.text,
        language=document.language,
        url=document.url,
        publisher=document.publisher,
        published_at=_with_seconds(document.published_at),
        fetched_at=_now(),
        headline_sha256=text_hash(document.headline) if document.headline is not None else None,
        text_sha256=text_hash(document.text),
        salt=secrets.token_hex(16),
        origin=origin(document),
    )


def unreadable(key: bytes | None, place: Place, extractor: str, version: str, error: str) -> ParseRecord:
    """Answer a `documents` record that is none: it has failed, whatever it was to change.

    Only its key may still name document and revision; they are empty where it does not.
    """
    document, _, revision = (key or b"").decode("utf-8", "replace").rpartition("/")
    named = 0 < len(document) <= DOCUMENT_MAX and re.fullmatch(r"[0-9A-Z]{26}", revision) is not None
    return ParseRecord(
        partition=place.partition,
        offset=place.offset,
        document=document if named else "",
        revision=revision if named else "",
        change=Change.OTHER,
        status=Status.FAILED,
        extractor=extractor,
        version=version,
        error=error[:ERROR_MAX],
    )


def encode(record: StoredDocument | ParseRecord) -> bytes:
    """Write a record; rejected candidates give way first if it would be too long."""
    value = canonical(record.model_dump(mode="json", exclude_none=True))
    if len(value) > RECORD_BYTES_MAX and isinstance(record, ParseRecord) and record.rejected:
        return encode(record.model_copy(update={"rejected": record.rejected[: len(record.rejected) // 2]}))
    return value


def decode_document(value: bytes | None) -> StoredDocument:
    """Read a `documents` record. Raises NotJson, Invalid, TooLong, NewerVersion."""
    return _decode(StoredDocument, value)


def decode_parse(value: bytes | None) -> ParseRecord:
    """Read a `parses` record. Raises NotJson, Invalid, TooLong, NewerVersion."""
    return _decode(ParseRecord, value)


def _decode(model: type[RecordT], value: bytes | None) -> RecordT:
    if value is not None and len(value) > RECORD_BYTES_MAX:
        message = f"the record has {len(value)} bytes, more than {RECORD_BYTES_MAX}"
        raise TooLong(message)
    try:
        data = orjson.loads(value or b"")
        _refuse_newer(data)
        return model.model_validate(data, extra="ignore")
    except orjson.JSONDecodeError as error:
        message = f"not JSON: {error}"
        raise NotJson(message) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise Invalid(message) from error


def _with_seconds(published_at: str | None) -> str | None:
    """Write a time as records do; outlets also tell it without seconds, or with nanoseconds."""
    if published_at is None or "T" not in published_at:
        return published_at
    try:
        return MOMENT.validate_python(published_at)
    except ValidationError:
        return datetime.fromisoformat(published_at).isoformat().replace("+00:00", "Z")


def _refuse_newer(data: Any) -> None:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if type(version) is int and version > RECORD_VERSION:
        message = f"a record has version {version}, this khabar reads up to {RECORD_VERSION}: update it first"
        raise NewerVersion(message)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
