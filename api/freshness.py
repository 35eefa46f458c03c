"""`min_token` and `wait`: answer only when the views hold what a token stands for."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request

from api.errors import BadParameter, TokenGone, ViewBehind
from api.read_model.document_queries import event_keys_of
from api.read_model.places import entities_hold, exposed_vector, facts_of, read_cut
from api.reader_status import shown
from api.service import Service
from streams.tokens import TEXT_MAX, Token, TokenError, vector_of
from streams.vectors import covers, dominates, next_offset

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

WAIT_SECONDS_MAX = 30.0
_WAIT = re.compile(r"^(\d{1,5}(?:\.\d{1,3})?)(ms|s)$")

MinToken = Annotated[
    str | None,
    Query(max_length=TEXT_MAX, description="Answer only when the views hold what this log token stands for."),
]
Wait = Annotated[
    str | None,
    Query(pattern=_WAIT.pattern, description="How long to wait for `min_token`, at most 30s: `2s`, `500ms`."),
]


async def fresh(request: Request, min_token: MinToken = None, wait: Wait = None) -> None:
    """Wait until the read model holds `min_token`. Raises BadParameter, TokenGone, ViewBehind."""
    if min_token is None:
        return
    token, service = decode(min_token), Service.of(request)
    deadline = time.monotonic() + min(_seconds(wait), WAIT_SECONDS_MAX)
    async with service.watching():
        while True:
            changed = service.next_change()
            with service.model.snapshot() as at:
                if holds(at, token):
                    return
            if down := shown(service.status()):
                raise ViewBehind(down)
            left = deadline - time.monotonic()
            if left <= 0:
                message = "the views have not come as far as min_token yet: ask again, or wait longer"
                raise ViewBehind(message)
            await service.wait(changed, left)


def decode(text: str) -> Token:
    """Read a token out of a request. Raises BadParameter."""
    try:
        return Token.decode(text)
    except TokenError as error:
        raise BadParameter(str(error)) from error


def holds(at: Snapshot, token: Token) -> bool:
    """Say whether what is served covers a token. Raises TokenGone for a token of another log."""
    if token.log != Service.log_id(at):
        message = "the token is of another log: take one from the Khabar-Token header of an answer"
        raise TokenGone(message)
    cut = read_cut(at.events, token.cut)
    if cut is None or at.views is None:
        return False
    exposed, vector = exposed_vector(at.views), vector_of(token, cut)
    if not dominates(exposed, facts_of(vector)):
        return False
    if not entities_hold(at.events, at.views, next_offset(vector, "entities", 0)):
        return False
    if token.document is None:
        return True
    keys = event_keys_of(at.events, token.document)
    if keys is None:
        return False
    for key in keys:
        place = at.events.execute(
            "SELECT topic, partition, offset FROM events WHERE key = ?", (key,)
        ).fetchone()
        if place is None or not covers(exposed, *place):
            return False
    return True


def _seconds(wait: str | None) -> float:
    found = _WAIT.match(wait or "0s")
    if not found:
        message = "wait: a number and `s` or `ms`"
        raise BadParameter(message)
    return float(found[1]) / (1000 if found[2] == "ms" else 1)
