"""Cursors of pages: a few values that only who wrote them has to understand."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from api.errors import BadParameter

NUMBER_MAX = 1 << 62
MESSAGE = "cursor: take it from the `next` of a page"


def write(values: Sequence[Any]) -> str:
    """Write values as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def read(text: str, *kinds: type) -> Any:
    """Read the values of a cursor, of these kinds. Raises BadParameter."""
    try:
        values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        right = len(values) == len(kinds) and all(type(v) is k for v, k in zip(values, kinds, strict=True))
        if right and all(not isinstance(v, int) or 0 <= v < NUMBER_MAX for v in values):
            return values
    except (ValueError, TypeError, binascii.Error):
        pass
    raise BadParameter(MESSAGE)
