"""Server-sent events: a walk through history as a response that ends when the client does.

Nothing is kept for a client but where it stands: what it has not taken yet stays in the file, or is shared
with all others (`api.fanout`). One that takes
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
from api.fanout import Fanout, Group, message
from api.history import Walk
from api.positions_stream import PositionWalk
from api.service import Service

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot
    from streams.filters import EventFilter

HEARTBEAT_SECONDS = 10.0
SEND_SECONDS_MAX = 20.0
RETRY_MS = 2000
STREAMS_MAX = 2000
"""Streams of one process at most."""


class Messages(Protocol):
    """A walk through history, as messages for a client."""

    def id(self) -> str:
        """Give the id from which a client goes on."""

    def go_on(self) -> tuple[bytes, bool]:
        """Go on a stretch: messages, and whether that is the end. Raises ApiError."""

    async def wait(self) -> None:
        """Wait at the end until there may be more."""

    def close(self) -> None:
        """Be done."""


class EventMessages:
    """Events, one message each: read by itself up to the end, and from there on with all others."""

    def __init__(self, fanout: Fanout, service: Service, walk: Walk, wanted: EventFilter) -> None:
        self._fanout = fanout
        self._service = service
        self._walk = walk
        self._wanted = wanted
        self._group: Group | None = None
        self._number = 0
        self._news: asyncio.Event = service.next_change()

    def id(self) -> str:
        """Give the token of where the walk stands."""
        if self._group is not None and not self._group.after(self._number):
            return self._fanout.end.token()  # what came since is not wanted
        return self._walk.token()

    def go_on(self) -> tuple[bytes, bool]:
        """Go on a stretch."""
        if self._group is not None and self._group.lost <= self._number:
            self._news = self._group.news
            portions = self._group.after(self._number)
            if portions:
                self._number, self._walk = portions[-1].number, portions[-1].behind
            return b"".join(portion.messages for portion in portions), True
        if self._group is not None:
            self._walk = self._walk.copy()  # too far behind: the one that is shared stays as it is
            self.close()
        self._fanout.follow()
        self._news = self._service.next_change()
        with self._service.model.snapshot() as at:
            found, at_end = history.go_on(at, self._walk, self._wanted)
            if at_end:
                self._join(at)
        return b"".join(message(token, event.type, event.to_json(None)) for event, token in found), at_end

    def _join(self, at: Snapshot) -> None:
        self._group = self._fanout.join(at, self._walk, self._wanted)
        if self._group is not None:
            self._walk, self._number, self._news = self._fanout.end, self._fanout.number, self._group.news

    async def wait(self) -> None:
        """Wait until there may be more."""
        await self._news.wait()

    def close(self) -> None:
        """Leave the others."""
        if self._group is not None:
            self._fanout.leave(self._group, self._wanted)
            self._group = None


class PositionMessages:
    """Changes of positions, one message each. They come with cuts: between these there is nothing to ask."""

    def __init__(self, fanout: Fanout, service: Service, walk: PositionWalk) -> None:
        self._fanout = fanout
        self._service = service
        self._walk = walk
        self._news = fanout.settling

    def id(self) -> str:
        """Give the id of where the walk stands."""
        return self._walk.id()

    def go_on(self) -> tuple[bytes, bool]:
        """Go on a stretch."""
        self._fanout.follow()
        self._news = self._fanout.settling
        with self._service.model.snapshot() as at:
            found, at_end = positions_stream.go_on(at, self._walk)
        return b"".join(message(id_, "change", data) for data, id_ in found), at_end

    async def wait(self) -> None:
        """Wait until there may be more."""
        await self._news.wait()

    def close(self) -> None:
        """Be done."""


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
            self._messages.close()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        with contextlib.suppress(TimeoutError, OSError, ApiError):
            async with asyncio.timeout(SEND_SECONDS_MAX):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            # The id alone: who is cut off before the first event resumes from here.
            await _body(send, f"retry: {RETRY_MS}\nid: {self._messages.id()}\n\n".encode())
            await self._messages_to(send)
        with contextlib.suppress(OSError, TimeoutError):
            await _body(send, b"", more=False)

    async def _messages_to(self, send: Send) -> None:
        beat = time.monotonic()
        while not self._service.closing:
            data, at_end = self._messages.go_on()
            if data:
                await _body(send, data)
                beat = time.monotonic()
            elif time.monotonic() - beat >= HEARTBEAT_SECONDS:
                await _body(send, f": here\nid: {self._messages.id()}\n\n".encode())
                beat = time.monotonic()
            if not at_end:
                await asyncio.sleep(0)
            elif not data:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, HEARTBEAT_SECONDS - (time.monotonic() - beat))):
                        await self._messages.wait()


async def _body(send: Send, data: bytes, *, more: bool = True) -> None:
    """Hand bytes to the server; it waits while the client's connection is full."""
    async with asyncio.timeout(SEND_SECONDS_MAX):
        await send({"type": "http.response.body", "body": data, "more_body": more})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
