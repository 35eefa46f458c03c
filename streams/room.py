"""Whether there is room left on the disks that hold KHABAR_DATA.

A process that finds no room ends, or waits; started again at once it would meet the same, and Kafka would
have to mend its log each time. So whoever starts processes asks here, and so does what tells how khabar is.
"""

from __future__ import annotations

import os
from pathlib import Path

FULL_BYTES = 32 << 20
"""Less than this is no room: what RocksDB, SQLite or Kafka write in one go, with a margin."""

PARTS = ("", "kafka", "reader", "worker")
"""Folders of KHABAR_DATA that somebody may have put on a disk of their own."""


def left(folder: Path) -> int | None:
    """Bytes that may still be written where a folder is; none if it is not there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def lack(data: Path) -> str:
    """Say in one line which disk of a data directory is full; empty while none is."""
    for part in PARTS:
        folder = data / part
        room = left(folder)
        if room is not None and room < FULL_BYTES:
            there = f"{room / (1 << 20):.1f} MiB are left at {folder}"
            return f"the disk is full: {there}, khabar needs {FULL_BYTES >> 20}"
    return ""
