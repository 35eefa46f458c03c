"""A small file system that can be filled to its last byte.

It is mounted as it is where that is allowed, else in a namespace of its own (`unshare -rm`).
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DISK_MIB = 256
MOUNT = ("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs")
UNSHARE = ("unshare", "-rm")
WHY_NOT = "neither mount nor unshare -rm is allowed"


def may_mount(*within: str) -> bool:
    """Say whether this process (or one that is started by `within`) may mount a file system."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run([*within, *MOUNT, folder], capture_output=True, check=False)
        except OSError:
            return False
        if done.returncode == 0 and not within:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


def within() -> tuple[str, ...] | None:
    """Give the words by which a command is started so that it may mount; none where nothing helps."""
    return next((words for words in ((), UNSHARE) if may_mount(*words)), None)


class Disk:
    """A small file system that can be filled to its last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room that there is now."""
        with self._ballast.open("ab", buffering=0) as file:
            for step in (1 << 16, 512):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * step) == step:
                        pass

    def free(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([*MOUNT, str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
