"""The short way to `GET /v1/companies/{id}`: what is asked most, and without parameters, is answered at once.

It answers what the route of `api.routers.companies` would, from the same `LivePositions`, with what the
middleware would add; whatever is not plainly that, and every error, it leaves to them.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.errors import ApiError
from api.guard import UNSNIFFED
from api.parameters import ENTITY, ENTITY_MAX

if TYPE_CHECKING:
    from fastapi import Response
    from fastapi.routing import APIRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.guard import Hosts
    from api.live import LivePositions
    from api.metrics import Metrics

_ID = re.compile(ENTITY)
_GROUP = re.compile(r"\(\?P<\w+>")


class Hot:
    """Stands before the application.

    `endpoints`: all of its routes in the order in which they are tried; `name`: that for which it answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        live: LivePositions,
        hosts: Hosts,
        metrics: Metrics,
        *,
        endpoints: Sequence[APIRoute],
        name: str,
    ) -> None:
        self._app = app
        self.live = live
        self._hosts = hosts
        self._metrics = metrics
        at = next(n for n, route in enumerate(endpoints) if route.name == name)
        self._route = endpoints[at].path
        before = [route.path_regex.pattern for route in endpoints[:at] if "GET" in (route.methods or ())]
        self._is_of_another = re.compile("|".join(_GROUP.sub("(?:", pattern) for pattern in before)).match
        self._prefix = self._route.partition("{")[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        await (self.response(scope) or self._app)(scope, receive, send)

    def response(self, scope: Scope) -> Response | None:
        """Make the answer to a request, and count it, if it goes this way."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return None
        begun = time.perf_counter()
        company = path[len(self._prefix) :]
        if len(company) > ENTITY_MAX or not _ID.fullmatch(company) or self._is_of_another(path):
            return None
        headers = scope["headers"]
        if not self._is_plain(headers):
            return None
        try:
            response = self.live.answer(company, headers)
        except (ApiError, sqlite3.Error):
            return None
        response.raw_headers.append(UNSNIFFED)
        self._metrics.answered(self._route, "GET", response.status_code, time.perf_counter() - begun)
        return response

    def _is_plain(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Say whether the guard would let a request pass: it has no body, and names a host as others did."""
        host = None
        for name, value in headers:
            if name == b"host" and host is None:
                host = value
            elif name == b"content-length":
                return False
        return host is not None and self._hosts.is_known(host)
