"""The reader: the one process of a data directory that turns the log into SQLite, and proves the views.

Every batch goes to the events file first, then to the file of each generation; each keeps its own offsets.
The API only reads the files, so it goes on answering when this process or Kafka is down.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from aiokafka.errors import KafkaError

from api.errors import ReaderLocked
from api.read_model import store
from api.read_model.events_db import EventsFile
from api.read_model.records import Offsets, Record
from api.read_model.views_db import GenerationFile
from api.reader_log import LogEnds, LogFollower, cluster_id, log_partitions
from api.reader_status import Status, now_ms, write
from api.reader_tasks import append_cut, repair
from streams import generations
from streams.generations import Views
from streams.topics import changelog_name, ensure_changelog, ensure_topics
from streams.vectors import Vector, dominates

if TYPE_CHECKING:
    from streams.settings import Settings

POLL_MS = 200
TICK_SECONDS = 1.0
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class LogReplaced(Exception):
    """When the log is not the one that the files were read from: they are made anew."""


def log_id_of(cluster: str, settings: Settings) -> str:
    """Name the log: two khabars may share a cluster."""
    return f"{cluster}/{settings.topic_prefix}" if settings.topic_prefix else cluster


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
    """Runs until cancelled. Start it with `run()`, under `lock()`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.status = Status(pid=os.getpid())
        self._views: Views | None = None
        self._views_changed = asyncio.Event()

    async def run(self) -> None:
        """Read, for ever; a Kafka that is away or was replaced is waited for, and read from anew."""
        while True:
            try:
                await self._session()
            except LogReplaced as replaced:
                log.warning("%s: the files are made anew", replaced)
                self._forget()
            except (KafkaError, TimeoutError, generations.ViewsUnreadable, OSError) as error:
                log.warning("Kafka does not answer (%s): what was read is still served", error)
            self.status.phase = "waiting"
            write(self._settings.data, self.status)
            await asyncio.sleep(RETRY_SECONDS)

    def _forget(self) -> None:
        for path in (self._settings.data / "reader").glob("*.db"):
            store.remove(path)

    async def _session(self) -> None:
        """Read from one connection to Kafka, as long as it lasts."""
        await ensure_topics(self._settings)
        session = _Session(
            self._settings, self.status, log_id_of(await cluster_id(self._settings), self._settings)
        )
        try:
            await session.run()
        finally:
            await session.close()


class _Session:
    """The open files and connections of a reader."""

    def __init__(self, settings: Settings, status: Status, log_id: str) -> None:
        self._settings = settings
        self._status = status
        self._log_id = log_id
        self._events = EventsFile(store.events_path(settings.data), log_id, settings.partitions)
        self._files: dict[int, GenerationFile] = {}
        self._frozen: int | None = None
        self._live = int(store.get_meta(self._events.connection, "live") or 0)
        self._wanted: Views | None = None
        self._follower = LogFollower(settings)
        self._ends = LogEnds(settings)
        self._end: Offsets = {}
        self._start_end: Offsets = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Read until something fails."""
        await self._follower.start()
        self._end = await self._ends.ends(log_partitions(self._settings))
        self._check_log()
        self._tasks = [asyncio.create_task(self._watch_views()), asyncio.create_task(self._tick_for_ever())]
        followed: list[int] | None = None
        while True:
            for task in self._tasks:
                if task.done():
                    task.result()
            wanted = self._wanted.followed() if self._wanted else []
            if wanted != followed:
                await self._follow(wanted)
                followed = wanted
            records, positions = await self._follower.poll(POLL_MS, self._settings.reader_batch)
            if records:
                self._apply(records, positions)
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close files and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._follower.stop()
        await self._ends.stop()
        for file in self._files.values():
            file.close()
        self._events.close()

    def _check_log(self) -> None:
        for (topic, partition), next_ in self._events.offsets().items():
            end = self._end.get((topic, partition), 0)
            if end < next_:
                message = f"{topic}/{partition} ends at {end}, and {next_} records of it were read"
                raise LogReplaced(message)

    async def _follow(self, numbers: list[int]) -> None:
        """Open the files of these generations, and read the log and their changelogs."""
        for number in self._files.keys() - set(numbers):
            self._files.pop(number).close()
        for number in numbers:
            if number not in self._files:
                await ensure_changelog(self._settings, number)
                path = store.views_path(self._settings.data, number)
                self._files[number] = GenerationFile(path, number, self._log_id, self._events.connection)
        offsets: Offsets = dict.fromkeys(log_partitions(self._settings), 0) | self._events.offsets()
        for number, file in self._files.items():
            changelog = self._changelog(number)
            stored = file.offsets()
            offsets |= {(changelog, p): stored.get(p, 0) for p in range(self._settings.partitions)}
        await self._follower.assign(offsets)
        await self._look_at_ends()
        self._settle_live()

    def _changelog(self, number: int) -> str:
        return changelog_name(self._settings, number).removeprefix(self._settings.topic_prefix)

    def _apply(self, records: list[Record], positions: Offsets) -> None:
        """Write a batch: the events file first, then the files of the generations."""
        changelogs = {self._changelog(number): number for number in self._files}
        of_log = [r for r in records if r.topic not in changelogs]
        log_positions = {place: o for place, o in positions.items() if place[0] not in changelogs}
        if of_log:
            applied = self._events.apply(of_log, log_positions)
            self._status.events += applied.events
            self._status.duplicates += applied.duplicates
            self._status.skipped += len(applied.skipped)
            for record, reason in applied.skipped:
                log.warning("%s/%d@%d is skipped: %s", *record[:3], reason)
        read = self._read()
        for name, number in changelogs.items():
            rows = [r for r in records if r.topic == name]
            self._apply_to(number, rows, {p: o for (t, p), o in positions.items() if t == name}, read)
        self._status.moved_ms = now_ms()
        self._settle_live()

    def _apply_to(self, number: int, rows: list[Record], positions: dict[int, int], read: Vector) -> None:
        name, file = self._changelog(number), self._files[number]
        at = file.offsets() | positions
        caught_up = {p for (t, p), end in self._end.items() if t == name and at.get(p, 0) >= end}
        findings = file.apply(rows, positions, read, caught_up, now_ms(), expose=self._frozen != number)
        for finding in findings:
            self._status.alarms[finding.kind] = self._status.alarms.get(finding.kind, 0) + 1
            log.error("generation %d is not what the log says: %s", number, finding)

    def _read(self) -> Vector:
        """How far the events file holds the fact topics."""
        vector: Vector = {}
        for (topic, partition), next_ in self._events.offsets().items():
            if topic.startswith("facts."):
                vector.setdefault(topic, {})[str(partition)] = next_
        return vector

    def _settle_live(self) -> None:
        """Serve the generation that the `views` topic names, once it shows all that the one before showed."""
        wanted = self._wanted.live if self._wanted else 0
        if wanted == self._live or wanted not in self._files:
            return
        before = self._files.get(self._live)
        if before is not None:
            self._frozen = self._live
            if not dominates(self._files[wanted].exposed, before.exposed):
                return
        with store.transaction(self._events.connection):
            store.set_meta(self._events.connection, "live", str(wanted))
        log.info("generation %d is served", wanted)
        self._live, self._frozen = wanted, None

    async def _watch_views(self) -> None:
        async for views in generations.follow(self._settings):
            self._wanted = views
            self._settle_live()  # nothing else may move for a long time

    async def _tick_for_ever(self) -> None:
        while True:
            await self._tick()
            await asyncio.sleep(TICK_SECONDS)

    async def _tick(self) -> None:
        """Once a second: where the log ends, a cut if it moved, what the proof wants, the status."""
        try:
            await self._look_at_ends()
            if self._status.phase == "following":
                await append_cut(self._settings, self._end, self._events.cut)
            for number, file in self._files.items():
                await repair(self._settings, number, file, self._events.connection)
        except (KafkaError, TimeoutError) as error:
            log.warning("Kafka does not answer: %r", error)
        write(self._settings.data, self._status)

    async def _look_at_ends(self) -> None:
        changelogs = [(self._changelog(n), p) for n in self._files for p in range(self._settings.partitions)]
        self._end = await self._ends.ends([*log_partitions(self._settings), *changelogs])
        self._status.contact_ms = now_ms()
        at: Offsets = dict(self._events.offsets())
        for number, file in self._files.items():
            at |= {(self._changelog(number), p): next_ for p, next_ in file.offsets().items()}
        self._status.behind = sum(max(0, end - at.get(place, 0)) for place, end in self._end.items())
        for number, file in self._files.items():
            self._apply_to(number, [], {}, self._read())
            name = self._changelog(number)
            behind = sum(
                max(0, end - at.get(place, 0)) for place, end in self._end.items() if place[0] == name
            )
            self._status.generations[str(number)] = {"behind": behind}
            del file
        if self._status.behind == 0:
            self._status.current_ms = self._status.moved_ms = now_ms()
            self._status.phase = "following"
        elif self._status.phase == "waiting":
            self._status.phase = "loading"
