"""The reader: the one process of a data directory that turns the log into SQLite, and proves the views.

Every batch goes to the events file first, then to the file of each generation; each keeps its own offsets.
The API only reads the files, so it goes on answering when this process or Kafka is down.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from api import reader_status
from api.errors import Killed, ReaderFaulty, ReaderLocked
from api.log_writer import LogWriter
from api.read_model import store
from api.read_model.differences import UNKNOWN_MS_MAX
from api.reader_session import LogReplaced, Session
from api.reader_status import Status
from api.replays import Replays
from streams import room
from streams.cluster import log_id
from streams.generations import ViewsUnreadable
from streams.topics import ensure_topics

if TYPE_CHECKING:
    from streams.settings import Settings

RETRY_SECONDS = 1.0
FAULTS_MAX = 5
FULL = (errno.ENOSPC, errno.EDQUOT)
STEADY_SECONDS = 60.0
"""A session that lasted longer than this before it failed was no part of a row of failures."""

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
        self._faults = 0
        # How stale the files are goes on counting over a restart.
        self.status = Status(pid=os.getpid(), current_ms=reader_status.read(settings.data).current_ms)

    async def run(self) -> None:
        """Read, for ever; a Kafka that is away is waited for, one that was replaced is read from anew.

        Raises NewerVersion where the log holds what only a newer khabar can read, ReaderFaulty; why it has
        ended stands in the status then.
        """
        self._tell("waiting", "")
        try:
            while True:
                began = time.monotonic()
                seconds = RETRY_SECONDS
                try:
                    await self._session()
                except sqlite3.Error as error:
                    seconds = self._after_sqlite(error, time.monotonic() - began)
                except (LogReplaced, OffsetOutOfRangeError) as error:
                    log.warning("%r: the files are made anew", error)
                    self._forget()
                except OSError as error:
                    self._after_os(error)
                except Killed as error:
                    log.error("%s", error)
                    self.status.reason = str(error)
                except (KafkaError, ViewsUnreadable) as error:
                    log.warning("Kafka does not answer (%r): what was read is still served", error)
                    self.status.reason = f"Kafka does not answer: {error!r}"
                self._tell("waiting", self.status.reason)
                await asyncio.sleep(seconds)
                await self._room()
        except Exception as error:
            self._tell("stopped", str(error) or repr(error))
            raise

    async def _session(self) -> None:
        await ensure_topics(self._settings)
        named = await log_id(self._settings)
        events = await LogWriter.open(self._settings, named)
        try:
            session = Session(self._settings, self.status, events, self._replays, self._unknown_ms_max)
            try:
                await session.run()
            finally:
                await session.close()
        finally:
            await events.close()

    def _after_os(self, error: OSError) -> None:
        """Tell of a connection that broke, or a file that could not be written."""
        if error.errno in FULL:
            log.error("the files cannot be written now: %r", error)
            self.status.reason = f"the files cannot be written: {error!r}"
        else:
            log.warning("Kafka does not answer (%r): what was read is still served", error)
            self.status.reason = f"Kafka does not answer: {error!r}"

    async def _room(self) -> None:
        """Wait while the disk is full: opening everything again would only end as before."""
        while lack := room.lack(self._settings.data):
            if self.status.reason != lack:
                log.error("%s", lack)
            self._tell("waiting", lack)
            await asyncio.sleep(RETRY_SECONDS)

    def _after_sqlite(self, error: sqlite3.Error, lasted_seconds: float) -> float:
        """Do what an error of SQLite asks for; say how long to wait. Raises ReaderFaulty.

        A file that is broken is made anew, from the log; a full disk is waited for. All else is a fault of
        ours, which other files would not mend: open them again, a few times.
        """
        self.status.reason = f"the files cannot be written: {error!r}"
        if store.is_broken(error):
            log.error("%r: the files are made anew", error)
            self._forget()
            return RETRY_SECONDS
        if store.is_environment(error):
            log.error("the files cannot be written now: %r", error)
            return RETRY_SECONDS
        self._faults = 1 if lasted_seconds > STEADY_SECONDS else self._faults + 1
        if self._faults > FAULTS_MAX:
            message = f"the files could not be written {self._faults} times in a row: {error!r}"
            raise ReaderFaulty(message) from error
        log.error(
            "a fault of khabar's own, number %d: the files are opened anew", self._faults, exc_info=error
        )
        return float(RETRY_SECONDS * 2 ** (self._faults - 1))

    def _tell(self, phase: str, reason: str) -> None:
        self.status.phase, self.status.reason = phase, reason
        reader_status.tell(self._settings.data, self.status)

    def _forget(self) -> None:
        self.status.current_ms = 0
        for path in (self._settings.data / "reader").glob("*.db"):
            store.remove(path)
