"""Conditional GET: `If-None-Match` against an ETag, and how OpenAPI tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

ETAG: dict[str, Any] = {
    "description": "Strong: the generation that answered and a hash of the body. `If-None-Match` takes it.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags of answers that the client has, or `*`: 304 where the answer is one of them.",
    "schema": {"type": "string"},
}
# RFC 9110, 8.8.3: what stands between the quotes holds no quote, so that a list can be read like this.
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def is_known(headers: Iterable[tuple[bytes, bytes]], etag: str) -> bool:
    """Say whether the `If-None-Match` of a request (names in lower case) names an ETag: weakly compared."""
    for name, value in headers:
        if name == b"if-none-match":
            given = value.decode("latin-1")
            if given.strip() == "*" or etag in _TAG.findall(given):
                return True
    return False


def document(operation: dict[str, Any]) -> None:
    """Tell OpenAPI of 304 where an operation's answer has an ETag."""
    headers = operation["responses"].get("200", {}).get("headers", {})
    if "ETag" in headers:
        operation["responses"]["304"] = {
            "description": "The client has this answer already: no body.",
            "headers": headers,
        }
        operation.setdefault("parameters", []).append(dict(IF_NONE_MATCH))
