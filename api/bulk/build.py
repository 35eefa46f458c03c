"""Build a generation from the log: its changelog, its group's offsets, its worker's table, its file.

As many processes as there are cores, a partition each at a time.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.bulk import file
from api.bulk.partition import Built, Task, build
from api.errors import Killed
from api.read_model import store
from api.read_model.entity_maps import last_change
from api.read_model.places import cut_below, read_entities
from api.read_model.views_db import identity
from api.reader_status import now_ms
from streams.cluster import log_id
from streams.digest import Digest
from streams.processes import begin_child, end_pool, settle_heap
from streams.replay import commit
from streams.table_files import has_worker, slot_for

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.vectors import Vector

LOOK_SECONDS = 0.1
FOLDER = "building-"

Spawned = Any
"""A counter that processes share (multiprocessing has no type for it)."""
_read: Spawned = None


@dataclass(frozen=True)
class Result:
    """What a rebuild read and wrote; by partition the digests of all, and at the vector compared."""

    records: int
    rows: int
    digests: dict[int, Digest]
    compared: dict[int, Digest]


async def build_generation(
    settings: Settings,
    generation: int,
    like: int,
    vector: Vector,
    compared: Vector,
    of_log: dict[int, Digest],
    progressed: Callable[[int], None],
    phase: Callable[[str], None],
) -> Result:
    """Build a generation up to `vector`, with a table where generation `like` has one.

    `of_log`: what the reader has counted of the log below the vector `compared`, by partition: the proof goes
    on from it. Raises
    NewerVersion where the log holds what only a newer khabar can read, KafkaError, OSError, sqlite3.Error.
    """
    with ExitStack() as stack:
        reader = settings.data / "reader"
        _tidy(reader)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER, dir=reader)))
        events = stack.enter_context(closing(store.open_reader(store.events_path(settings.data))))
        tables = None
        if has_worker(settings, like):
            tables = stack.enter_context(slot_for(settings, generation, await log_id(settings)))
        entities = last_change(events)
        served = {**vector, "entities": {"0": read_entities(events)}}
        origin = file.Origin(identity(events, generation), vector, cut_below(events, served).number, entities)
        task = Task(settings, generation, vector, compared, origin.last_cut, folder, tables)
        path = store.views_path(settings.data, generation)
        stack.callback(store.remove, file.beside(path))
        with _processes(settings) as (pool, read):
            parts = await _partitions(pool, read, task, progressed)
            phase("writing")
            half = pool.submit(file.write_half, path, origin, parts)
            await asyncio.to_thread(file.write, path, origin, parts, of_log, now_ms(), half.result)
        await commit(settings, generation, vector)
    return Result(
        sum(part.records for part in parts),
        sum(part.rows for part in parts),
        {part.partition: part.digest for part in parts},
        {part.partition: part.compared for part in parts},
    )


def _tidy(folder: Path) -> None:
    """Delete what a rebuild has left that was killed: only one runs at a time."""
    for left in folder.glob(f"{FOLDER}*"):
        shutil.rmtree(left)
    for draft in folder.glob(f"*{file.DRAFT}"):
        store.remove(draft)


@contextmanager
def _processes(settings: Settings) -> Iterator[tuple[ProcessPoolExecutor, Spawned]]:
    """Have a process for each core, and count what they read. Raises Killed where one of them was."""
    context = get_context("spawn")
    read = context.Value("q", 0)
    count = min(os.cpu_count() or 1, settings.partitions)
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(os.getpid(), read))
    try:
        yield pool, read
    except BrokenProcessPool as error:
        message = "a process of the rebuild was killed: did the machine run out of memory?"
        raise Killed(message) from error
    finally:
        end_pool(pool)  # what they do is of no use any more, if they do anything


async def _partitions(
    pool: ProcessPoolExecutor, read: Spawned, task: Task, progressed: Callable[[int], None]
) -> list[Built]:
    """Build all partitions; the first failure is raised, and no other is begun."""
    told = 0
    loop = asyncio.get_running_loop()
    building = [loop.run_in_executor(pool, _build, task, p) for p in range(task.settings.partitions)]
    unfinished = set(building)
    while unfinished:
        done, unfinished = await asyncio.wait(
            unfinished, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_EXCEPTION
        )
        for one in done:
            one.result()
        told, before = int(read.value), told
        progressed(told - before)
    return [one.result() for one in building]


def _begin(parent: int, read: Spawned) -> None:
    global _read
    _read = read
    begin_child(parent)
    settle_heap()


def _build(task: Task, partition: int) -> Built:
    return build(task, partition, _count)


def _count(records: int) -> None:
    with _read.get_lock():
        _read.value += records
