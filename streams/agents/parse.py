"""Parse: every `documents` record gets one answer in `parses`, in the order of the documents.

Texts are read ahead in child processes; what comes of them is decided one document after the other, from
what stands of the document (see `streams.parse_index`), and an offset is acknowledged behind its answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faust
from faust.streams import Stream
from faust.types import EventT, Message

from seeds.facts import Parsed
from seeds.parse import EXTRACTOR, VERSION
from streams import delta, documents
from streams.agents.letters import send_letter
from streams.documents import Change, ParseRecord, Place, StoredDocument
from streams.errors import CodecError, Misplaced, NewerVersion
from streams.parse_index import Known, content_hash, stands_unchanged
from streams.parse_pool import ParseFailed, ParsePool
from streams.topics import partition_of, topic_name
from streams.transport import end_process, producer_of

if TYPE_CHECKING:
    from streams.agents.follow import ParsesFollower
    from streams.settings import Settings

AHEAD_MAX = 4  # documents read ahead, for each child process
NOTHING = Parsed(extractor=EXTRACTOR, version=VERSION)


@dataclass(frozen=True)
class _Read:
    """A revision, and what reading its text gave: facts, a reason why not, or nothing (not wanted)."""

    document: StoredDocument
    place: Place
    content: str
    outcome: Parsed | ParseFailed | None = None


class ParseAgent:
    """`run` is the agent on `documents`."""

    def __init__(self, settings: Settings, app: faust.App, follower: ParsesFollower) -> None:
        self._settings = settings
        self._app = app
        self._follower = follower
        self._index = follower.index
        self._pool = ParsePool(settings)

    async def run(self, stream: Stream[bytes]) -> None:
        """Start reading each document as it comes; a task of its own answers them in order."""
        await self._pool.start()
        waiting: asyncio.Queue[tuple[EventT[bytes], asyncio.Task[_Read]]] = asyncio.Queue(
            AHEAD_MAX * self._settings.parse_workers
        )
        answering = asyncio.create_task(self._answer_all(waiting))
        try:
            # No automatic acknowledgement: that would come as soon as the next document is asked for.
            async for event in stream.noack().events():
                await waiting.put((event, asyncio.create_task(self._read(event.message))))
        finally:
            answering.cancel()
            self._pool.close()

    async def _answer_all(self, waiting: asyncio.Queue[tuple[EventT[bytes], asyncio.Task[_Read]]]) -> None:
        while True:
            event, reading = await waiting.get()
            message = event.message
            try:
                try:
                    await self._answer(await reading)
                except NewerVersion as error:
                    where = f"{message.topic}/{message.partition}@{message.offset}"
                    end_process(f"{where}: {error}", error.exit_code)
                except CodecError as error:
                    await self._refuse(message, error)
            except Exception as error:
                where = f"{message.topic}/{message.partition}@{message.offset}"
                end_process(f"{where} is not answered: {error!r}")
            event.ack()

    async def _read(self, message: Message) -> _Read:
        """Decode a revision, and parse its text unless it is clear already that nobody needs that.

        Raises CodecError for a record that is no revision of a document, NewerVersion for a change that a
        newer khabar asks for and none has answered yet.
        """
        document = documents.decode_document(message.value)
        place = Place("documents", message.partition, message.offset)
        if partition_of(document.document.encode(), self._settings.partitions) != message.partition:
            reason = f"document {document.document[:100]!r} belongs to another partition"
            raise Misplaced(reason)
        await self._follower.at_end(message.partition)
        content = content_hash(document)
        if self._index.answered_by(*place[1:]) is not None:
            return _Read(document, place, content)
        if document.change is Change.OTHER:
            reason = (
                f"revision {document.revision} asks for a change that this khabar does not know: update it"
            )
            raise NewerVersion(reason)
        if not delta.needs_parse(document):
            return _Read(document, place, content)
        if stands_unchanged(document, content, self._index.known(document.document), EXTRACTOR, VERSION):
            return _Read(document, place, content)
        return _Read(document, place, content, await self._parse(document))

    async def _parse(self, document: StoredDocument) -> Parsed | ParseFailed:
        try:
            return await self._pool.parse(document)
        except ParseFailed as failure:
            return failure

    async def _answer(self, read: _Read) -> None:
        place = read.place
        if self._index.answered_by(place.partition, place.offset) is not None:
            return  # a redelivery
        record = await self._decide(read)
        value = documents.encode(record)
        if len(value) > documents.RECORD_BYTES_MAX:
            reason = f"limit: the answer has {len(value)} bytes"
            value = documents.encode(delta.failed(read.document, place, EXTRACTOR, VERSION, reason))
        self._follower.contents[place] = read.content
        await self._store(place.partition, read.document.document, value)
        self._follower.contents.pop(place, None)

    async def _refuse(self, message: Message, error: CodecError) -> None:
        """Keep a record that is no revision as a dead letter, and answer it, so that nobody waits for it."""
        place = Place("documents", message.partition, message.offset)
        await self._follower.at_end(place.partition)
        if self._index.answered_by(place.partition, place.offset) is not None:
            return  # a redelivery
        await send_letter(self._settings, self._app, message, error)
        record = documents.unreadable(message.key, place, EXTRACTOR, VERSION, str(error))
        await self._store(place.partition, record.document, documents.encode(record))

    async def _store(self, partition: int, document: str, value: bytes) -> None:
        """Append an answer, and take it into the index."""
        stored = await producer_of(self._app).store(
            topic_name(self._settings, "parses"), key=document.encode(), value=value, partition=partition
        )
        await self._follower.through(partition, stored.offset, value)

    async def _decide(self, read: _Read) -> ParseRecord:
        """Make the answer to a revision from what stands of its document."""
        document, place, parsed = read.document, read.place, NOTHING
        known = self._index.known(document.document)
        if delta.needs_parse(document):
            if stands_unchanged(document, read.content, known, EXTRACTOR, VERSION):
                return delta.unchanged(document, place, EXTRACTOR, VERSION)
            outcome = read.outcome or await self._parse(document)
            if isinstance(outcome, ParseFailed):
                return delta.failed(document, place, EXTRACTOR, VERSION, str(outcome))
            parsed = outcome
        try:
            before = await self._read_old_again(document, place, known)
            live = dict(known.live)
            if before is not None:
                delta.apply(live, before)
            answer = delta.answer(document, place, live, parsed, self._settings.min_confidence)
        except NewerVersion:
            raise  # what stands of the document is a newer khabar's
        except CodecError as error:
            return delta.failed(document, place, EXTRACTOR, VERSION, f"limit: {error}")
        if before is not None:
            answer = answer.model_copy(update={"events": (*before.events, *answer.events)})
        return answer

    async def _read_old_again(
        self, document: StoredDocument, place: Place, known: Known
    ) -> ParseRecord | None:
        """Where a newer extractor meets a new text: what it makes of the old one, told in the same answer.

        So what an older version had got wrong goes as `extractor_bug`, and not as the source's correction.
        """
        same = (known.extractor, known.version) == (EXTRACTOR, VERSION)
        if document.change is not Change.TEXT or not known.live or same or known.place is None:
            return None
        old = await self._follower.document_at(known.place)
        parsed = await self._parse(old) if old is not None else None
        if old is None or not isinstance(parsed, Parsed):
            return None
        old = old.model_copy(update={"change": Change.REPARSE})
        return delta.answer(old, place, known.live, parsed, self._settings.min_confidence)
