"""How an application is served: one process, one event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

SHUTDOWN_SECONDS_MAX = 3
DESCRIPTORS = 8192
"""Files that may be open at once: every stream is one, and so is every other connection."""


def allow_connections() -> None:
    """Let this process hold as many connections as it may: by default many systems stop at 1,024."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def server_of(app: ASGIApp, log_level: str) -> uvicorn.Server:
    """Make the server of an application; `run(sockets=…)` serves until a signal."""
    import uvicorn

    from streams.processes import settle_heap

    allow_connections()
    settle_heap()
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            access_log=False,
            log_config=None,  # streams.logs has set it up
            log_level=log_level,
            server_header=False,
            proxy_headers=False,  # nobody asks who the client is, or by which scheme it came
            timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        )
    )
