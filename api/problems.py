"""Errors as RFC 9457 problem documents. This table is the only place that knows HTTP statuses of errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import errors

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
ECHO_MAX = 200

STATUS: dict[type[errors.ApiError], int] = {
    errors.Moved: 308,
    errors.NotFound: 404,
    errors.BadParameter: 422,
    errors.BadBody: 422,
    errors.KeyReused: 422,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.TokenGone: 410,
    errors.Conflict: 409,
    errors.Unauthorised: 401,
    errors.WritesDisabled: 403,
    errors.ForeignOrigin: 403,
    errors.ForeignHost: 421,
    errors.ViewBehind: 503,
    errors.TooManyStreams: 503,
    errors.LogUnreachable: 503,
    errors.ReadModelMissing: 503,
}


def problem(status: int, detail: str, name: str | None = None, **more: Any) -> Response:
    """Make a problem response; `name` is the class of the error, from which its type is made."""
    body = {
        "type": f"urn:khabar:problem:{_slug(name)}" if name else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def problem_of(error: errors.ApiError) -> Response:
    """Make the response that an error of ours stands for."""
    return problem(STATUS.get(type(error), 500), str(error), type(error).__name__)


def add_handlers(app: FastAPI) -> None:
    """Answer every error with a problem document, those of the framework included."""

    @app.exception_handler(errors.ApiError)
    async def ours(request: Request, error: errors.ApiError) -> Response:
        response = problem_of(error)
        if isinstance(error, errors.Moved):
            response.headers["Location"] = _moved(request, error)
        return response

    @app.exception_handler(HTTPException)
    async def of_starlette(request: Request, error: HTTPException) -> Response:
        response = problem(error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        if error.status_code == 405:  # Starlette tells the methods of one route only
            response.headers["Allow"] = ", ".join(sorted(_methods(request)))
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        found = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
        first = found[0] if found else {"where": "request", "what": "invalid"}
        return problem(422, f"{first['where']}: {first['what']}", "Invalid", errors=found)

    @app.exception_handler(Exception)
    async def ours_to_fix(_: Request, error: Exception) -> Response:
        return problem(500, "an error of khabar's own; its log says more")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Tell OpenAPI that an endpoint may answer with these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


NO_HTTP: Mapping[str, Any] = {
    "description": "No HTTP, or a URL of 64 KiB or more: refused before the service sees it.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what went wrong.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}


def _moved(request: Request, error: errors.Moved) -> str:
    """Write the same request for what the entity has become: `/v1/companies/{id}…`."""
    *head, rest = request.url.path.split("/", 3)
    query = f"?{request.url.query}" if request.url.query else ""
    return "/".join([*head, quote(error.now, safe="") + rest.removeprefix(error.was)]) + query


def _methods(request: Request) -> set[str]:
    """Collect the methods of the endpoints whose path says most of this one: an id may hold any slashes."""
    found = [route for route in request.app.state.endpoints if route.path_regex.match(request.url.path)]
    closest = max((_literal(route.path) for route in found), default=0)
    return {method for route in found if _literal(route.path) == closest for method in route.methods}


def _literal(path: str) -> int:
    """Count the characters of a path that are no parameter."""
    return len(re.sub(r"\{[^}]*\}", "", path))


def _slug(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
