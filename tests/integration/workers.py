"""Worker processes on the real Kafka, and what a test looks at: the log, and a generation's changelog."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from aiokafka import ConsumerRecord
from rocksdict import Options, Rdict

from streams import progress, worker_slots
from streams.consumers import reading
from streams.errors import CodecError
from streams.posting import postings
from streams.settings import Settings
from streams.table_store import RocksStore
from streams.topics import changelog_name, fact_topics, topic_name
from streams.vectors import Vector, advance, covers

Rows = dict[bytes, set[bytes]]


class WorkerProcess:
    """`python -m streams.worker …` as the supervisor starts it."""

    def __init__(self, settings: Settings, *arguments: str, name: str = "worker") -> None:
        self.log = settings.data / f"{name}.log"
        settings.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.worker", *arguments],
                env={**os.environ, **settings.environment()},
                stdout=output,
                stderr=output,
            )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Stop it as the supervisor does."""
        self.kill(signal.SIGCONT)
        self.kill(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
            raise


@contextmanager
def a_worker(settings: Settings, *arguments: str, name: str = "worker") -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings, *arguments, name=name)
    try:
        yield worker
    except BaseException:
        if worker.process.poll() is None:
            worker.kill(signal.SIGUSR1)  # have it tell where its tasks are
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(2)
        print(worker.log.read_text()[-20_000:])  # pytest shows it
        raise
    finally:
        if worker.process.poll() is None:
            worker.kill()
            worker.process.wait()


async def until(
    condition: Callable[[], Awaitable[object]], seconds: float = 30.0, every: float = 0.1
) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(every)


async def records(settings: Settings, *topics: str) -> AsyncIterator[ConsumerRecord]:
    """Yield all records of topics (without prefix) up to their ends of now."""
    names = [topic_name(settings, topic) for topic in topics]
    async with reading(settings, *names, auto_offset_reset="earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for record in batch:
                    yield record


async def logged(settings: Settings) -> tuple[Rows, Vector]:
    """What the log says should be posted, and how far it goes."""
    rows: Rows = {}
    vector: Vector = {}
    async for record in records(settings, *fact_topics()):
        topic = record.topic.removeprefix(settings.topic_prefix)
        advance(vector, {topic: {str(record.partition): record.offset + 1}})
        with contextlib.suppress(CodecError):
            for posting in postings(record.key, record.value, record.partition, settings.partitions):
                rows.setdefault(posting.key, set()).add(posting.entry)
    return rows, vector


async def posted(settings: Settings, generation: int = 1) -> tuple[Rows, Vector]:
    """What the changelog holds: every row that was ever written to it, and the progress that it tells."""
    rows: Rows = {}
    vector: Vector = {}
    name = changelog_name(settings, generation).removeprefix(settings.topic_prefix)
    async for record in records(settings, name):
        if progress.is_progress(record.key):
            advance(vector, progress.decode(record.value))
        else:
            rows.setdefault(record.key, set()).add(record.value)
    return rows, vector


def rows_on_disk(settings: Settings, slot: int = 0, generation: int = 1) -> dict[bytes, bytes]:
    """The entries in a stopped worker's RocksDB files."""
    rows: dict[bytes, bytes] = {}
    slots = settings.data / "worker" / worker_slots.views(generation)
    for path in slots.glob(f"slot-{slot}/faust/**/positions-*.db"):
        db = Rdict(str(path), options=Options(raw_mode=True))
        rows |= {k: v for k, v in db.items() if k != RocksStore.offset_key and not progress.is_progress(k)}
        db.close()
    return rows


async def progress_is_honest(settings: Settings, generation: int = 1) -> bool:
    """Whether in the changelog every entry that a progress row covers stands before that row."""
    due: dict[tuple[str, int], deque[tuple[int, set[bytes]]]] = {}  # in the order of offsets
    async for record in records(settings, *fact_topics()):
        with contextlib.suppress(CodecError):
            keys = {p.key for p in postings(record.key, record.value, record.partition, settings.partitions)}
            topic = record.topic.removeprefix(settings.topic_prefix)
            due.setdefault((topic, record.partition), deque()).append((record.offset, keys))
    seen: set[bytes] = set()
    name = changelog_name(settings, generation).removeprefix(settings.topic_prefix)
    async for record in records(settings, name):
        seen.add(record.key)
        if progress.is_progress(record.key):
            told = progress.decode(record.value)
            for topic in told:
                left = due.get((topic, record.partition), deque())
                while left and covers(told, topic, record.partition, left[0][0]):
                    if not left.popleft()[1] <= seen:
                        return False
    return True


async def all_is_posted(settings: Settings) -> bool:
    """Whether the changelog tells that it covers all of the log."""
    _, wanted = await logged(settings)
    _, reached = await posted(settings)
    return wanted == reached
