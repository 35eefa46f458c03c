"""What a route costs that does nothing: an empty FastAPI route and an empty Starlette route, with one path
parameter each, served with the settings of `khabar serve`.

    python -m benchmarks.peers.routes fastapi|starlette PORT
"""

from __future__ import annotations

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api.server import server_of
from api.sockets import listening
from streams.settings import Settings


def of_fastapi() -> ASGIApp:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/v1/companies/{company_id}")
    async def empty(company_id: str) -> dict[str, str]:
        return {}

    return app


def of_starlette() -> ASGIApp:
    async def empty(_: Request) -> Response:
        return JSONResponse({})

    return Starlette(routes=[Route("/v1/companies/{company_id}", empty)])


def main() -> None:
    kind, port = sys.argv[1:]
    app = {"fastapi": of_fastapi, "starlette": of_starlette}[kind]()
    server_of(app, "warning").run(sockets=[listening(Settings(port=int(port)))])


if __name__ == "__main__":
    main()
