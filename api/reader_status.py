"""How the reader is doing, in a small file beside its database: the API tells it on, without asking Kafka."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

NAME = "status.json"

log = logging.getLogger(__name__)


@dataclass
class Status:
    """What the reader knows of itself. Times are milliseconds since 1970; 0 is never.

    `phase`: `waiting` for Kafka, `loading` what there was at its start, then `following`; `stopped` where
    it ended by itself, for a person to put right what `reason` says.
    """

    pid: int = 0
    phase: str = "waiting"
    reason: str = ""
    """Why nothing is read now; empty while all is well."""
    written_ms: int = 0
    contact_ms: int = 0
    """When Kafka last answered."""
    current_ms: int = 0
    """When the files last held all that the log held."""
    moved_ms: int = 0
    """When the reader last applied anything, or had nothing to apply."""
    reached: bool = False
    """Whether this reader has held all of the log once."""
    behind: int = 0
    """Records of the log that are not read yet."""
    events: int = 0
    duplicates: int = 0
    skipped: int = 0
    alarms: dict[str, int] = field(default_factory=dict)
    """Differences found since the start, by kind."""
    generations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Number of the generation → state, records behind, and what the reader says of it (api.reader_told)."""
    topics: dict[str, dict[str, int]] = field(default_factory=dict)
    """Topic without prefix → `end` of the log and how far it is `read`: offsets, summed over partitions."""
    unanswered: int = 0
    """Documents that were read and have no answer of a parse worker yet."""
    letters: dict[str, int] = field(default_factory=dict)
    """Dead letters by kind, all that the topic holds."""
    latency: dict[str, Any] = field(default_factory=dict)
    """Seconds from a document's record until its events are served (api.distribution)."""
    batches: dict[str, Any] = field(default_factory=dict)
    """Seconds that a batch took to be written (api.distribution)."""


def path_of(data: Path) -> Path:
    """Where the status file of a data directory is."""
    return data / "reader" / NAME


def write(data: Path, status: Status) -> None:
    """Put the status in place in one step."""
    status.written_ms = now_ms()
    path = path_of(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(orjson.dumps(asdict(status)))
    beside.replace(path)


def tell(data: Path, status: Status) -> None:
    """Write the status; where that cannot be (a full disk), say so and go on."""
    try:
        write(data, status)
    except OSError as error:
        log.error("the status cannot be written: %r", error)


def read(data: Path) -> Status:
    """Read the status; that of a reader which never ran if there is none."""
    try:
        return Status(**orjson.loads(path_of(data).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return Status()


def shown(status: Status) -> str:
    """Say in one line why the reader is down; empty while it is not."""
    return f"the reader has stopped: {status.reason}" if status.phase == "stopped" else ""


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)
