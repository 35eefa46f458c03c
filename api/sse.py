"""Server-sent events: a walk through history as a response that ends when the client does.

Nothing is kept for a client but where it stands: what it has not taken yet stays in the file. One that takes
nothing for SEND_SECONDS_MAX is cut off, and resumes with the `Last-Event-ID` it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import history, positions_stream
from api.errors import ApiError
from api.history import Walk
from api.positions_stream import PositionWalk
from api.service import Service

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot
    from streams.filters import EventFilter

HEARTBEAT_SECONDS = 10.0
SEND_SECONDS_MAX = 20.0
RETRY_MS = 2000
STREAMS_MAX = 200
"""Streams of one process at most: each asks the files whenever something changes."""


class Messages(Protocol):
    """A walk through history, as messages for a client."""

    def id(self) -> str:
        """Give the id from which a client goes on."""

    def go_on(self, at: Snapshot) -> tuple[list[tuple[str, str, bytes]], bool]:
        """Go on a stretch: id, kind and data of what there is to tell, and whether that is the end."""


class EventMessages:
    """Events, one message each."""

    def __init__(self, walk: Walk, wanted: EventFilter) -> None:
        self._walk = walk
        self._wanted = wanted

    def id(self) -> str:
        """Give the token of where the walk stands."""
        return self._walk.token()

    def go_on(self, at: Snapshot) -> tuple[list[tuple[str, str, bytes]], bool]:
        """Go on a stretch."""
        found, at_end = history.go_on(at, self._walk, self._wanted)
        return [(token, event.type, event.to_json(None)) for event, token in found], at_end


class PositionMessages:
    """Changes of positions, one message each."""

    def __init__(self, walk: PositionWalk) -> None:
        self._walk = walk

    def id(self) -> str:
        """Give the id of where the walk stands."""
        return self._walk.id()

    def go_on(self, at: Snapshot) -> tuple[list[tuple[str, str, bytes]], bool]:
        """Go on a stretch."""
        found, at_end = positions_stream.go_on(at, self._walk)
        return [(id_, "change", data) for data, id_ in found], at_end


class EventStream(Response):
    """Sends what is wanted from where the walk stands, then what comes, until the client goes."""

    media_type = "text/event-stream"

    def __init__(self, service: Service, messages: Messages) -> None:
        headers = {
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # a proxy that gathers would hold events back
            "Khabar-Token": messages.id(),
            "Khabar-Staleness": str(service.staleness_seconds()),
        }
        super().__init__(None, 200, headers, self.media_type)
        del self.headers["content-length"]
        self._service = service
        self._messages = messages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes away or takes nothing any more."""
        self._service.streams += 1
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._service.streams -= 1
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        with contextlib.suppress(TimeoutError, OSError, ApiError):
            async with asyncio.timeout(SEND_SECONDS_MAX):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            # The id alone: who is cut off before the first event resumes from here.
            await _body(send, f"retry: {RETRY_MS}\nid: {self._messages.id()}\n\n".encode())
            async with self._service.watching():
                await self._events(send)
        with contextlib.suppress(OSError, TimeoutError):
            await _body(send, b"", more=False)

    async def _events(self, send: Send) -> None:
        beat = time.monotonic()
        while not self._service.closing:
            changed = self._service.next_change()
            with self._service.model.snapshot() as at:
                found, at_end = self._messages.go_on(at)
                message = b"".join(
                    b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), kind.encode(), data)
                    for id_, kind, data in found
                )
            if message:
                await _body(send, message)
                beat = time.monotonic()
            elif time.monotonic() - beat >= HEARTBEAT_SECONDS:
                await _body(send, f": here\nid: {self._messages.id()}\n\n".encode())
                beat = time.monotonic()
            if at_end:
                left = HEARTBEAT_SECONDS - (time.monotonic() - beat)
                await self._service.wait(changed, max(0.0, left))
            else:
                await asyncio.sleep(0)


async def _body(send: Send, data: bytes, *, more: bool = True) -> None:
    """Hand bytes to the server; it waits while the client's connection is full."""
    async with asyncio.timeout(SEND_SECONDS_MAX):
        await send({"type": "http.response.body", "body": data, "more_body": more})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
