"""The HTTP service: what is asked, and where it is answered.

    /v1/companies    routers/companies   search · position · its events
    …/{id}/history   routers/changes     what changed · diff · timelines · explain
    /v1/people       routers/people      roles
    /v1/events       routers/events      pages · one · retraction
    /v1/events/stream  routers/streams   server-sent events
    /v1/documents    routers/documents   text and its facts' spans · articles in, withdrawn, reinstated
    /v1/entities     routers/entities    merge, split, rename, undo · what was merged · suggestions
    /v1/replays      routers/replays     rebuild the views
    /v1/views        routers/views       generations, digests, differences
    /schemas         routers/schemas     JSON Schemas of the events
    /livez …         routers/health      health and metrics
    /docs            fastapi_offline     the API, to read and to try

Everything is read from the files that `api.reader` writes; only writes need Kafka. A request passes the
guard (host, origin, size, right to write) and is counted; errors become problem documents. What is asked
most goes a shorter way (`api.hot`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

from api import conditional, problems
from api.fanout import Fanout
from api.guard import Guard, Hosts
from api.hot import Hot
from api.live import LivePositions
from api.metrics import Measured
from api.routers import (
    changes,
    companies,
    documents,
    entities,
    events,
    health,
    people,
    replays,
    schemas,
    streams,
    views,
)
from api.service import Service

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from streams.settings import Settings

DESCRIPTION = """
Market intelligence from Arabic and English news: every field of every fact points at the characters of the
article that say so. Answers carry a `Khabar-Token`: a place in the log, from which `/v1/events/stream` goes
on without a gap. Errors are problem documents (RFC 9457).
"""
ROUTERS = (changes, companies, people, streams, events, documents, entities, replays, views, schemas, health)


def served(settings: Settings) -> ASGIApp:
    """Build what is served: the application, with the short way before it."""
    front: ASGIApp = create_app(settings).state.front
    return front


def create_app(settings: Settings) -> FastAPI:
    """Build the application. It opens files and connections only when it is asked something."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    # The page at /docs brings its script along: without a network it works, and nobody else learns of it.
    app = FastAPIOffline(
        title="khabar",
        version=version("khabar"),
        description=DESCRIPTION,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        redoc_url=None,
        static_url="/docs-static",
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.service = service
    app.state.fanout = Fanout(service)
    app.state.live = LivePositions(service)
    app.state.endpoints = [route for module in ROUTERS for route in module.router.routes]
    for module in ROUTERS:
        app.include_router(module.router)
    problems.add_handlers(app)
    hosts = Hosts(settings)
    app.state.front = Hot(
        app, app.state.live, hosts, service.metrics, endpoints=app.state.endpoints, name="get_company"
    )
    app.add_middleware(Guard, settings=settings, hosts=hosts)
    app.add_middleware(Measured, metrics=service.metrics)
    app.openapi = lambda: _openapi(app, settings)  # type: ignore[method-assign]  # FastAPI's way to extend it
    return app


def _openapi(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """Write the OpenAPI document: problems as schema, the write token where one is needed."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes,
            separate_input_output_schemas=False,
        )  # fmt: skip
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = dict(problems.SCHEMA)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["400"] = dict(problems.NO_HTTP)
                conditional.document(operation)
        if settings.write_token is not None:
            components["securitySchemes"] = {"writeToken": {"type": "http", "scheme": "bearer"}}
            for operations in schema["paths"].values():
                for method in {"post", "delete"} & operations.keys():
                    operations[method]["security"] = [{"writeToken": []}]
        app.openapi_schema = schema
    return app.openapi_schema
