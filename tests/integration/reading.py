"""A reader and a stand-in worker on the real Kafka, for the tests of what is served."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from api.errors import ReadModelMissing
from api.read_model.differences import UNKNOWN_MS_MAX
from api.read_model.reading import ReadModel
from api.reader import Reader
from api.replays import Replays
from streams import generations
from streams.entries import ENTRIES_VERSION
from streams.publish import producer
from streams.settings import Settings
from streams.topics import ensure_changelog, ensure_topics
from tests.api.making import World


async def until(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    """Wait for a condition; what is not there yet is false."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        with contextlib.suppress(ReadModelMissing):
            found = condition()
            if await found if inspect.isawaitable(found) else found:
                return
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def a_world(settings: Settings) -> AsyncIterator[World]:
    await ensure_topics(settings)
    await generations.read_or_create(settings, ENTRIES_VERSION)
    await ensure_changelog(settings, 1)
    async with producer(settings) as sender:
        yield World(settings, sender)


@asynccontextmanager
async def a_reader(
    settings: Settings, *, replays: Replays | None = None, unknown_ms_max: int = UNKNOWN_MS_MAX
) -> AsyncIterator[Reader]:
    reader = Reader(settings, replays, unknown_ms_max)
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def count(model: ReadModel, table: str) -> int:
    with model.snapshot() as at:
        file = at.views if table in ("entries", "lines", "differences", "pending") else at.events
        return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if file else 0  # noqa: S608
