"""A session of the reader: open files, connections to Kafka, and the loop that moves records between them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

import orjson
from aiokafka.errors import KafkaError

from api import reader_status
from api.read_model import store
from api.read_model.differences import Finding
from api.read_model.events_db import EventsFile
from api.read_model.places import read_vector
from api.read_model.records import Offsets, Record
from api.read_model.views_db import GenerationFile
from api.reader_log import LogEnds, LogFollower, log_partitions
from api.reader_status import Status, now_ms
from api.reader_tasks import CutWriter, repair
from api.replays import Replays
from streams import generations
from streams.generations import Views
from streams.topics import changelog_name, ensure_changelog
from streams.vectors import dominates

if TYPE_CHECKING:
    from streams.settings import Settings

POLL_MS = 200
TICK_SECONDS = 1.0
REBUILD_MS_MIN = 3_600_000

log = logging.getLogger(__name__)


class LogReplaced(Exception):
    """When the log is not the one that the files were read from: they are made anew."""


class Session:
    """Reads until something fails; `close` it in any case."""

    def __init__(
        self, settings: Settings, status: Status, log_id: str, replays: Replays | None, unknown_ms_max: int
    ) -> None:
        self._settings = settings
        self._status = status
        self._log_id = log_id
        self._replays = replays
        self._unknown_ms_max = unknown_ms_max
        self._events = EventsFile(store.events_path(settings.data), log_id, settings.partitions)
        self._live = int(store.get_meta(self._events.connection, "live") or 0)
        self._views: Views | None = None
        self._files: dict[int, GenerationFile] = {}
        self._frozen: int | None = None
        """The generation that shows nothing new while the next one comes up to it."""
        self._follower = LogFollower(settings)
        self._ends = LogEnds(settings)
        self._cuts = CutWriter(settings)
        self._end: Offsets = {}
        self._goals: deque[tuple[int, Offsets]] = deque()
        """Where the log ended at which time, as long as it has not been read up to there."""
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Read until something fails."""
        await self._follower.start()
        await self._check_log()
        self._tasks = [asyncio.create_task(self._watch_views()), asyncio.create_task(self._tick_for_ever())]
        followed: list[int] | None = None
        while True:
            for task in self._tasks:
                if task.done():
                    task.result()
            wanted = self._views.followed() if self._views else []
            if wanted != followed:
                await self._follow(wanted)
                followed = wanted
            records, positions = await self._follower.poll(POLL_MS, self._settings.reader_batch)
            if records:
                self._apply(records, positions)

    async def close(self) -> None:
        """Close files and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._follower.stop()
        await self._ends.stop()
        await self._cuts.stop()
        for file in self._files.values():
            file.close()
        self._events.close()

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

    async def _follow(self, numbers: list[int]) -> None:
        """Open the files of these generations, and read the log and their changelogs."""
        for number in self._files.keys() - set(numbers):
            self._files.pop(number).close()
            self._status.generations.pop(str(number), None)
        for number in numbers:
            if number not in self._files:
                await ensure_changelog(self._settings, number)
                path = store.views_path(self._settings.data, number)
                self._files[number] = GenerationFile(path, number, self._log_id, self._events)
        await self._follower.assign(self._at())
        await self._look_at_ends()

    def _changelog(self, number: int) -> str:
        return changelog_name(self._settings, number).removeprefix(self._settings.topic_prefix)

    def _at(self) -> Offsets:
        """How far each partition has been read."""
        at: Offsets = dict.fromkeys(log_partitions(self._settings), 0) | self._events.offsets()
        for number, file in self._files.items():
            read = file.offsets()
            at |= {(self._changelog(number), p): read.get(p, 0) for p in range(self._settings.partitions)}
        return at

    def _apply(self, records: list[Record], positions: Offsets) -> None:
        """Write a batch: the events file first, then the files of the generations."""
        changelogs = {self._changelog(number): number for number in self._files}
        of_log = [r for r in records if r.topic not in changelogs]
        if of_log:
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
            self._apply_to(number, rows, {p: o for (t, p), o in positions.items() if t == name})
        self._status.moved_ms = now_ms()
        self._settle_live()

    def _apply_to(self, number: int, rows: list[Record], positions: dict[int, int]) -> None:
        name, file = self._changelog(number), self._files[number]
        at = file.offsets() | positions
        caught_up = {p for (t, p), end in self._end.items() if t == name and at.get(p, 0) >= end}
        read = read_vector(self._events.connection)
        expose = self._frozen != number
        self._alarm(number, file.apply(rows, positions, read, caught_up, now_ms(), expose=expose))

    def _alarm(self, number: int, findings: list[Finding]) -> None:
        for finding in findings:
            self._status.alarms[finding.kind] = self._status.alarms.get(finding.kind, 0) + 1
            log.error("generation %d is not what the log says: %s", number, finding)

    def _settle_live(self) -> None:
        """Serve the generation that the `views` topic names, once it shows all that the one before showed."""
        wanted = self._views.live if self._views else 0
        if wanted == self._live:
            self._frozen = None  # if there was a switch under way, it was called off
        if wanted == self._live or wanted not in self._files:
            return
        before = self._files.get(self._live)
        if before is not None:
            self._frozen = self._live
            if not dominates(self._files[wanted].exposed, before.exposed):
                return
        self._set_meta("live", str(wanted))
        log.info("generation %d is served", wanted)
        self._live, self._frozen = wanted, None

    def _set_meta(self, name: str, value: str) -> None:
        with store.transaction(self._events.connection) as connection:
            store.set_meta(connection, name, value)

    async def _watch_views(self) -> None:
        async for views in generations.follow(self._settings):
            self._views = views
            if views is not None:
                told = orjson.dumps(views.model_dump(mode="json"), option=orjson.OPT_NON_STR_KEYS)
                self._set_meta("views", told.decode())

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self._tick()
            except (KafkaError, TimeoutError) as error:
                log.warning("Kafka does not answer: %r", error)
            reader_status.write(self._settings.data, self._status)
            await asyncio.sleep(TICK_SECONDS)

    async def _tick(self) -> None:
        """Once a second: where the log ends, a cut if it moved, what the proof wants done."""
        await self._look_at_ends()
        if self._status.phase == "following":
            await self._cuts.append(self._end, self._events.cut)
        for number, file in list(self._files.items()):
            # While the log has not been read to its end, an event may just be late to be read.
            self._alarm(number, file.unknown(self._status.current_ms, self._unknown_ms_max))
            if await repair(self._settings, number, file, self._events.connection):
                self._build_next(number)

    def _build_next(self, number: int) -> None:
        """Build the generation that replaces an unproven one, unless that was done and came to the same."""
        if self._replays is None:
            return
        if any(now_ms() - replay.started_ms < REBUILD_MS_MIN for replay in self._replays.list()):
            log.error("generation %d was built anew just now: `khabar replay` builds another", number)
            return
        self._replays.start()
        log.warning("the generation that replaces %d is being built", number)

    async def _look_at_ends(self) -> None:
        """Ask where the log and the changelogs end, and tell how far behind the files are."""
        self._end = await self._ends.ends(self._at())
        self._status.contact_ms = now_ms()
        for number in self._files:
            self._apply_to(number, [], {})
        self._settle_live()
        at = self._at()
        behind = {place: max(0, end - at.get(place, 0)) for place, end in self._end.items()}
        self._status.behind = sum(behind.values())
        for number in self._files:
            name = self._changelog(number)
            self._status.generations[str(number)] = {
                "behind": sum(n for (topic, _), n in behind.items() if topic == name)
            }
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
