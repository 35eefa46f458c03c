"""`khabar reader`: turn the log into the files that the API serves. Started by `khabar serve`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from api.commands.common import explained, load_settings

if TYPE_CHECKING:
    from streams.settings import Settings


def reader() -> None:
    """Read the log into SQLite until stopped; one process a data directory."""
    from api.reader import lock
    from streams import logs

    settings = load_settings()
    logs.set_up(settings, "reader")
    with explained(), lock(settings.data):
        _run(settings)


def _run(settings: Settings) -> None:
    import uvloop

    from api.reader import Reader
    from api.replays import Replays
    from streams.processes import settle_heap

    async def run() -> None:
        settle_heap()
        replays = Replays(settings)
        task = asyncio.ensure_future(Reader(settings, replays).run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        finally:
            await replays.close()

    uvloop.run(run())
