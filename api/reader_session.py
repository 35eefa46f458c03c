"""A session of the reader: open files, connections to Kafka, and the loop that moves records between them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from api import reader_status, reader_told
from api.distribution import Distribution
from api.read_model import store
from api.read_model.events_db import EventsFile
from api.read_model.records import Offsets, Record
from api.reader_generations import Generations
from api.reader_latency import Latency
from api.reader_letters import count_letters
from api.reader_log import LogEnds, LogFollower, log_partitions
from api.reader_replacing import Replacing
from api.reader_status import Status, now_ms
from api.reader_tasks import CutWriter, repair
from api.replays import Replays
from streams import generations

if TYPE_CHECKING:
    from streams.settings import Settings

POLL_MS = 200
TICK_SECONDS = 1.0
BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Bounds of the histogram of how long a batch takes to be written."""

log = logging.getLogger(__name__)


class LogReplaced(Exception):
    """When the log is not the one that the files were read from: they are made anew."""


class Session:
    """Reads until something fails; `close` it in any case.

    Nothing goes on after a transaction that failed: what is remembered of a file may be ahead of it.
    """

    def __init__(
        self, settings: Settings, status: Status, log_id: str, replays: Replays | None, unknown_ms_max: int
    ) -> None:
        self._settings = settings
        self._status = status
        self._unknown_ms_max = unknown_ms_max
        self._events = EventsFile(store.events_path(settings.data), log_id, settings.partitions)
        self._generations = Generations(settings, status, self._events)
        self._replacing = Replacing(settings, replays)
        self._follower = LogFollower(settings)
        self._ends = LogEnds(settings)
        self._cuts = CutWriter(settings)
        self._end: Offsets = {}
        self._goals: deque[tuple[int, Offsets]] = deque()
        """Where the log ended at which time, as long as it has not been read up to there."""
        self._latency, self._batches = Latency(), Distribution(BATCH_SECONDS)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Read until something fails."""
        await self._follower.start()
        await self._check_log()
        steps = (self._watch_views(), self._tick_for_ever(), count_letters(self._settings, self._status))
        self._tasks = [asyncio.create_task(step) for step in steps]
        followed: dict[int, bool] | None = None
        while True:
            wanted = self._generations.wanted()
            if wanted != followed:
                await self._follow(wanted)
                followed = wanted
            records, positions = await self._follower.poll(POLL_MS, self._settings.reader_batch)
            self._fail_with_tasks()
            if records:
                began = time.monotonic()
                self._apply(records, positions)
                self._batches.observe(time.monotonic() - began)

    async def close(self) -> None:
        """Close files and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._follower.stop()
        await self._ends.stop()
        await self._cuts.stop()
        self._generations.close()
        self._events.close()

    def _fail_with_tasks(self) -> None:
        """Raise what a task has ended with; to be called between an await and a change of the files."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def _check_log(self) -> None:
        """Make sure that the log goes on from where it was read: not shorter, and the last event in place."""
        end = await self._ends.ends(log_partitions(self._settings))
        for place, next_ in self._events.offsets().items():
            if end.get(place, 0) < next_:
                message = f"{place[0]}/{place[1]} ends at {end.get(place, 0)}, and was read up to {next_}"
                raise LogReplaced(message)
        last = self._events.last_event()
        if last is not None and await self._follower.value_at(*last[:3]) != last[3]:
            message = f"{last[0]}/{last[1]}@{last[2]} is not the event that was read there"
            raise LogReplaced(message)

    async def _follow(self, wanted: dict[int, bool]) -> None:
        """Open the files of these generations, and read the log and their changelogs."""
        await self._generations.open(wanted)
        await self._follower.assign(self._at())
        await self._look_at_ends()
        self._generations.tidy()

    def _at(self) -> Offsets:
        """How far each partition has been read."""
        at: Offsets = dict.fromkeys(log_partitions(self._settings), 0) | self._events.offsets()
        return at | self._generations.at()

    def _apply(self, records: list[Record], positions: Offsets) -> None:
        """Write a batch: the events file first, then the files of the generations."""
        changelogs = {self._generations.changelog(number): number for number in self._generations.followed()}
        of_log = [r for r in records if r.topic not in changelogs]
        if of_log:
            if self._status.reached:
                self._latency.note(of_log)
            applied = self._events.apply(
                of_log, {k: o for k, o in positions.items() if k[0] not in changelogs}
            )
            self._status.events += applied.events
            self._status.duplicates += applied.duplicates
            self._status.skipped += len(applied.skipped)
            for record, reason in applied.skipped:
                log.warning("%s/%d@%d is skipped: %s", *record[:3], reason)
        for name, number in changelogs.items():
            rows = [r for r in records if r.topic == name]
            at = {p: o for (t, p), o in positions.items() if t == name}
            self._generations.apply(number, rows, at, self._end)
        self._status.moved_ms = now_ms()
        self._generations.settle_live()
        self._look_at_latency()

    async def _watch_views(self) -> None:
        async for views in generations.follow(self._settings):
            self._generations.note(views)

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self._tick()
                self._status.reason = ""
            except (KafkaError, TimeoutError) as error:  # no transaction raises these
                log.warning("Kafka does not answer: %r", error)
                self._status.reason = f"Kafka does not answer: {error!r}"
            reader_status.tell(self._settings.data, self._status)
            await asyncio.sleep(TICK_SECONDS)

    async def _tick(self) -> None:
        """Once a second: where the log ends, a cut if it moved, what the proof wants done."""
        await self._look_at_ends()
        if self._status.phase == "following":
            await self._cuts.append(self._end, self._events.cut)
        for number, file in self._generations.followed().items():
            if file.is_open:  # none of those that were closed while another was repaired
                # While the log has not been read to its end, an event may just be late to be read.
                self._generations.alarm(number, file.unknown(self._status.current_ms, self._unknown_ms_max))
                await repair(self._settings, number, file, self._events.connection)
        self._replacing.look(self._generations.views, self._generations.behind(self._end))

    async def _look_at_ends(self) -> None:
        """Ask where the log and the changelogs end, and tell how far behind the files are."""
        self._end = await self._ends.ends(self._at())
        self._fail_with_tasks()
        self._status.contact_ms = now_ms()
        for number in self._generations.followed():
            self._generations.apply(number, [], {}, self._end)
        self._generations.settle_live()
        self._look_at_latency()
        at = self._at()
        behind = {place: max(0, end - at.get(place, 0)) for place, end in self._end.items()}
        self._status.behind = sum(behind.values())
        for number, file in self._generations.followed().items():
            name = self._generations.changelog(number)
            unread = sum(n for (topic, _), n in behind.items() if topic == name)
            told = reader_told.generation(file, self._generations.views, self._end, unread)
            self._status.generations[str(number)] = told
        self._status.topics = reader_told.topics(self._end, at)
        self._status.unanswered = reader_told.unanswered(self._events.connection)
        self._status.latency, self._status.batches = self._latency.seconds.to_json(), self._batches.to_json()
        self._goals.append((now_ms(), self._end))
        while self._goals and all(at.get(place, 0) >= end for place, end in self._goals[0][1].items()):
            self._status.current_ms = self._goals.popleft()[0]
        if not self._status.behind:
            self._status.moved_ms = now_ms()
        if not self._goals:
            self._status.phase = "following"
            self._status.reached = True
        elif self._status.phase == "waiting":
            self._status.phase = "loading"

    def _look_at_latency(self) -> None:
        served = self._generations.served()
        if served is not None and served.is_open:
            self._latency.look(self._events.connection, served.exposed, now_ms())
