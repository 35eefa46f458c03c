"""How far a replay is, in a small file beside the reader's: who runs it writes, the metrics tell it on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from api.reader_status import now_ms

if TYPE_CHECKING:
    from api.rebuild import Progress

NAME = "replay.json"
WRITE_SECONDS = 0.5
PHASES = {
    "reading the log": "reading",
    "catching up": "catching_up",
    "switching": "switching",
}
"""What a replay says that it does → the few words that metrics use; all else is `building`."""


@dataclass
class RebuildStatus:
    """`pid` is that of the process that runs it; 0 once it has ended."""

    pid: int = 0
    started_ms: int = 0
    phase: str = ""
    total: int = 0
    """Records of the log that are to be read."""
    read: int = 0

    @property
    def running(self) -> bool:
        """Say whether it runs: one that was killed has left its file."""
        if not self.pid:
            return False
        try:
            os.kill(self.pid, 0)
        except PermissionError:
            return True
        except ProcessLookupError:
            return False
        return True


def path_of(data: Path) -> Path:
    """Where the status of a replay is."""
    return data / "reader" / NAME


def read(data: Path) -> RebuildStatus:
    """Read the status of the last replay; an empty one if there was none."""
    try:
        return RebuildStatus(**orjson.loads(path_of(data).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return RebuildStatus()


@contextmanager
def recorded(data: Path, shown: Progress) -> Iterator[Progress]:
    """Give a progress that tells the other one, and keeps the file for as long as the block runs."""
    status = RebuildStatus(os.getpid(), now_ms(), "reading")
    written = 0.0

    def write(*, now: bool = False) -> None:
        nonlocal written
        if now or time.monotonic() - written > WRITE_SECONDS:
            written = time.monotonic()
            with suppress(OSError):  # a full disk ends a replay by itself, and not because of this
                _write(data, status)

    def total(records: int) -> None:
        status.total = records
        shown.total(records)
        write(now=True)

    def advanced(records: int) -> None:
        status.read += records
        shown.read(records)
        write()

    def phase(name: str) -> None:
        status.phase = PHASES.get(name, "building")
        shown.phase(name)
        write(now=True)

    try:
        yield replace(shown, total=total, read=advanced, phase=phase)
    finally:
        if written:  # else it did not begin: the file is that of another, which runs
            status.pid = 0
            write(now=True)


def _write(data: Path, status: RebuildStatus) -> None:
    path = path_of(data)
    if path.parent.exists():  # it is made by the reader, and a replay needs one
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(orjson.dumps(asdict(status)))
        beside.replace(path)
