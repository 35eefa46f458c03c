"""The short way to `GET /v1/companies/{id}`: what is asked most, and without parameters, is answered at once.

It answers what the route of `api.routers.companies` would, from the same `LivePositions`; whatever is not
plainly that, and every error, it leaves to the routes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.errors import ApiError
from api.parameters import ENTITY, ENTITY_MAX

if TYPE_CHECKING:
    from fastapi import Response
    from fastapi.routing import APIRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.live import LivePositions

_ID = re.compile(ENTITY)
_GROUP = re.compile(r"\(\?P<\w+>")


class Hot:
    """Stands before the routes; `endpoints` are all of them in the order in which they are tried."""

    def __init__(self, app: ASGIApp, live: LivePositions, endpoints: Sequence[APIRoute], name: str) -> None:
        self._app = app
        self._live = live
        at = next(n for n, route in enumerate(endpoints) if route.name == name)
        self._route = endpoints[at]
        before = [route.path_regex.pattern for route in endpoints[:at] if "GET" in (route.methods or ())]
        self._is_of_another = re.compile("|".join(_GROUP.sub("(?:", pattern) for pattern in before)).match
        self._prefix = self._route.path.partition("{")[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        response = self.response(scope)
        await (response or self._app)(scope, receive, send)

    def response(self, scope: Scope) -> Response | None:
        """Make the answer to a request, if it goes this way."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return None
        company = path[len(self._prefix) :]
        if len(company) > ENTITY_MAX or not _ID.fullmatch(company) or self._is_of_another(path):
            return None
        try:
            response = self._live.answer(company, scope["headers"])
        except ApiError:
            return None
        scope["route"] = self._route  # what is measured is told by it
        return response
