"""Read stored documents again: what that would change, and, if it is wanted, have the parse agent do it.

What stands of a document comes from the data directory, the answer from `streams.delta` as in the parse
agent: to publish the very revision that was tried makes the agent give the very answer that was reported.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from ulid import ULID

from api.errors import ViewBehind
from api.read_model.reading import ReadModel
from api.read_model.standing import Standing, next_offsets, recorded_since, standing
from seeds.parse import EXTRACTOR, VERSION
from streams import delta, documents
from streams.consumers import reading
from streams.documents import Change, ParseRecord, Place, StoredDocument
from streams.errors import CodecError, NewerVersion
from streams.parse_pool import ParseFailed, ParsePool
from streams.publish import Publisher
from streams.topics import partition_of, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

AHEAD_MAX = 4  # documents in work, for each child process
CAUGHT_UP_SECONDS_MAX = 10.0
SILENCE_SECONDS_MAX = 60.0
POLL_SECONDS = 0.1


class Again(NamedTuple):
    """A document, and why it was not read again, or the revision that asks for it and the answer to that."""

    document: str
    skipped: str | None = None
    head: int = 0
    asked: StoredDocument | None = None
    answer: ParseRecord | None = None


@dataclass
class Published:
    """What came of the revisions that were published; `causes` counts retractions."""

    documents: int = 0
    answered: int = 0
    failed: int = 0
    events: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    changed_meanwhile: int = 0


def wanted(settings: Settings, since_ms: int, ids: Iterable[str] = ()) -> list[str]:
    """List the documents to read again: these, or all with a text since a time. Raises ReadModelMissing."""
    with closing(ReadModel(settings.data)) as model, model.snapshot() as at:
        since = recorded_since(at.events, since_ms)
    chosen = set(ids)
    return [document for document in since if document in chosen] if chosen else since


async def again(settings: Settings, ids: Iterable[str], by: str) -> AsyncIterator[Again]:
    """Read documents again, in their order, a bounded number at a time in child processes."""
    pool = ParsePool(settings)
    waiting: deque[asyncio.Task[Again]] = deque()
    with closing(ReadModel(settings.data)) as model:
        try:
            await pool.start()
            for document in ids:
                waiting.append(asyncio.create_task(_again(settings, pool, model, document, by)))
                if len(waiting) >= AHEAD_MAX * settings.parse_workers:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            pool.close()


async def _again(settings: Settings, pool: ParsePool, model: ReadModel, document: str, by: str) -> Again:
    known = _standing(model, document)
    if known is None or not known.settled:
        return Again(document, "waiting" if known else "gone")
    if known.withdrawn:
        return Again(document, "withdrawn")
    why = documents.Request(id=str(ULID()), by=by, reason=f"read again with {EXTRACTOR} {VERSION}")
    asked = documents.decode_document(known.text).changed(Change.REPARSE, why)
    partition = partition_of(document.encode(), settings.partitions)
    place = Place("documents", partition, known.head + 1)  # about; the answer's events do not depend on it
    try:
        parsed = await pool.parse(asked)
        answer = delta.answer(asked, place, known.live, parsed, settings.min_confidence)
    except (ParseFailed, CodecError) as error:
        answer = delta.failed(asked, place, EXTRACTOR, VERSION, str(error))
    return Again(document, None, known.head, asked, answer)


def _standing(model: ReadModel, document: str) -> Standing | None:
    with model.snapshot() as at:
        return standing(at.events, document)


class Applying:
    """Publishes `reparse` revisions and counts what comes of them; made by `applying`."""

    def __init__(
        self, settings: Settings, publisher: Publisher, consumer: AIOKafkaConsumer, model: ReadModel
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._consumer = consumer
        self._model = model
        self._open: set[tuple[int, int]] = set()
        self.published = Published()

    async def publish(self, read: Again) -> None:
        """Publish the revision that was tried, unless the document was changed since it was read."""
        known = _standing(self._model, read.document)
        if read.asked is None or known is None or known.head != read.head:
            self.published.changed_meanwhile += 1
            return
        place = await self._publisher.publish_document(read.asked)
        self._open.add((place.partition, place.offset))
        self.published.documents += 1

    async def wait(self, silence_seconds_max: float = SILENCE_SECONDS_MAX) -> Published:
        """Wait for the answers, as long as they keep coming."""
        deadline = time.monotonic() + silence_seconds_max
        while self._open and time.monotonic() < deadline:
            for batch in (await self._consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    if self._take(record.value):
                        deadline = time.monotonic() + silence_seconds_max
        return self.published

    def _take(self, value: bytes | None) -> bool:
        """Count an answer if it is the first to one of ours."""
        try:
            answer = documents.decode_parse(value)
        except NewerVersion:
            raise
        except CodecError:
            return False  # no answer of a worker
        place = answer.partition, answer.offset
        if place not in self._open:
            return False
        self._open.remove(place)
        self.published.answered += 1
        self.published.failed += answer.status is documents.Status.FAILED
        for data in answer.events:
            if data["type"] == "retraction":
                self.published.causes[data["slots"]["cause"]] += 1
            else:
                self.published.events += 1
        return True


@asynccontextmanager
async def applying(settings: Settings) -> AsyncIterator[Applying]:
    """Be ready to publish: the data directory holds all of the log. Raises ViewBehind, KafkaError."""
    async with reading(settings) as consumer, Publisher(settings) as publisher:
        with closing(ReadModel(settings.data)) as model:
            ends = {topic: await _ends(settings, consumer, topic) for topic in ("documents", "parses")}
            await _caught_up(model, ends)
            parses = {TopicPartition(topic_name(settings, "parses"), p): n for p, n in ends["parses"].items()}
            consumer.assign(list(parses))
            for topic, next_ in parses.items():
                consumer.seek(topic, next_)
            yield Applying(settings, publisher, consumer, model)


async def _ends(settings: Settings, consumer: AIOKafkaConsumer, topic: str) -> dict[int, int]:
    partitions = [TopicPartition(topic_name(settings, topic), p) for p in range(settings.partitions)]
    return {tp.partition: end for tp, end in (await consumer.end_offsets(partitions)).items()}


async def _caught_up(model: ReadModel, ends: dict[str, dict[int, int]]) -> None:
    deadline = time.monotonic() + CAUGHT_UP_SECONDS_MAX
    while True:
        with model.snapshot() as at:
            held = {topic: next_offsets(at.events, topic) for topic in ends}
        if all(held[t].get(p, 0) >= end for t, offsets in ends.items() for p, end in offsets.items()):
            return
        if time.monotonic() > deadline:
            message = "the data directory is behind the log: start `khabar up` (or `khabar serve`) first"
            raise ViewBehind(message)
        await asyncio.sleep(POLL_SECONDS)
