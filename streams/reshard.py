"""Reshard a log: give it another number of partitions, by a backup and a restore in the same Kafka.

Kafka cannot take partitions away, and a key's partition depends on their number, so every record is copied.
There is one log at any time: until the backup is complete and checked the old one, from then on the backup,
at last the new one. Run again after an interruption, it goes on from there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams import restore
from streams.backup import Told, backup, ends
from streams.backup_files import BackupError, Manifest
from streams.backup_folder import SUMS
from streams.cluster import log_id
from streams.restore import Restored
from streams.restore_room import nobody_works, unfinished
from streams.restore_topics import partitions_there

if TYPE_CHECKING:
    from streams.settings import Settings


async def reshard(settings: Settings, partitions: int, folder: Path, told: Told) -> Restored:
    """Give the log of these settings another number of partitions; `folder` keeps it meanwhile.

    Raises BackupError, StillRunning, and as `backup` and `restore` do.
    """
    new = settings.model_copy(update={"partitions": partitions})
    interrupted = await unfinished(settings)
    if interrupted is not None:
        manifest, digest = restore.check(folder, told)
        if digest != interrupted.backup:
            message = f"the log is an unfinished copy of another backup than {folder}: name that one"
            raise BackupError(message)
        return await restore.write(new, folder, manifest, digest, told)
    there = await partitions_there(settings)
    if there == partitions:
        message = f"the log has {partitions} partitions already"
        raise BackupError(message)
    old = settings.model_copy(update={"partitions": there})
    await nobody_works(old, told)
    if not (folder / SUMS).exists():
        await backup(old, folder, told)
    manifest, digest = restore.check(folder, told)
    await _is_all(old, folder, manifest)
    return await restore.write(new, folder, manifest, digest, told)


async def _is_all(settings: Settings, folder: Path, manifest: Manifest) -> None:
    """Make sure that a backup holds all that the log holds by now. Raises BackupError."""
    held = {(file.topic, file.partition): file.next for file in manifest.files}
    there = {(t, p): end for t, each in (await ends(settings)).items() for p, end in each.items()}
    if manifest.log != await log_id(settings) or held != there:
        message = (
            f"{folder} is not a backup of all that the log holds now: take another folder, and let no khabar "
            "run on this Kafka meanwhile"
        )
        raise BackupError(message)
