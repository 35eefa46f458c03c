"""`khabar reader`: turn the log into the files that the API serves. Started by `khabar serve`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import TYPE_CHECKING

from api.commands.common import explained, load_settings

if TYPE_CHECKING:
    from streams.settings import Settings


def reader() -> None:
    """Read the log into SQLite until stopped; one process a data directory."""
    from api.reader import lock

    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # aiokafka logs a line for each record at DEBUG; even to drop them costs an eighth of the time.
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    with explained(), lock(settings.data):
        _run(settings)


def _run(settings: Settings) -> None:
    import uvloop

    from api.reader import Reader
    from api.replays import Replays

    async def run() -> None:
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
