"""A replay from beginning to end: build generation g + 1, prove it, let it catch up, switch, keep g.

Runs where the reader's files are: they say up to which vector the live generation has been served, and
when the new one has come as far.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import Conflict, NotReady, ReadModelMissing, Unequal
from api.read_model import store
from streams import generations
from streams.digest import Digest, total
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.locks import try_lock
from streams.replay import Built, rebuild, size
from streams.topics import ensure_changelog
from streams.vectors import Vector, dominates

if TYPE_CHECKING:
    from pathlib import Path

    from streams.settings import Settings

SWITCH_SECONDS_MAX = 300.0
POLL_SECONDS = 0.1
BEHIND_SECONDS = 2.0
"""A generation is as far as another if it shows what that one showed so long ago."""


@dataclass(frozen=True)
class Replayed:
    """What a replay did; `equal` is null where the live generation was unproven or of other code."""

    generation: int
    replaced: int
    records: int
    rows: int
    digest: str
    equal: bool | None
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Whom to tell: how many records there are to read, how many more were read, what is done now."""

    total: Callable[[int], None]
    read: Callable[[int], None]
    phase: Callable[[str], None]


async def replay(settings: Settings, progress: Progress) -> Replayed:
    """Rebuild the positions from the log and serve them. Raises Conflict, NotReady, StreamsError."""
    with _alone(settings.data):
        began = time.monotonic()
        views = await _views(settings)
        if views.generations[views.live].state is State.UNPROVEN:
            progress.phase("the live generation is unproven: the new one is held against the log alone")
        vector, expected = _shown(settings.data, views.live)
        number = views.next_number()
        await generations.write(settings, _without_leftovers(views).with_new(number, ENTRIES_VERSION))
        await ensure_changelog(settings, number)
        progress.total(size(vector))
        built = await rebuild(settings, number, vector, progress.read)
        equal = _compare(views, built, expected)
        if equal is False:
            note = "its digest differed from the live generation's"
            await _change(settings, lambda v: v.with_state(number, State.DROPPED, note))
            message = (
                f"generation {number} differs from the live {views.live}, which still serves: "
                "`GET /v1/views` tells what the proof found; once it is marked unproven, replay again"
            )
            raise Unequal(message)
        progress.phase("catching up")
        await _change(settings, lambda v: v.with_state(number, State.FOLLOWING))
        await _until_as_far(settings.data, number, views.live)
        progress.phase("switching")
        await _change(settings, lambda v: _switched(v, number))
        await _until_served(settings.data, number)
        return Replayed(
            generation=number,
            replaced=views.live,
            records=built.records,
            rows=built.rows,
            digest=total(built.digests.values()),
            equal=equal,
            seconds=round(time.monotonic() - began, 3),
        )


async def rollback(settings: Settings) -> int:
    """Serve the generation again that was live before. Raises NotReady if none was kept."""
    with _alone(settings.data):
        views = await _views(settings)
        kept = [n for n, g in views.generations.items() if g.state is State.KEPT]
        if not kept:
            message = "no earlier generation was kept: `khabar replay` makes one"
            raise NotReady(message)
        number = max(kept)
        await _change(settings, lambda v: v.switched_to(number))
        await _until_served(settings.data, number)
        return number


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One replay at a time."""
    lock = try_lock(data / "reader" / "replay.lock")
    if lock is None:
        message = "another replay is running: wait for it to end"
        raise Conflict(message)
    try:
        yield
    finally:
        os.close(lock)


async def _views(settings: Settings) -> Views:
    views = await generations.read(settings)
    if views is None:
        message = "there are no views yet: start `khabar up` or `khabar worker` first"
        raise NotReady(message)
    return views


async def _change(settings: Settings, change: Callable[[Views], Views]) -> None:
    """Apply a change to the views as they stand now: the reader may have written in between."""
    await generations.write(settings, change(await _views(settings)))


def _without_leftovers(views: Views) -> Views:
    """Drop what replays that failed have left: only one runs at a time, and this is it."""
    for number, generation in views.generations.items():
        if generation.state in (State.BUILDING, State.FOLLOWING) and number != views.live:
            views = views.with_state(number, State.DROPPED, "its replay failed")
    return views


def _switched(views: Views, number: int) -> Views:
    """Make a generation live, keep the one that was, and drop all those before it."""
    if views.generations[number].state is not State.FOLLOWING:
        message = f"generation {number} is {views.generations[number].state}: it is not served"
        raise Unequal(message)
    for old in views.followed():
        if old not in (number, views.live):
            views = views.with_state(old, State.DROPPED)
    return views.switched_to(number)


def _shown(data: Path, generation: int) -> tuple[Vector, dict[int, Digest]]:
    """Read, at one moment, up to where a generation is served and the digest of what it serves."""
    with closing(store.open_reader(store.views_path(data, generation))) as file:
        file.execute("BEGIN")
        digests = {p: Digest(posted) for p, posted in file.execute("SELECT partition, posted FROM digests")}
        return _exposed(file), digests


def _shown_yet(data: Path, generation: int) -> Vector:
    """Read up to where a generation is served; nowhere while its file is being made."""
    try:
        return _shown(data, generation)[0]
    except ReadModelMissing:
        return {}


def _exposed(file: sqlite3.Connection) -> Vector:
    vector: Vector = {}
    for topic, partition, offset in file.execute("SELECT topic, partition, exposed FROM vector"):
        if offset:
            vector.setdefault(topic, {})[str(partition)] = offset
    return vector


def _compare(views: Views, built: Built, expected: dict[int, Digest]) -> bool | None:
    """Hold the rebuilt generation against the live one, where both were posted by the same rules."""
    live = views.generations[views.live]
    if live.entries_version != ENTRIES_VERSION or live.state is State.UNPROVEN:
        return None
    return all(not digest.differing(expected.get(p, Digest())) for p, digest in built.digests.items())


async def _until_as_far(data: Path, number: int, live: int) -> None:
    """Wait until the new generation shows all that the live one showed BEHIND_SECONDS ago."""
    deadline = time.monotonic() + SWITCH_SECONDS_MAX
    path = store.views_path(data, number)
    goals: list[tuple[float, Vector]] = []
    while time.monotonic() < deadline:
        goals.append((time.monotonic(), _shown(data, live)[0]))
        old = [vector for at, vector in goals if at <= time.monotonic() - BEHIND_SECONDS]
        if old and path.exists() and dominates(_shown_yet(data, number), old[-1]):
            return
        goals = goals[-int(BEHIND_SECONDS / POLL_SECONDS) - 2 :]
        await asyncio.sleep(POLL_SECONDS)
    message = f"generation {number} did not catch up: is `khabar worker` running? The live one still serves"
    raise NotReady(message)


async def _until_served(data: Path, number: int) -> None:
    deadline = time.monotonic() + SWITCH_SECONDS_MAX
    while time.monotonic() < deadline:
        with closing(store.open_reader(store.events_path(data))) as file:
            if store.get_meta(file, "live") == str(number):
                return
        await asyncio.sleep(POLL_SECONDS)
    message = f"the reader did not switch to generation {number}: is `khabar serve` running?"
    raise NotReady(message)
