"""How an application is served: one process, one event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

SHUTDOWN_SECONDS_MAX = 3


def server_of(app: ASGIApp, log_level: str) -> uvicorn.Server:
    """Make the server of an application; `run(sockets=…)` serves until a signal."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            access_log=False,
            log_level=log_level,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        )
    )
