"""The reader: the one process of a data directory that turns the log into SQLite, and proves the views.

Every batch goes to the events file first, then to the file of each generation; each keeps its own offsets.
The API only reads the files, so it goes on answering when this process or Kafka is down.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import sqlite3
from pathlib import Path
from typing import IO, TYPE_CHECKING

from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from api import reader_status
from api.errors import ReaderLocked
from api.read_model import store
from api.read_model.differences import UNKNOWN_MS_MAX
from api.reader_session import LogReplaced, Session
from api.reader_status import Status
from api.replays import Replays
from streams.cluster import log_id
from streams.generations import ViewsUnreadable
from streams.topics import ensure_topics

if TYPE_CHECKING:
    from streams.settings import Settings

RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


def lock(data: Path) -> IO[str]:
    """Take the right to write this data directory. Raises ReaderLocked."""
    folder = data / "reader"
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        message = f"another reader writes {folder}: stop it, or set KHABAR_DATA to another directory"
        raise ReaderLocked(message) from error
    return file


class Reader:
    """Runs until cancelled. Start it with `run()`, under `lock()`.

    With `replays`, a generation that turns out unproven is built anew.
    """

    def __init__(
        self, settings: Settings, replays: Replays | None = None, unknown_ms_max: int = UNKNOWN_MS_MAX
    ) -> None:
        self._settings = settings
        self._replays = replays
        self._unknown_ms_max = unknown_ms_max
        # How stale the files are goes on counting over a restart.
        self.status = Status(pid=os.getpid(), current_ms=reader_status.read(settings.data).current_ms)

    async def run(self) -> None:
        """Read, for ever; a Kafka that is away is waited for, one that was replaced is read from anew."""
        while True:
            try:
                await ensure_topics(self._settings)
                named = await log_id(self._settings)
                session = Session(self._settings, self.status, named, self._replays, self._unknown_ms_max)
                try:
                    await session.run()
                finally:
                    await session.close()
            except (
                sqlite3.OperationalError,
                sqlite3.ProgrammingError,
            ) as error:  # a full disk, say: what is there is whole
                log.error("the files cannot be written now: %r", error)
            except (LogReplaced, OffsetOutOfRangeError, sqlite3.DatabaseError) as error:
                log.warning("%r: the files are made anew", error)
                self._forget()
            except (KafkaError, TimeoutError, ViewsUnreadable, OSError) as error:
                log.warning("Kafka does not answer (%r): what was read is still served", error)
            self.status.phase = "waiting"
            reader_status.write(self._settings.data, self.status)
            await asyncio.sleep(RETRY_SECONDS)

    def _forget(self) -> None:
        self.status.current_ms = 0
        for path in (self._settings.data / "reader").glob("*.db"):
            store.remove(path)
