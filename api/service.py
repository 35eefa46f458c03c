"""What the routers share: settings, the read model, the log to write to, waiting for a change."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError
from fastapi import Request

from api import reader_status, rebuild_status
from api.entity_desk import EntityDesk
from api.errors import LogUnreachable
from api.keys import Keys
from api.metrics import Metrics
from api.read_model import store
from api.read_model.places import entities_vector, exposed_vector, read_vector, token_of
from api.read_model.reading import ReadModel, Snapshot, Versions
from api.reader_metrics import ReaderCollector
from api.reader_status import Status, now_ms
from api.replays import Replays
from api.suggesting import Suggesting
from streams.documents import Place, StoredDocument
from streams.entity_changes import EntityChange
from streams.errors import Unacknowledged
from streams.publish import Publisher

if TYPE_CHECKING:
    from streams.settings import Settings

POLL_SECONDS = 0.005
STATUS_SECONDS = 0.5
PUBLISH_SECONDS_MAX = 5.0


class Service:
    """One per process; `Service.of(request)` finds it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = ReadModel(settings.data)
        self.replays = Replays(settings)
        self.keys = Keys()
        self.desk = EntityDesk()
        self.suggesting = Suggesting()
        rebuild = partial(rebuild_status.read, settings.data)
        self.metrics = Metrics(ReaderCollector(self.status, rebuild, self.staleness_seconds, settings.data))
        self.metrics.streams.set_function(lambda: self.streams)
        self._publisher: Publisher | None = None
        self._publishing = asyncio.Lock()
        self._status = Status()
        self._status_at = 0.0
        self._tokens: dict[bool, tuple[Versions, str]] = {}
        self._changed = asyncio.Event()
        self._waiters = 0
        self.streams = 0
        self.closing = False
        self._poller: asyncio.Task[None] | None = None

    @staticmethod
    def of(request: Request) -> Service:
        """Find the service of the application that a request came to."""
        service: Service = request.app.state.service
        return service

    async def close(self) -> None:
        """Stop what runs, close what is open."""
        self.closing = True
        if self._poller:
            self._poller.cancel()
        await self._drop_publisher()
        await self.replays.close()
        self.model.close()

    def status(self) -> Status:
        """Tell how the reader is, as of half a second ago at most."""
        if time.monotonic() - self._status_at > STATUS_SECONDS:
            self._status, self._status_at = reader_status.read(self.settings.data), time.monotonic()
        return self._status

    def staleness_seconds(self) -> int:
        """Tell how long ago the files last held all of the log; -1 if they never did."""
        current = self.status().current_ms
        return max(0, (now_ms() - current) // 1000 - 1) if current else -1

    def token(self, at: Snapshot, *, of_views: bool, versions: Versions | None = None) -> str:
        """Give the token of what an answer from a snapshot covers: the events, or the served views."""
        versions = versions or self.model.versions()
        if known := self.known_token(versions, of_views=of_views):
            return known
        vector = exposed_vector(at.views) if of_views and at.views else read_vector(at.events)
        vector |= entities_vector(at.events, at.views if of_views else None)
        token = token_of(at.events, self.log_id(at), vector).encode()
        self._tokens[of_views] = versions, token
        return token

    def known_token(self, versions: Versions, *, of_views: bool) -> str | None:
        """Give that token if it was made at these versions of the files."""
        at, token = self._tokens.get(of_views, (None, None))
        return token if at == versions else None

    @staticmethod
    def log_id(at: Snapshot) -> str:
        """Name the log that the files were read from."""
        return store.get_meta(at.events, "log") or ""

    async def publish(self, document: StoredDocument) -> Place:
        """Append a record to `documents`. Raises LogUnreachable."""
        return await self._publish(lambda publisher: publisher.publish_document(document))

    async def publish_entity_change(self, change: EntityChange) -> Place:
        """Append a record to `entities`. Raises LogUnreachable."""
        return await self._publish(lambda publisher: publisher.publish_entity_change(change))

    async def _publish(self, send: Callable[[Publisher], Awaitable[Place]]) -> Place:
        """Append a record. Raises LogUnreachable while Kafka does not acknowledge it.

        The record may be in the log nonetheless, or come to be.
        """
        try:
            async with asyncio.timeout(PUBLISH_SECONDS_MAX):
                async with self._publishing:
                    if self._publisher is None:
                        self._publisher = await Publisher(self.settings, PUBLISH_SECONDS_MAX).__aenter__()
                return await send(self._publisher)
        except (KafkaError, Unacknowledged, TimeoutError, OSError, asyncio.CancelledError) as error:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise  # this one is meant for us; aiokafka lets its own tasks' out, too
            # The producer would go on trying for ever: whoever is told to come back will send it again.
            await self._drop_publisher()
            message = (
                "Kafka does not acknowledge the write now; it may have taken it or not: send it again later, "
                "with the same Idempotency-Key"
            )
            raise LogUnreachable(message) from error

    async def _drop_publisher(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            with contextlib.suppress(KafkaError):
                await publisher.__aexit__(None, None, None)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Within this, `next_change` is set soon after the reader wrote something."""
        self._waiters += 1
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            self._waiters -= 1

    def next_change(self) -> asyncio.Event:
        """Give the event of the reader's next write: take it before reading, so that nothing is missed."""
        return self._changed

    async def wait(self, change: asyncio.Event, seconds: float) -> None:
        """Wait for a change, `seconds` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await change.wait()

    async def _poll(self) -> None:
        """Look at the files for as long as somebody waits: SQLite has no notification between processes."""
        before = None
        while self._waiters:
            with contextlib.suppress(Exception):  # a file that is being made anew is there at the next look
                versions = self.model.versions()
                if versions != before:
                    before = versions
                    self._changed.set()
                    self._changed = asyncio.Event()
            await asyncio.sleep(POLL_SECONDS)
