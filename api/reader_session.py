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
from api.log_writer import LogWriter, Written
from api.read_model.places import last_event, read_offsets
from api.read_model.records import Offsets, Record
from api.reader_generations import Generations
from api.reader_latency import Latency
from api.reader_letters import count_letters
from api.reader_log import OF_LOG, OF_ROWS, Batch, LogEnds, LogFollower, log_partitions, wait
from api.reader_replacing import Replacing
from api.reader_status import Status, now_ms
from api.reader_tasks import CutWriter, repair
from api.replays import Replays
from streams import generations

if TYPE_CHECKING:
    from streams.settings import Settings

WAIT_SECONDS = 0.2
TICK_SECONDS = 1.0
ROWS_OF_EVENT = 4
"""Rows of the changelog that are read ahead for each record of the log."""
LARGE = 200
"""Records of the log in a batch that is one of many: as it is with a backlog."""
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
        self,
        settings: Settings,
        status: Status,
        events: LogWriter,
        replays: Replays | None,
        unknown_ms_max: int,
    ) -> None:
        self._settings = settings
        self._status = status
        self._unknown_ms_max = unknown_ms_max
        self._events = events
        self._generations = Generations(settings, status, self._events)
        self._replacing = Replacing(settings, replays)
        self._came = asyncio.Event()
        self._log = LogFollower(settings, OF_LOG, settings.reader_batch, self._came)
        self._rows = LogFollower(settings, OF_ROWS, ROWS_OF_EVENT * settings.reader_batch, self._came)
        self._ends = LogEnds(settings)
        self._cuts = CutWriter(settings)
        self._end: Offsets = {}
        self._waiting: Batch | None = None
        """Rows of the changelogs that are not yet applied, and the offsets behind them; none, if there only
        is something to look at."""
        self._files = asyncio.Lock()
        """Held by who works at the files of the generations."""
        self._goals: deque[tuple[int, Offsets]] = deque()
        """Where the log ended at which time, as long as it has not been read up to there."""
        self._latency, self._batches = Latency(), Distribution(BATCH_SECONDS)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Read until something fails."""
        await self._log.start()
        await self._rows.start()
        await self._check_log()
        await self._log.assign(self._at_log())
        steps = (self._watch_views(), self._tick_for_ever(), count_letters(self._settings, self._status))
        self._tasks = [asyncio.create_task(step) for step in steps]
        followed: dict[int, bool] | None = None
        while True:
            wanted = self._generations.wanted()
            if wanted != followed:
                await self._follow(wanted)
                followed = wanted
            of_log, rows = await self._polled()
            self._fail_with_tasks()
            if of_log[0] or rows[0] or self._waiting:
                began = time.monotonic()
                await self._apply(of_log, rows)
                self._batches.observe(time.monotonic() - began)

    async def close(self) -> None:
        """Close files and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._log.stop()
        await self._rows.stop()
        await self._ends.stop()
        await self._cuts.stop()
        self._generations.close()

    def _fail_with_tasks(self) -> None:
        """Raise what a task has ended with; to be called between an await and a change of the files."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def _check_log(self) -> None:
        """Make sure that the log goes on from where it was read: not shorter, and the last event in place."""
        end = await self._ends.ends(log_partitions(self._settings))
        for place, next_ in read_offsets(self._events.connection).items():
            if end.get(place, 0) < next_:
                message = f"{place[0]}/{place[1]} ends at {end.get(place, 0)}, and was read up to {next_}"
                raise LogReplaced(message)
        last = last_event(self._events.connection)
        if last is not None and await self._log.value_at(*last[:3]) != last[3]:
            message = f"{last[0]}/{last[1]}@{last[2]} is not the event that was read there"
            raise LogReplaced(message)

    async def _polled(self) -> tuple[Batch, Batch]:
        """Wait for what comes next of the log or of the changelogs; not if there are rows that wait."""
        if self._waiting is None:
            await wait(self._came, WAIT_SECONDS)
        self._came.clear()
        of_log = self._log.take()
        return of_log, self._rows.take()

    async def _follow(self, wanted: dict[int, bool]) -> None:
        """Open the files of these generations, and read their changelogs."""
        self._waiting = None  # read again, since their offsets are not written
        await self._generations.open(wanted)
        await self._rows.assign(self._generations.at())
        await self._look_at_ends()
        self._generations.tidy()

    def _at(self) -> Offsets:
        """How far each partition has been read."""
        return self._at_log() | self._generations.at()

    def _at_log(self) -> Offsets:
        return dict.fromkeys(log_partitions(self._settings), 0) | read_offsets(self._events.connection)

    async def _apply(self, of_log: Batch, rows: Batch) -> None:
        """Write a batch: what is of the log first, then the rows of the changelogs, which follow from it.

        Of a large batch, those rows wait until the log of the next is being written: with a backlog, both
        files are worked at.
        """
        writing = None
        if of_log[0]:
            if self._status.reached:
                self._latency.note(of_log[0])
            writing = asyncio.create_task(self._events.write(*of_log))
        await self._take_waiting()
        if writing is not None:
            self._count(await writing)
            self._fail_with_tasks()
        self._waiting = rows
        if len(of_log[0]) < LARGE:
            await self._take_waiting()
        self._status.moved_ms = now_ms()
        await self._generations.settle_live()
        self._look_at_latency()

    async def _take_waiting(self) -> None:
        """Give the generations the rows that wait, and what the log has brought meanwhile.

        In a thread, so that Kafka's answers are read meanwhile.
        """
        if self._waiting is None:
            return
        (rows, positions), self._waiting = self._waiting, None
        async with self._files:
            taking = asyncio.create_task(asyncio.to_thread(self._take, rows, positions, self._end))
            try:
                await asyncio.shield(taking)
            except asyncio.CancelledError:
                await asyncio.wait({taking})  # nobody closes a file under it
                raise
        self._fail_with_tasks()

    def _take(self, records: list[Record], positions: Offsets, end: Offsets) -> None:
        for number in self._generations.followed():
            name = self._generations.changelog(number)
            rows = [r for r in records if r.topic == name]
            at = {p: o for (t, p), o in positions.items() if t == name}
            self._generations.apply(number, rows, at, end)

    def _count(self, written: Written) -> None:
        self._status.events += written.events
        self._status.duplicates += written.duplicates
        self._status.skipped += len(written.skipped)
        for record, reason in written.skipped:
            log.warning("%s/%d@%d is skipped: %s", *record[:3], reason)

    async def _watch_views(self) -> None:
        async for views in generations.follow(self._settings):
            await self._generations.note(views)

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
        async with self._files:
            for number, file in self._generations.followed().items():
                if file.is_open:  # none of those that were closed while another was repaired
                    # While the log has not been read to its end, an event may just be late to be read.
                    found = file.unknown(self._status.current_ms, self._unknown_ms_max)
                    self._generations.alarm(number, found)
                    await repair(self._settings, number, file, self._events.connection)
            self._replacing.look(self._generations.views, self._generations.behind(self._end))

    async def _look_at_ends(self) -> None:
        """Ask where the log and the changelogs end, and tell how far behind the files are."""
        async with self._files:
            places = self._at()
        self._end = await self._ends.ends(places)
        self._waiting = self._waiting or ([], {})
        self._came.set()
        async with self._files:
            self._fail_with_tasks()
            await self._look()

    async def _look(self) -> None:
        self._status.contact_ms = now_ms()
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
