"""Faust's Kafka transport with a producer that loses nothing silently.

Registered as `khabar://`. Differences from Faust's own driver, each for a measured reason:

- the producer is idempotent without transactions: it retries for ever, in order, without duplicates;
- `flush()` waits until Kafka has acknowledged everything that was put before it (Faust's gives up after
  100 ms, and misses the record in its sender's hand), so an offset is committed only behind its effects;
- a failed send ends the process at once: Faust only logs it, and commits;
- a record that is not acknowledged within STALL_SECONDS_MAX ends the process too: the supervisor starts
  it again from the last commit;
- the consumer seeks while nothing flows: else a rebalance could lose what came in between.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, cast

from aiokafka.producer import AIOKafkaProducer
from faust.transport import producer as faust_producer
from faust.transport.drivers import TRANSPORTS, aiokafka
from faust.types import TP, AppT, FutureMessage, RecordMetadata
from mode import Service

from streams.errors import STAYS_DOWN

SCHEME = "khabar"
STALL_SECONDS_MAX = 60.0
UNACKNOWLEDGED_MAX = 20_000  # records put and not acknowledged, above which the streams wait
# Under load, records are gathered for a moment and go out in few requests; a single one goes at once.
BUSY_RECORDS = 20
GATHER_SECONDS = 0.005
BATCH_BYTES_MAX = 256 << 10
FATAL_EXIT = 70

Put = tuple[int, FutureMessage]
"""A message that was put, and its number."""

log = logging.getLogger(__name__)


def end_process(reason: str, code: int = FATAL_EXIT) -> NoReturn:
    """End this worker now, before it commits anything more; its supervisor starts it again.

    With the code STAYS_DOWN it does not: another start would meet the same again.
    Not an exception: Faust would log it, go on, and commit. Not sys.exit: a shutdown can hang, and would
    flush and commit on the way.
    """
    then = "stays down" if code == STAYS_DOWN else "starts again from its last commit"
    log.critical("%s; this worker ends now, and %s", reason, then)
    logging.shutdown()
    os._exit(code)


class Buffer(faust_producer.ProducerBuffer):
    """What was put and is not acknowledged yet, in the order of putting."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._unacknowledged: dict[int, float] = {}  # number of the put → when, monotonic seconds
        self._last = 0
        self._moved = asyncio.Event()
        self.sender: Callable[[], AIOKafkaProducer]

    def put(self, fut: FutureMessage) -> None:
        """Take a message; it is sent soon, in order."""
        self._last += 1
        self._unacknowledged[self._last] = time.monotonic()
        self.pending.put_nowait((self._last, fut))

    @Service.task
    async def _handle_pending(self) -> None:
        while True:  # until cancelled: what is put while the app stops is still sent
            waiting = [await self.pending.get()]
            while not self.pending.empty():
                waiting.append(self.pending.get_nowait())
            by_place: dict[TP, list[Put]] = {}
            for number, future in waiting:
                message = future.message
                place = TP(message.channel.get_topic_name(), message.partition)
                by_place.setdefault(place, []).append((number, future))
            await asyncio.gather(*(self._send(*place, puts) for place, puts in by_place.items()))
            if len(waiting) >= BUSY_RECORDS:
                await asyncio.sleep(GATHER_SECONDS)

    async def _send(self, topic: str, partition: int, puts: list[Put]) -> None:
        """Send records of one partition, packed: one at a time, each takes twenty times as long."""
        try:
            while puts:
                batch = self.sender().create_batch()
                packed = 0
                for _, future in puts:
                    message = future.message
                    if batch.append(timestamp=None, key=message.key, value=message.value) is None:
                        break
                    packed += 1
                if not packed:
                    end_process(f"a record for {topic} fits in no batch of {BATCH_BYTES_MAX} bytes")
                batch.close()
                sent = await self.sender().send_batch(batch, topic, partition=partition)
                sent.add_done_callback(partial(self._acknowledged, puts[:packed]))
                puts = puts[packed:]
        except Exception as error:
            end_process(f"a record cannot be sent: {error!r}")

    def _acknowledged(self, puts: list[Put], sent: asyncio.Future[Any]) -> None:
        if sent.cancelled() or sent.exception() is not None:
            reason = "cancelled" if sent.cancelled() else repr(sent.exception())
            end_process(f"a record was not stored: {reason}")
        first = sent.result()
        for index, (number, future) in enumerate(puts):
            del self._unacknowledged[number]
            # Where a retry hid the offset of the batch, that of none of its records is known.
            offset = first.offset if first.offset < 0 else first.offset + index
            future.set_result(first._replace(offset=offset))
            if future.message.callback is not None:
                future.message.callback(future)
        self._moved.set()

    async def flush(self) -> None:
        """Wait until everything that was put so far is acknowledged; end the process if that stalls."""
        await self._settled(through=self._last)

    async def flush_atmost(self, max_messages: int | None) -> int:
        """Wait as `flush` does: Faust calls this one before a commit."""
        await self.flush()
        return 0

    async def wait_until_ebb(self) -> None:
        """Hold the streams back while too much is unacknowledged."""
        if len(self._unacknowledged) > UNACKNOWLEDGED_MAX:
            await self._settled(through=next(iter(self._unacknowledged)) + UNACKNOWLEDGED_MAX // 2)

    async def _settled(self, through: int) -> None:
        while self._unacknowledged and next(iter(self._unacknowledged)) <= through:
            self._moved.clear()
            await self._moved.wait()

    @Service.task
    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(STALL_SECONDS_MAX / 10)
            oldest = next(iter(self._unacknowledged.values()), None)
            if oldest is not None and time.monotonic() - oldest > STALL_SECONDS_MAX:
                end_process(f"Kafka acknowledged nothing for {STALL_SECONDS_MAX:.0f} s")

    @property
    def size(self) -> int:
        """Records put and not acknowledged."""
        return len(self._unacknowledged)


class Producer(aiokafka.Producer):
    """Faust's producer, idempotent, with our buffer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Replaced here, because the conductor keeps a reference to its `wait_until_ebb`.
        buffer = Buffer(loop=self.loop, beacon=self.beacon)
        buffer.app = self.app
        buffer.sender = self._ensure_producer  # without Faust's detour through channel and sensors
        self.buffer = buffer

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_batch_size": BATCH_BYTES_MAX}

    async def flush(self) -> None:
        """Wait until everything that was put so far is acknowledged."""
        await self.buffer.flush()

    async def store(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> RecordMetadata:
        """Send one record and wait for its acknowledgement; ends the process where that fails.

        Returns the record's metadata (its offset is -1 if a retry hid it).
        """
        try:
            sent = await self._ensure_producer().send(
                topic, value, key=key, partition=partition, headers=headers
            )
            return cast(RecordMetadata, await asyncio.wait_for(sent, STALL_SECONDS_MAX))
        except Exception as error:
            end_process(f"a record of {topic} was not stored: {error!r}")


def producer_of(app: AppT) -> Producer:
    """Give an app's producer, which is ours."""
    return cast(Producer, app.producer)


class Consumer(aiokafka.Consumer):
    """Faust's consumer, which seeks while nothing flows."""

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; whoever calls this lets the flow resume afterwards.

        Faust does this beside the flow after a recovery: what is fetched anew by then waits in the agents'
        queues, resuming empties them, and the next commit passes over it. Stopped, all is read again.
        """
        self.stop_flow()
        await super().perform_seek()
        # Faust leaves a partition where it stands if nothing of it was committed yet: what a rebalance has
        # dropped of it would not be read again.
        unread = [
            self._new_topicpartition(tp.topic, tp.partition)
            for tp in self.assignment()
            if not self._read_offset[tp] and not self._is_changelog_tp(tp)
        ]
        if unread:
            await self._thread.seek_to_beginning(*unread)


class Transport(aiokafka.Transport):
    """Faust's transport with our consumer and producer."""

    Consumer = Consumer
    Producer = Producer


TRANSPORTS.aliases[SCHEME] = "streams.transport:Transport"
