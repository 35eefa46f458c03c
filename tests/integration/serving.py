"""The HTTP service of a test: within this process, or as `khabar serve` runs it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from api.app import create_app
from streams.settings import Settings


@asynccontextmanager
async def a_client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application itself, without a socket between."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=30) as client,
    ):
        yield client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def a_server(settings: Settings) -> AsyncIterator[tuple[str, subprocess.Popen[bytes]]]:
    """`khabar serve` in a process of its own; yields its address once it is ready."""
    settings = settings.model_copy(update={"port": free_port()})
    settings.data.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{settings.port}"
    with (settings.data / "serve.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "serve"],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                try:
                    if (await client.get(f"{address}/readyz")).status_code == 200:
                        break
                except httpx.HTTPError:
                    pass
                assert process.poll() is None, (settings.data / "serve.log").read_text()
                await asyncio.sleep(0.05)
            else:
                raise AssertionError((settings.data / "serve.log").read_text())
        yield address, process
    finally:
        process.terminate()
        process.wait(15)
