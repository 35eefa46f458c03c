"""The generations that a session of the reader has open: which are followed, which is served.

One that was posted by other rules than this version's (`entries_version`) is frozen: served as it was left,
neither read on nor proven. Held against what this version makes of the log, all of it would differ; and it
cannot come further by itself, since only a worker of its own version may post to it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import orjson

from api.read_model import store
from api.read_model.findings import Finding
from api.read_model.places import read_vector
from api.read_model.records import Offsets, Record
from api.read_model.views_db import GenerationFile
from api.reader_status import Status, now_ms
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.replay import size
from streams.topics import changelog_name, ensure_changelog
from streams.vectors import dominates

if TYPE_CHECKING:
    from api.log_writer import LogWriter
    from streams.settings import Settings

_NAME = re.compile(r"views-g(\d+)\.db")

log = logging.getLogger(__name__)


class Generations:
    """The generation files of a session, beside its events file."""

    def __init__(self, settings: Settings, status: Status, events: LogWriter) -> None:
        self._settings = settings
        self._status = status
        self._events = events
        self._live = int(store.get_meta(events.connection, "live") or 0)
        self._held: int | None = None
        """The generation that shows nothing new while the next one comes up to it."""
        self._open: dict[int, GenerationFile] = {}
        self._frozen: set[int] = set()
        self.views: Views | None = None

    def close(self) -> None:
        """Close all files."""
        for file in self._open.values():
            file.close()

    async def note(self, views: Views | None) -> None:
        """Take the state of the `views` topic, and keep it where the API finds it."""
        self.views = views
        if views is not None:
            told = orjson.dumps(views.model_dump(mode="json"), option=orjson.OPT_NON_STR_KEYS)
            await self._events.set_meta("views", told.decode())

    def wanted(self) -> dict[int, bool]:
        """Say which generations are to be open, and of each whether it is frozen."""
        if self.views is None:
            return {}
        made_by = {number: self.views.generations[number].entries_version for number in self.views.followed()}
        return {number: version != ENTRIES_VERSION for number, version in made_by.items()}

    async def open(self, wanted: dict[int, bool]) -> None:
        """Open the files of these generations and close all others."""
        frozen_before, self._frozen = self._frozen, {number for number, frozen in wanted.items() if frozen}
        for number in self._open.keys() - wanted.keys():
            self._open.pop(number).close()
            self._status.generations.pop(str(number), None)
        for number, frozen in wanted.items():
            if number not in self._open:
                if not frozen:
                    await ensure_changelog(self._settings, number)
                path = store.views_path(self._settings.data, number)
                self._open[number] = GenerationFile(path, number, self._events, now_ms())
            if frozen and number not in frozen_before:
                log.warning("generation %d was posted by another version: it is served as it is", number)
                self._status.generations[str(number)] = {"frozen": True}

    def followed(self) -> dict[int, GenerationFile]:
        """Give the files of the generations whose changelogs are read."""
        return {number: file for number, file in self._open.items() if number not in self._frozen}

    def served(self) -> GenerationFile | None:
        """Give the file of the generation that is served; none while there is none."""
        return self._open.get(self._live)

    def changelog(self, number: int) -> str:
        """Name the changelog of a generation, without prefix."""
        return changelog_name(self._settings, number).removeprefix(self._settings.topic_prefix)

    def at(self) -> Offsets:
        """How far each partition of the changelogs has been read."""
        partitions = range(self._settings.partitions)
        return {
            (self.changelog(number), p): read.get(p, 0)
            for number, file in self.followed().items()
            for read in (file.offsets(),)
            for p in partitions
        }

    def apply(self, number: int, rows: list[Record], positions: dict[int, int], end: Offsets) -> None:
        """Give a generation records of its changelog, and what the log brought since the last time."""
        name, file = self.changelog(number), self._open[number]
        at = file.offsets() | positions
        caught_up = {p for (t, p), last in end.items() if t == name and at.get(p, 0) >= last}
        expose = self._held != number
        with store.snapshot(self._events.connection):
            read = read_vector(self._events.connection)
            found = file.apply(rows, positions, read, caught_up, now_ms(), expose=expose)
        self.alarm(number, found)

    def alarm(self, number: int, findings: list[Finding]) -> None:
        """Count and tell what the proof found."""
        for finding in findings:
            self._status.alarms[finding.kind] = self._status.alarms.get(finding.kind, 0) + 1
            log.error("generation %d is not what the log says: %s", number, finding)

    def behind(self, end: Offsets) -> int:
        """Say how many records of the facts topics at least were read and not posted to the live generation.

        `end`: where the changelogs end. Each of their rows that is not read yet may be of one more record.
        """
        file = self._open.get(self._live)
        if file is None:
            return 0
        name, at = self.changelog(self._live), file.offsets()
        unread = sum(last - at.get(p, 0) for (topic, p), last in end.items() if topic == name)
        return max(0, size(read_vector(self._events.connection)) - size(file.posted) - unread)

    async def settle_live(self) -> None:
        """Serve the generation that the `views` topic names, once it shows all that the one before showed."""
        wanted = self.views.live if self.views else 0
        if wanted == self._live:
            self._held = None  # if there was a switch under way, it was called off
        if wanted == self._live or wanted not in self._open:
            return
        before, after = self._open.get(self._live), self._open[wanted]
        if before is not None:
            ready = dominates(after.exposed, before.exposed)
        else:
            ready = wanted not in self._frozen or bool(after.exposed)  # an empty one tells nothing
        if not ready:
            self._held = None if wanted in self._frozen else self._live  # a frozen one never comes up to it
            return
        await self._events.set_meta("live", str(wanted))
        log.info("generation %d is served", wanted)
        self._live, self._held = wanted, None
        self.tidy()

    def tidy(self) -> None:
        """Delete the files of generations that were dropped, or are none of this log."""
        if self.views is None:
            return
        for path in store.views_path(self._settings.data, 0).parent.glob("views-g*.db"):
            name = _NAME.fullmatch(path.name)
            number = int(name[1]) if name else self._live
            told = self.views.generations.get(number)
            if number in self._open or number == self._live or (told and told.state is not State.DROPPED):
                continue
            store.remove(path)  # who still has it open goes on with it
            log.info("the file of generation %d is deleted", number)
