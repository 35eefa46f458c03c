"""Restore a log from a backup: into a Kafka that holds none, with as many partitions as the settings say.

A log that is not whole is nobody's log: the `views` topic names it as unfinished, and its topics have a
configuration that every process refuses. So it can be interrupted anywhere, and run again from the start.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from ulid import ULID

from streams import backup_folder, generations, log_name
from streams.backup import Told
from streams.backup_files import Manifest
from streams.consumers import reading
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.log_name import LogName
from streams.restore_copy import Copy
from streams.restore_room import make_room, nobody_works
from streams.restore_topics import create_copies, delete_copied, ensure_views, finish_copies
from streams.restore_writer import Writer
from streams.topics import parse_app_id, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings


SPARE_FILES = 256  # connections, the interpreter's own


@dataclass(frozen=True)
class Restored:
    """What a restore wrote. `left_out`: misplaced records of facts that one partition has no place for."""

    log: str
    copied_from: str
    partitions: int
    records: int
    cuts: int
    generation: int
    left_out: int


async def restore(settings: Settings, folder: Path, told: Told) -> Restored:
    """Check a backup, and restore it. Raises StreamsError, KafkaError."""
    return await restore_checked(settings, folder, check(folder, told), told)


async def restore_checked(
    settings: Settings, folder: Path, checked: tuple[Manifest, str], told: Told
) -> Restored:
    """Restore a backup that `check` has found whole. Raises as `restore`."""
    await make_room(settings)
    return await write(settings, folder, *checked, told)


def check(folder: Path, told: Told) -> tuple[Manifest, str]:
    """Check every file of a backup; give its manifest and what names it. Raises BackupError."""
    told.phase("checking the files")
    told.total(backup_folder.size(folder))
    digest = backup_folder.verify(folder, told.more)
    return backup_folder.read(folder), digest


async def write(settings: Settings, folder: Path, manifest: Manifest, digest: str, told: Told) -> Restored:
    """Write a log in place of what the topics hold, which is deleted. Raises as `restore`."""
    await nobody_works(settings, told)
    copy_of = LogName(
        id=str(ULID()),
        copied_from=manifest.log,
        backup=digest,
        partitions=settings.partitions,
        unfinished=True,
    )
    await ensure_views(settings)
    await log_name.write(settings, copy_of)
    await delete_copied(settings)
    await create_copies(settings)
    _allow_files(len(manifest.files))
    told.phase("writing the log")
    told.total(manifest.records)
    async with Writer(settings) as writer:
        copy = Copy(settings, folder, manifest, writer, told.more)
        await copy.run()
    told.phase("finishing")
    await _commit(settings, copy, writer)
    generation = await _begin_views(settings, manifest)
    await finish_copies(settings)
    await log_name.write(settings, copy_of.model_copy(update={"unfinished": False}))
    return Restored(
        log=copy_of.id,
        copied_from=manifest.log,
        partitions=settings.partitions,
        records=manifest.records,
        cuts=copy.cuts,
        generation=generation,
        left_out=copy.left_out,
    )


def _allow_files(wanted: int) -> None:
    """Allow this process to have all files of a backup open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + SPARE_FILES:
        raised = wanted + SPARE_FILES if hard == resource.RLIM_INFINITY else min(wanted + SPARE_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, raised), hard))


async def _commit(settings: Settings, copy: Copy, writer: Writer) -> None:
    """Have the parse workers go on where they were: nothing is parsed or published again without need."""
    async with reading(settings, group_id=parse_app_id(settings)) as consumer:
        offsets = {
            TopicPartition(topic_name(settings, topic), p): copy.committed.get(topic, {}).get(
                str(p), writer.next_offset(topic, p)
            )
            for topic in ("documents", "parses")
            for p in range(settings.partitions)
        }
        consumer.assign(list(offsets))
        await consumer.commit(offsets)


async def _begin_views(settings: Settings, manifest: Manifest) -> int:
    """Name the generation that is built from the copy; none before it, here or there, had its number."""
    there = await generations.read(settings)
    number = max(manifest.next_generation, there.next_number() if there else 1)
    views = there or Views(live=number, generations={})
    for old in views.generations:
        views = views.with_state(old, State.DROPPED, "the log was restored")
    views = views.with_new(number, ENTRIES_VERSION).with_state(number, State.LIVE)
    await generations.write(settings, views.model_copy(update={"live": number}))
    return number
