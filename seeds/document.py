"""A document: what an article is before anything is read out of it.

Text is kept as written: evidence spans count in it, so nothing here normalises it. `.txt` is the text
itself, `.json` names its parts, of `.html` the article is extracted once and then kept.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
from pydantic import Field, ValidationError, field_validator

from seeds.errors import BadEncoding, BadFormat, BadMetadata, EmptyDocument, TooLarge, UnreadableFile
from seeds.facts import Value

TEXT_BYTES_MAX = 1024 * 1024
FILE_BYTES_MAX = 8 * 1024 * 1024  # an HTML page may be much longer than its article
HEADLINE_MAX = 2000
Kind = Literal["txt", "html", "json"]
KINDS: dict[str, Kind] = {".txt": "txt", ".html": "html", ".htm": "html", ".json": "json"}

_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|mc_[ce]id|ref|cmpid)$")
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$")


class Document(Value):
    """An article as it came: `text` is never changed afterwards.

    `language` is a code such as "ar"; `published_at` an ISO 8601 day, or a time with its zone.
    """

    headline: str | None = Field(default=None, max_length=HEADLINE_MAX)
    text: str
    language: str | None = Field(default=None, max_length=8)
    url: str | None = Field(default=None, max_length=2048)
    publisher: str | None = Field(default=None, max_length=300)
    published_at: str | None = None

    @field_validator("published_at")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        if value is not None:
            if not _MOMENT.match(value):
                msg = "is an ISO day (2025-06-17) or a time with its zone (2025-06-17T09:30:00Z)"
                raise ValueError(msg)
            datetime.fromisoformat(value)  # 2025-02-30 has the right shape, and is no day
        return value

    @property
    def published_day(self) -> date | None:
        """The day of publication, from which the article's relative dates are counted."""
        return date.fromisoformat(self.published_at[:10]) if self.published_at else None


def read_document(
    source: Path | str | bytes,
    kind: Kind | None = None,
    *,
    published_at: str | None = None,
    language: str | None = None,
) -> Document:
    """Read a document from a file, or from bytes of the given kind.

    `published_at` and `language` stand in where the document does not tell them itself.
    Raises a subclass of SeedsError, each with one line that says what is wrong.
    """
    if isinstance(source, bytes):
        name, data = "the document", source
    else:
        path = Path(source)
        name, data = str(path), _bytes_of(path)
        kind = kind or KINDS.get(path.suffix.lower())
        if kind is None:
            msg = f"{name}: khabar reads {', '.join(KINDS)}, not {path.suffix or 'files without a suffix'}"
            raise BadFormat(msg)
    fields = _FIELDS[kind or "txt"](_decoded(data, name), name)
    fields["published_at"] = fields.get("published_at") or published_at
    fields["language"] = fields.get("language") or language
    text = fields.get("text")
    if not isinstance(text, str) or not text.strip():
        msg = f"{name}: there is no text in it"
        raise EmptyDocument(msg)
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        msg = f"{name}: the text is longer than {TEXT_BYTES_MAX // 1024} KiB"
        raise TooLarge(msg)
    try:
        return Document.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        msg = f"{name}: {where}: {first['msg'].removeprefix('Value error, ')}"
        raise BadMetadata(msg) from None


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            msg = f"{path}: {size // 2**20} MiB; a file may have {FILE_BYTES_MAX // 2**20} MiB"
            raise TooLarge(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise UnreadableFile(msg) from None


def _decoded(data: bytes, name: str) -> str:
    if len(data) > FILE_BYTES_MAX:
        msg = f"{name}: {len(data) // 2**20} MiB; a file may have {FILE_BYTES_MAX // 2**20} MiB"
        raise TooLarge(msg)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name}: not UTF-8 (byte {error.start}); convert it first"
        raise BadEncoding(msg) from None
    if "\0" in text:
        msg = f"{name}: holds NUL characters: a binary file, or UTF-16"
        raise BadEncoding(msg)
    return text


def _from_txt(text: str, name: str) -> dict[str, object]:
    return {"text": text}


def _from_json(text: str, name: str) -> dict[str, object]:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = f"{name}: not JSON ({error})"
        raise BadFormat(msg) from None
    if not isinstance(record, dict):
        msg = f"{name}: a JSON document is an object with `text`, not a {type(record).__name__}"
        raise BadFormat(msg)
    return {key: record[key] for key in Document.model_fields if record.get(key) is not None}


def _from_html(text: str, name: str) -> dict[str, object]:
    import trafilatura  # takes half a second to import, and only pages need it

    extracted = trafilatura.bare_extraction(text, include_comments=False, with_metadata=True)
    if extracted is None or isinstance(extracted, dict) or not extracted.text:
        msg = f"{name}: no article found in the page"
        raise EmptyDocument(msg)
    found = {
        "headline": extracted.title,
        "text": extracted.text,
        "language": extracted.language,
        "url": extracted.url,
        "publisher": extracted.sitename,
        "published_at": extracted.date,
    }
    return {key: value for key, value in found.items() if value}


_FIELDS = {"txt": _from_txt, "json": _from_json, "html": _from_html}


def text_hash(text: str) -> str:
    """Return the sha256 of a stored string, in hex: what evidence spans name to say what they count in."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def document_id(document: Document) -> str:
    """Return the canonical URL, else `sha256:` and the hash of headline and text."""
    if document.url:
        return canonical_url(document.url)
    return "sha256:" + text_hash(f"{document.headline or ''}\n\n{document.text}")


def canonical_url(url: str) -> str:
    """Drop what does not tell articles apart: fragment, tracking, case of the host, the usual port."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        msg = f"url: {url[:80]!r} is not an address"
        raise BadMetadata(msg) from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        msg = f"url: {url[:80]!r} is not an http address"
        raise BadMetadata(msg)
    scheme = parts.scheme.lower()
    host = parts.hostname + (f":{port}" if port and port != {"http": 80, "https": 443}[scheme] else "")
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, True) if not _TRACKING.match(k.lower())])
    return urlunsplit((scheme, host, parts.path or "/", query, ""))
