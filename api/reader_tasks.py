"""What the reader writes to Kafka: cuts, and repairs of what the proof found."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from api.read_model import store
from api.read_model.records import Offsets
from streams import cuts, generations
from streams.codec import decode, headers
from streams.cuts import Cut
from streams.entries import KEY_ID_BYTES
from streams.generations import State
from streams.publish import producer
from streams.topics import topic_name
from streams.vectors import Vector, dominates, next_offset

if TYPE_CHECKING:
    from api.read_model.views_db import GenerationFile
    from streams.settings import Settings

APPEND_SECONDS_MAX = 10.0

log = logging.getLogger(__name__)


class CutWriter:
    """Appends cuts; keeps its producer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def append(self, end: Offsets, last: Cut) -> None:
        """Append the end of the log, if it is beyond the last cut. Raises KafkaError, TimeoutError."""
        vector: Vector = {}
        for (topic, partition), offset in end.items():
            if offset and (topic == "entities" or topic.startswith("facts.")):
                vector.setdefault(topic, {})[str(partition)] = offset
        if dominates(last.vector, vector):
            return
        if self._producer is None:
            self._producer = producer(self._settings)
            await self._producer.start()
        name = topic_name(self._settings, "cuts")
        async with asyncio.timeout(APPEND_SECONDS_MAX):
            await self._producer.send_and_wait(name, cuts.encode(vector), partition=0)

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(APPEND_SECONDS_MAX):
                    await self._producer.stop()


async def repair(settings: Settings, number: int, file: GenerationFile, events: sqlite3.Connection) -> None:
    """Publish again, once, each event that lacks entries; give up on a generation that this cannot heal.

    A line that cannot be folded does not count: either one of its entries differs and counts by itself, or
    the log says just these, and the next generation would have them too. The file may be closed meanwhile.
    """
    open_ = file.connection.execute(
        """SELECT partition, key, kind, repair_topic, repair_offset FROM differences
           WHERE settled_ms IS NULL AND kind <> 'unfoldable'"""
    ).fetchall()
    hopeless = 0
    lacking: dict[tuple[int, bytes], list[bytes]] = {}
    for partition, key, kind, topic, offset in open_:
        if kind == "missing" and offset is None:
            lacking.setdefault((partition, key[-KEY_ID_BYTES:]), []).append(key)
        elif kind != "missing" or next_offset(file.posted, topic, partition) > offset:
            hopeless += 1
    for (partition, event), keys in lacking.items():
        await _publish_again(settings, file, events, partition, event, keys)
        if not file.is_open:
            return
    if hopeless:
        await _mark_unproven(settings, number, hopeless)


async def _publish_again(
    settings: Settings,
    file: GenerationFile,
    events: sqlite3.Connection,
    partition: int,
    event: bytes,
    keys: list[bytes],
) -> None:
    topic, home, data = events.execute(
        "SELECT topic, home, data FROM events WHERE key = ? AND partition = ?", (event, partition)
    ).fetchone()
    async with producer(settings) as out:
        done = await out.send_and_wait(
            topic_name(settings, topic), data, home.encode(), partition, headers=headers(decode(data))
        )
    if not file.is_open:
        return  # dropped meanwhile: the event has come twice, which is harmless
    with store.transaction(file.connection):
        file.connection.executemany(
            "UPDATE differences SET repair_topic = ?, repair_offset = ? WHERE partition = ? AND key = ?",
            [(topic, done.offset, partition, key) for key in keys],
        )
    log.warning("event %s… is published again, to be posted again", event.hex())


async def _mark_unproven(settings: Settings, number: int, differences: int) -> None:
    views = await generations.read(settings)
    if views is None or views.generations[number].state in (State.UNPROVEN, State.DROPPED):
        return
    note = f"{differences} differences from the log"
    await generations.write(settings, views.with_state(number, State.UNPROVEN, note))
    log.error("generation %d is marked unproven: %s", number, note)
