"""Back up the log: copy its topics, up to where they end now, to a folder of plain files.

What refers is bounded before what it refers to, so that a running khabar may be backed up: an event in the
backup has its answer in `parses` there, and that its document; a cut covers only what is there.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams import generations
from streams.backup_files import BackupError, BackupFile, Line, Manifest
from streams.backup_folder import FileWriter, Writing
from streams.cluster import log_id
from streams.consumers import reading
from streams.restore_merge import closed_cuts, refuse_unknown
from streams.topics import LOG, check_topics, fact_topics, parse_app_id, topic_name
from streams.vectors import Vector

if TYPE_CHECKING:
    from streams.settings import Settings

BULK = {"fetch_max_bytes": 64 << 20, "max_partition_fetch_bytes": 8 << 20, "fetch_max_wait_ms": 100}
RECORDS_MAX = 5_000
SILENT_SECONDS_MAX = 60.0

BOUNDED = ("cuts", "dead-letters", "entities", *fact_topics(), "parses", "documents")
"""The topics of a backup, those that refer before those that are referred to. `views` is made anew."""


@dataclass(frozen=True)
class Told:
    """Whom to tell: how much there is to do, how much more was done, what is done now."""

    total: Callable[[int], None] = lambda _: None
    more: Callable[[int], None] = lambda _: None
    phase: Callable[[str], None] = lambda _: None


async def backup(settings: Settings, folder: Path, told: Told) -> Manifest:
    """Copy the log into a folder, which must be empty or new. Raises StreamsError, KafkaError."""
    if missing := await check_topics(settings):
        message = f"there is no log to back up: {settings.bootstrap} has no topic {missing[0]}"
        raise BackupError(message)
    named = await log_id(settings)
    views = await generations.read(settings)
    writing = Writing(folder)
    committed = await read_committed(settings)
    bounds = await ends(settings)
    told.total(sum(sum(each.values()) for each in bounds.values()))
    files: list[BackupFile] = []
    # As every reader of the log reads it: whatever stands there, with gaps where nothing does.
    async with reading(settings, **BULK) as consumer:
        for topic, each in bounds.items():
            told.phase(f"reading {topic}")
            files += await _copy(consumer, topic, topic_name(settings, topic), each, writing, told.more)
    manifest = Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        log=named,
        topic_prefix=settings.topic_prefix,
        partitions=settings.partitions,
        next_generation=views.next_number() if views else 1,
        committed=committed,
        files=tuple(files),
    )
    for cut, _ in closed_cuts(folder, manifest.of("cuts")):
        refuse_unknown(cut)
    writing.finish(manifest)
    return manifest


async def read_committed(settings: Settings) -> Vector:
    """Read up to where the parse workers are done: what is beyond, they answer or publish again."""
    found: Vector = {}
    async with reading(settings, group_id=parse_app_id(settings)) as consumer:
        places = [(t, p) for t in ("documents", "parses") for p in range(settings.partitions)]
        consumer.assign([TopicPartition(topic_name(settings, t), p) for t, p in places])
        for topic, partition in places:
            offset = await consumer.committed(TopicPartition(topic_name(settings, topic), partition))
            found.setdefault(topic, {})[str(partition)] = offset or 0
    return found


async def ends(settings: Settings) -> dict[str, dict[int, int]]:
    """Give where each partition of the log ends, asked for in the order of BOUNDED."""
    wide = {topic.name for topic in LOG if topic.partitioned}
    found: dict[str, dict[int, int]] = {}
    places = {
        topic: [
            TopicPartition(topic_name(settings, topic), p)
            for p in range(settings.partitions if topic in wide else 1)
        ]
        for topic in BOUNDED
    }
    async with reading(settings) as consumer:
        # Assigned, so that all are looked up at once; paused, since a waiting fetch holds answers back.
        consumer.assign([tp for tps in places.values() for tp in tps])
        consumer.pause(*consumer.assignment())
        for topic, tps in places.items():
            found[topic] = {tp.partition: end for tp, end in (await consumer.end_offsets(tps)).items()}
    return found


async def _copy(
    consumer: AIOKafkaConsumer,
    topic: str,
    name: str,
    ends: dict[int, int],
    writing: Writing,
    more: Callable[[int], None],
) -> list[BackupFile]:
    """Copy the partitions of one topic, each to a file of its own."""
    writers: dict[int, FileWriter] = {}
    counts = dict.fromkeys(ends, (0, -1, -1))  # records, first and last offset
    async for partition, batch in _below(consumer, name, ends):
        if partition not in writers:
            writers[partition] = writing.file(f"{topic}-{partition}.jsonl")
        for r in batch:
            writers[partition].write(Line(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)))
        records, first, _ = counts[partition]
        counts[partition] = (
            records + len(batch),
            first if records else batch[0].offset,
            batch[-1].offset,
        )
        more(len(batch))
    for writer in writers.values():
        writer.close()
    return [
        BackupFile(topic=topic, partition=p, next=end)
        if not counts[p][0]
        else BackupFile(
            topic=topic, partition=p, next=end, name=f"{topic}-{p}.jsonl",
            records=counts[p][0], first=counts[p][1], last=counts[p][2],
        )
        for p, end in ends.items()
    ]  # fmt: skip


async def _below(
    consumer: AIOKafkaConsumer, name: str, ends: dict[int, int]
) -> AsyncIterator[tuple[int, list[ConsumerRecord]]]:
    """Yield the records of a topic up to its ends, partition by partition as they come."""
    unread = {TopicPartition(name, p): end for p, end in ends.items() if end}
    if not unread:
        return
    consumer.assign(sorted(unread))
    await consumer.seek_to_beginning(*unread)
    deadline = time.monotonic() + SILENT_SECONDS_MAX
    while unread:
        for tp, batch in (await consumer.getmany(timeout_ms=500, max_records=RECORDS_MAX)).items():
            deadline = time.monotonic() + SILENT_SECONDS_MAX
            if kept := [r for r in batch if r.offset < ends[tp.partition]]:
                yield tp.partition, kept
        for tp in [tp for tp, end in unread.items() if await consumer.position(tp) >= end]:
            del unread[tp]
            consumer.pause(tp)
        if time.monotonic() > deadline:
            message = f"{name} gives nothing for {SILENT_SECONDS_MAX:.0f} s"
            raise KafkaError(message)
