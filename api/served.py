"""How far the generations are served, as the reader's files say; and waiting for one to come as far."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from api.errors import NotReady, ReadModelMissing
from api.read_model import store
from streams.digest import Digest
from streams.replay import size
from streams.vectors import Vector, dominates

if TYPE_CHECKING:
    from pathlib import Path

SWITCH_SECONDS_MAX = 300.0
STILL_SECONDS_MAX = 300.0
POLL_SECONDS = 0.1
BEHIND_SECONDS = 2.0
"""A generation is as far as another if it shows what that one showed so long ago."""


class Shown(NamedTuple):
    """Up to where a generation is served, and both sides of its proof there, by partition."""

    vector: Vector
    posted: dict[int, Digest]
    of_log: dict[int, Digest]


def shown(data: Path, generation: int) -> Shown:
    """Read, at one moment, up to where a generation is served and the digests there."""
    with closing(store.open_reader(store.views_path(data, generation))) as file:
        file.execute("BEGIN")
        sums = file.execute("SELECT partition, posted, log FROM digests").fetchall()
        posted = {p: Digest(one) for p, one, _ in sums}
        return Shown(_exposed(file), posted, {p: Digest(log) for p, _, log in sums})


def shown_yet(data: Path, generation: int) -> tuple[Vector, int]:
    """Read up to where a generation is served, and how many rows of its changelog were read for that.

    Nowhere and none while its file is being made.
    """
    try:
        with closing(store.open_reader(store.views_path(data, generation))) as file:
            file.execute("BEGIN")
            rows: int = file.execute("SELECT coalesce(sum(next), 0) FROM offsets").fetchone()[0]
            return _exposed(file), rows
    except ReadModelMissing:
        return {}, 0


def _exposed(file: sqlite3.Connection) -> Vector:
    vector: Vector = {}
    for topic, partition, offset in file.execute("SELECT topic, partition, exposed FROM vector"):
        if offset:
            vector.setdefault(topic, {})[str(partition)] = offset
    return vector


async def until_as_far(data: Path, number: int, live: int) -> None:
    """Wait until the new generation shows all that the live one showed BEHIND_SECONDS ago.

    However long that takes, as long as it moves. Raises NotReady after STILL_SECONDS_MAX without.
    """
    seen, moved = -1, time.monotonic()
    goals: deque[tuple[float, Vector]] = deque()
    while time.monotonic() - moved < STILL_SECONDS_MAX:
        now = time.monotonic()
        if not goals or now - goals[-1][0] >= POLL_SECONDS:
            goals.append((now, shown(data, live).vector))
        while len(goals) > 1 and goals[1][0] <= now - BEHIND_SECONDS:
            goals.popleft()  # of those that are old enough the newest stays
        as_far, read = shown_yet(data, number)
        is_old_enough = goals[0][0] <= now - BEHIND_SECONDS
        if dominates(as_far, goals[0 if is_old_enough else -1][1]):  # until one is, what it shows now
            return
        if size(as_far) + read > seen:
            seen, moved = size(as_far) + read, now
        await asyncio.sleep(POLL_SECONDS)
    message = f"generation {number} does not catch up: is `khabar worker` running? The live one still serves"
    raise NotReady(message)


async def until_served(data: Path, number: int) -> None:
    """Wait until the reader has switched to a generation. Raises NotReady."""
    deadline = time.monotonic() + SWITCH_SECONDS_MAX
    while time.monotonic() < deadline:
        with closing(store.open_reader(store.events_path(data))) as file:
            if store.get_meta(file, "live") == str(number):
                return
        await asyncio.sleep(POLL_SECONDS)
    message = f"the reader did not switch to generation {number}: is `khabar serve` running?"
    raise NotReady(message)
