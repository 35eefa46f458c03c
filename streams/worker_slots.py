"""One directory and one fixed member name per worker process, however many run on a data directory.

A worker locks the lowest free slot for its life. The name of the slot is its static member id in Kafka, so
that a restarted worker is known at once instead of after the session time-out, and its local stores are
those of its predecessor. The kernel frees the lock however the process ends.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from streams.errors import StreamsError
from streams.locks import try_lock

SLOTS_MAX = 256


class NoFreeSlot(StreamsError):
    """When SLOTS_MAX workers of one kind already run on the data directory."""


def views(generation: int) -> str:
    """Name the directory of the slots of a generation's workers."""
    return f"khabar-views-g{generation}"


class Slot:
    """A locked directory `<data>/worker/<app>/slot-<k>`; `member` is the static member id."""

    def __init__(self, path: Path, member: str, lock: int) -> None:
        self.path = path
        self.member = member
        self._lock = lock

    def release(self) -> None:
        """Let another process have the slot."""
        os.close(self._lock)

    def belongs_to(self, log: str) -> bool:
        """Empty the slot if it was filled from another log, whose offsets mean nothing here.

        Returns whether what it holds may be used.
        """
        mark = self.path / "cluster-id"
        if mark.exists() and mark.read_text("ascii") == log:
            return True
        for inside in self.path.iterdir():
            if inside.is_dir():
                shutil.rmtree(inside)
            elif inside.name != "lock":
                inside.unlink()
        mark.write_text(log, "ascii")
        return False


def _identity(folder: Path) -> str:
    """Name a data directory: two of them on one Kafka must not give their workers one member id."""
    mark = folder / "id"
    if not mark.exists():
        draft = folder / f"id.{os.getpid()}"
        draft.write_text(secrets.token_hex(4), "ascii")
        with suppress(FileExistsError):
            os.link(draft, mark)  # whoever comes first names it
        draft.unlink()
    return mark.read_text("ascii")


def claim(data: Path, app: str) -> Slot:
    """Lock the lowest free slot of this app. Raises NoFreeSlot."""
    for number in range(SLOTS_MAX):
        path = data / "worker" / app / f"slot-{number}"
        if (lock := try_lock(path / "lock")) is not None:
            return Slot(path, f"{app}-{_identity(data / 'worker')}-{number}", lock)
    message = f"{SLOTS_MAX} workers of {app} already run on {data}: give this one a KHABAR_DATA of its own"
    raise NoFreeSlot(message)


def delete(data: Path, app: str) -> bool:
    """Delete the slots of an app whose workers have ended; tell whether none is left. Raises OSError.

    Others may do the same at once.
    """
    folder = data / "worker" / app
    for slot in folder.glob("slot-*"):
        if (lock := try_lock(slot / "lock")) is None:
            continue  # its worker still runs
        with suppress(FileNotFoundError):
            shutil.rmtree(slot)
        os.close(lock)
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()
