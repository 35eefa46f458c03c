"""A replay from beginning to end: build generation g + 1, prove it, let it catch up, switch, keep g.

Runs where the reader's files are: they say up to which vector the live generation has been served, and
when the new one has come as far.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.bulk.build import Result, build_generation
from api.errors import Conflict, NotReady, Unequal
from api.read_model import store
from api.read_model.places import read_vector
from api.served import shown, until_as_far, until_served
from streams import generations
from streams.digest import Digest, total
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.locks import try_lock
from streams.replay import FAR_RECORDS, size
from streams.topics import ensure_changelog

if TYPE_CHECKING:
    from pathlib import Path

    from streams.settings import Settings
    from streams.vectors import Vector

DROP_SECONDS_MAX = 20.0
NOTE_MAX = 500


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
        live = shown(settings.data, views.live)
        number = views.next_number()
        await generations.write(settings, _without_leftovers(views).with_new(number, ENTRIES_VERSION))
        async with _dropped_if_it_fails(settings, number):
            await ensure_changelog(settings, number)
            vector = _aim(settings, live.vector)
            progress.total(size(vector))
            of_log = {p: live.of_log.get(p, Digest()) for p in range(settings.partitions)}
            built = await build_generation(
                settings,
                number,
                views.live,
                vector,
                live.vector,
                of_log if _is_of_our_rules(views) else {},
                progress.read,
                progress.phase,
            )
            equal = _compare(views, built, live.posted)
            if equal is False:
                message = (
                    f"generation {number} differs from the live {views.live}, which still serves: "
                    "`GET /v1/views` tells what the proof found; once it is marked unproven, replay again"
                )
                raise Unequal(message)
            progress.phase("catching up")
            await _change(settings, lambda v: v.with_state(number, State.FOLLOWING))
            await until_as_far(settings.data, number, views.live)
            progress.phase("switching")
            await _change(settings, lambda v: _switched(v, number))
        await until_served(settings.data, number)
        return Replayed(
            generation=number,
            replaced=views.live,
            records=built.records,
            rows=built.rows,
            digest=total(built.digests.values()),
            equal=equal,
            seconds=round(time.monotonic() - began, 3),
        )


def _aim(settings: Settings, served: Vector) -> Vector:
    """Say up to where to build: as far as is served; where that is far behind, as far as the log is read."""
    with closing(store.open_reader(store.events_path(settings.data))) as events:
        read = read_vector(events)
    return read if size(read) - size(served) > FAR_RECORDS else served


async def rollback(settings: Settings) -> int:
    """Serve the generation again that was live before. Raises NotReady if none was kept."""
    with _alone(settings.data):
        views = await _views(settings)
        kept = [
            n
            for n, g in views.generations.items()
            if g.state is State.KEPT and g.entries_version == ENTRIES_VERSION  # else nobody posts to it
        ]
        if not kept:
            message = "no earlier generation was kept: `khabar replay` makes one"
            raise NotReady(message)
        number = max(kept)
        await _change(settings, lambda v: v.switched_to(number))
        await until_served(settings.data, number)
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


@asynccontextmanager
async def _dropped_if_it_fails(settings: Settings, number: int) -> AsyncIterator[None]:
    """Drop a generation that is not finished, whatever went wrong; one that is live by now stays."""
    try:
        yield
    except BaseException as error:
        note = f"its replay failed: {error or type(error).__name__}"[:NOTE_MAX]
        with suppress(Exception):  # Kafka may be what failed: then the next replay drops it
            async with asyncio.timeout(DROP_SECONDS_MAX):
                await _change(settings, lambda v: _given_up(v, number, note))
        raise


def _given_up(views: Views, number: int, note: str) -> Views:
    return views if views.live == number else views.with_state(number, State.DROPPED, note)


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


def _compare(views: Views, built: Result, expected: dict[int, Digest]) -> bool | None:
    """Hold the rebuilt generation against the live one, where both were posted by the same rules."""
    if not _is_of_our_rules(views) or views.generations[views.live].state is State.UNPROVEN:
        return None
    return all(not digest.differing(expected.get(p, Digest())) for p, digest in built.compared.items())


def _is_of_our_rules(views: Views) -> bool:
    return views.generations[views.live].entries_version == ENTRIES_VERSION
