"""The events file is written by a process of its own: while it takes a batch, the reader folds the last one.

What the log brings and what it means for the views are two files, and as much work each. A generation needs
only what was committed to the events file, so it reads that on a connection of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from api.errors import Killed, ReaderLocked
from api.read_model import store
from api.read_model.events_db import EventsFile, Recent, remember
from api.read_model.places import last_cut
from api.read_model.records import Offsets, Record
from streams.cuts import Cut
from streams.locks import try_lock
from streams.processes import begin_child, end_pool, settle_heap

if TYPE_CHECKING:
    from streams.settings import Settings

CLOSING_SECONDS_MAX = 5.0
LOCK_SECONDS_MAX = 10.0
LOOK_SECONDS = 0.05

Answer = TypeVar("Answer")


class Written(NamedTuple):
    """What a batch brought: events, duplicates, what could not be used and why, what the events post.

    `cut`: the last one now.
    """

    events: int
    duplicates: int
    skipped: list[tuple[Record, str]]
    recent: Recent
    cut: Cut


class LogWriter:
    """What the reader has of the events file. `open` it; after an error, only `close` it.

    `connection` reads what is committed, `recent` is what the last events post, `cut` the last cut.
    """

    def __init__(self, path: Path, pool: ProcessPoolExecutor) -> None:
        self._pool = pool
        self.connection = store.open_reader(path)
        self.recent: Recent = {}
        self.cut = last_cut(self.connection)

    @classmethod
    async def open(cls, settings: Settings, log_id: str) -> LogWriter:
        """Open the file, made anew where it is of another log.

        Raises sqlite3.Error, OSError, Killed; ReaderLocked where another process goes on writing it.
        """
        path = store.events_path(settings.data)
        context = get_context("spawn")
        pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin_child, initargs=(os.getpid(),))
        try:
            await _done(pool, _open, path, log_id, settings.partitions)
            return cls(path, pool)
        except BaseException:
            end_pool(pool)
            raise

    async def write(self, records: list[Record], positions: Offsets) -> Written:
        """Write a batch, one at a time. Raises as `EventsFile.apply` does, and Killed."""
        written = await _done(self._pool, _apply, records, positions)
        remember(self.recent, written.recent)
        self.cut = written.cut
        return written

    async def set_meta(self, name: str, value: str) -> None:
        """Write a named value."""
        await _done(self._pool, _set_meta, name, value)

    async def close(self) -> None:
        """Close the file, and end the process."""
        self.connection.close()
        with suppress(Exception):  # it may be gone, or at a batch: that is given up then
            async with asyncio.timeout(CLOSING_SECONDS_MAX):
                await _done(self._pool, _close)
        await asyncio.to_thread(end_pool, self._pool)


async def _done(pool: ProcessPoolExecutor, what: Callable[..., Answer], *more: object) -> Answer:
    """Have something done in the process that writes. Raises what it raises, and Killed."""
    try:
        return await asyncio.wrap_future(pool.submit(what, *more))
    except BrokenProcessPool as error:
        message = "the process that writes the events file was killed: did the machine run out of memory?"
        raise Killed(message) from error


# In the process that writes

_file: EventsFile


def _open(path: Path, log_id: str, partitions: int) -> None:
    global _file
    deadline = time.monotonic() + LOCK_SECONDS_MAX  # one of a reader that was killed may be about to be
    while try_lock(path.with_suffix(".lock")) is None:  # held as long as this process lives
        if time.monotonic() > deadline:
            message = f"another process still writes {path}: stop it, or set KHABAR_DATA to another directory"
            raise ReaderLocked(message)
        time.sleep(LOOK_SECONDS)
    _file = EventsFile(path, log_id, partitions)
    settle_heap()


def _apply(records: list[Record], positions: Offsets) -> Written:
    applied = _file.apply(records, positions)
    recent, _file.recent = _file.recent, {}
    return Written(applied.events, applied.duplicates, applied.skipped, recent, _file.cut)


def _set_meta(name: str, value: str) -> None:
    with store.transaction(_file.connection) as connection:
        store.set_meta(connection, name, value)


def _close() -> None:
    _file.close()
