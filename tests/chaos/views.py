"""What is held against the oracle: the changelog, the read model's files, and how far each has come."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import closing

import orjson

from api.errors import ReadModelMissing
from api.read_model import store, unwritten
from api.read_model.places import exposed_vector, read_vector
from api.read_model.reading import ReadModel
from streams import progress
from streams.digest import Digest, total
from streams.documents import Place
from streams.fold import fold
from streams.lines import Line
from streams.settings import Settings
from streams.topics import changelog_name
from streams.vectors import Vector, advance, covers
from tests.chaos.oracle import Log, some, unequal
from tests.integration.workers import posted, progress_is_honest, records


async def compare_changelog(
    settings: Settings, log: Log, generation: int, *, last: bool = False
) -> list[str]:
    """Every row that was ever written is the one entry of its event on its line; progress rows do not lie.

    With `last`, the last progress row of each partition tells all: a compacted changelog keeps no other.
    """
    rows, told = await posted(settings, generation)
    wanted = log.rows
    differences = [
        *some("rows are missing in the changelog", wanted.keys() - rows.keys()),
        *some("rows are in the changelog that the log does not give", rows.keys() - wanted.keys()),
        *some("rows of the changelog are altered", unequal(rows, {k: {v} for k, v in wanted.items()})),
    ]
    if told != log.ends:
        differences.append(f"the progress rows tell {_beyond(told, log.ends)}")
    if last and (told := await last_told(settings, generation)) != log.ends:
        differences.append(f"the last progress rows tell {_beyond(told, log.ends)}")
    if not await progress_is_honest(settings, generation):
        differences.append("a progress row covers an entry that stands behind it")
    return differences


async def last_told(settings: Settings, generation: int) -> Vector:
    """Read how far the last progress row of each partition goes."""
    rows: dict[int, Vector] = {}
    name = changelog_name(settings, generation).removeprefix(settings.topic_prefix)
    async for record in records(settings, name):
        if progress.is_progress(record.key):
            rows[record.partition] = progress.decode(record.value)
    told: Vector = {}
    for row in rows.values():
        advance(told, row)
    return told


def compare_files(settings: Settings, log: Log) -> list[str]:
    """Hold the files that the API serves from against the log."""
    model = ReadModel(settings.data)
    try:
        with model.snapshot() as at:
            if at.views is None:
                return ["no generation is served"]
            found = at.events.execute(
                "SELECT topic, partition, offset, recorded_ms, retracted, data FROM events"
            )
            events = {orjson.loads(data)["id"]: tuple(row) for *row, data in found}
            found = at.views.execute("SELECT key, entry, topic, partition, offset FROM entries")
            entries = {key: tuple(row) for key, *row in found}
            found = at.views.execute("SELECT company, section, counterpart, view FROM lines")
            stored = {Line(*name): view for *name, view in found}
            shown = unwritten.views_of(at.views, stored.items())
            lines = {line: orjson.loads(shown[line]) if line in shown else None for line in stored}
            sums = at.views.execute("SELECT posted, log FROM digests").fetchall()
            alarms = at.views.execute("SELECT kind, hex(key) FROM differences").fetchall()
            exposed = exposed_vector(at.views)
    finally:
        model.close()
    dead = log.retracted()
    first = {i: (*event.place, event.recorded_ms, i in dead) for i, event in log.events.items()}
    wanted = {k: (entry, *event.place) for event in log.events.values() for k, entry in event.rows.items()}
    folded = {
        Line.parse(name.decode()): orjson.loads(orjson.dumps(fold(all_)))
        for name, all_ in log.lines().items()
    }
    differences = [
        *some("events are not in the events file", log.events.keys() - events.keys()),
        *some("events are in the events file that the log does not give", events.keys() - log.events.keys()),
        *some("events have another place, time or state in the events file", unequal(events, first)),
        *some("entries are not served", wanted.keys() - entries.keys()),
        *some("entries are served that the log does not give", entries.keys() - wanted.keys()),
        *some("entries are served altered, or of another place", unequal(entries, wanted)),
        *some("lines are not served", folded.keys() - lines.keys()),
        *some("lines are served that the log does not give", lines.keys() - folded.keys()),
        *some("lines differ from the fold of the log", unequal(lines, folded)),
        *some("alarms of the proof", alarms),
    ]
    for name, column in (("posted", 0), ("log", 1)):
        if total(Digest(row[column]) for row in sums) != log.digest:
            differences.append(f"the digest of what is {name} is not that of the log")
    if exposed != log.ends:
        differences.append(f"the views are served up to {_beyond(exposed, log.ends)}")
    return differences


def _beyond(found: Vector, wanted: Vector) -> str:
    told = [
        f"{topic}/{p}: {found.get(topic, {}).get(p, 0)}, not {wanted.get(topic, {}).get(p, 0)}"
        for topic in sorted(found.keys() | wanted.keys())
        for p in sorted(found.get(topic, {}).keys() | wanted.get(topic, {}).keys())
        if found.get(topic, {}).get(p, 0) != wanted.get(topic, {}).get(p, 0)
    ]
    return "; ".join(told[:4])


def served(settings: Settings) -> int:
    """Give the generation that is served."""
    model = ReadModel(settings.data)
    try:
        return model.generation()
    finally:
        model.close()


def is_served(settings: Settings, place: Place) -> bool:
    """Say whether what an event posts is shown, or a document's answer is read."""
    with contextlib.suppress(ReadModelMissing):
        with closing(store.open_reader(store.events_path(settings.data))) as events:
            if place.topic == "documents":
                return bool(
                    events.execute(
                        "SELECT 1 FROM parses WHERE partition = ? AND offset = ?", place[1:]
                    ).fetchone()
                )
            live = int(store.get_meta(events, "live") or 0)
        with closing(store.open_reader(store.views_path(settings.data, live))) as views:
            return covers(exposed_vector(views), *place)
    return False


def caught_up(settings: Settings, ends: Vector, documents: int) -> bool:
    """Say whether all of the log is served."""
    with contextlib.suppress(ReadModelMissing):
        model = ReadModel(settings.data)
        try:
            with model.snapshot() as at:
                answered = at.events.execute("SELECT count(*) FROM parses").fetchone()[0]
                return at.views is not None and answered >= documents and exposed_vector(at.views) == ends
        finally:
            model.close()
    return False


class FilesWatch:
    """Looks all the time: nothing is ever shown whose event is not in the events file, nothing goes back."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last: Vector = {}
        self.looks = 0
        self.differences: list[str] = []

    def run(self, stopped: Callable[[], bool], every: float = 0.002) -> None:
        model = ReadModel(self._settings.data)
        while not stopped():
            with contextlib.suppress(ReadModelMissing):
                self._look(model)
            time.sleep(every)
        model.close()

    def _look(self, model: ReadModel) -> None:
        with model.snapshot() as at:
            if at.views is None:
                return
            shown, read = exposed_vector(at.views), read_vector(at.events)
        self.looks += 1
        if len(self.differences) > 5:
            return
        for topic, offsets in shown.items():
            for partition, offset in offsets.items():
                if offset > read.get(topic, {}).get(partition, 0):
                    self.differences.append(
                        f"{topic}/{partition} was shown up to {offset}, and not read that far"
                    )
        for topic, offsets in self._last.items():
            for partition, offset in offsets.items():
                if shown.get(topic, {}).get(partition, 0) < offset:
                    self.differences.append(f"{topic}/{partition} was shown up to {offset}, and then less")
        self._last = shown
