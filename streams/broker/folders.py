"""The directories that the broker writes to, and one clear line if it may not."""

from __future__ import annotations

import os
from pathlib import Path

from streams.errors import FolderNotWritable


def make_writable(folder: Path, setting: str) -> None:
    """Make a directory and its parents; raise FolderNotWritable, which names the setting to change."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "permission denied"
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
    if reason:
        message = f"cannot write to {folder} ({reason}): set {setting} to a directory of yours"
        raise FolderNotWritable(message)
