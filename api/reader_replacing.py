"""Building the next generation when the served one is not to be relied on: level-triggered.

As long as the need lasts and no replay runs or was started lately, one is started: a replay that failed, or
a reader that was down at the wrong moment, leaves nothing undone.
"""

from __future__ import annotations

import logging
import os
import random
from typing import TYPE_CHECKING

from api.reader_status import now_ms
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.locks import try_lock
from streams.replay import FAR_RECORDS

if TYPE_CHECKING:
    from api.replays import Replays
    from streams.settings import Settings

REBUILD_MS_MIN = 3_600_000
"""How long to wait before a replay is tried again: what it did not mend, the next will hardly."""
SPREAD_MS_MAX = 3_000
"""Readers of several machines see the need at the same moment: the first to act is seen by the others."""

log = logging.getLogger(__name__)


def need(views: Views, behind: int) -> str:
    """Say why the live generation has to be replaced; empty if it has not.

    `behind`: so many records of the log were read and are not posted to it.
    """
    live = views.generations[views.live]
    if live.entries_version != ENTRIES_VERSION:
        return f"it was posted by rules {live.entries_version}, this version's are {ENTRIES_VERSION}"
    if live.state is State.UNPROVEN:
        return "it is unproven"
    return "its worker is far behind the log" if behind > FAR_RECORDS else ""


def tried_ms(views: Views) -> int:
    """Say when a replay last began that the need would have been seen by; 0: never.

    The first generation comes from no replay. What an older version built says nothing about this one; if
    the live one is of a newer version, the machines are perhaps being updated just now, this one last.
    """
    newer = views.generations[views.live].entries_version > ENTRIES_VERSION
    return max(
        (
            generation.created_ms
            for number, generation in views.generations.items()
            if number > 1 and (newer or generation.entries_version == ENTRIES_VERSION)
        ),
        default=0,
    )


class Replacing:
    """Starts replays for one reader; without `replays` it only tells."""

    def __init__(self, settings: Settings, replays: Replays | None) -> None:
        self._settings = settings
        self._replays = replays
        self._told = ""
        self._not_before_ms = 0

    def look(self, views: Views | None, behind: int) -> None:
        """Start a replay if the live generation needs one now."""
        why = need(views, behind) if views else ""
        if views is None or not why:
            self._told = ""
            return
        said = f"generation {views.live} is to be replaced: {why}"
        if said != self._told:
            log.warning("%s", said)
            self._told = said
            self._not_before_ms = now_ms() + random.randrange(SPREAD_MS_MAX)  # noqa: S311  # no secret
        if self._replays is None or now_ms() < self._not_before_ms:
            return
        if self._runs_or_ran(views, self._replays):
            return
        self._replays.start()
        log.warning("the generation that replaces %d is being built", views.live)

    def _runs_or_ran(self, views: Views, replays: Replays) -> bool:
        """Say whether a replay runs on this machine, or was started lately by anybody."""
        mine = (replay.started_ms for replay in replays.list())
        if now_ms() - max(tried_ms(views), *mine, 0) < REBUILD_MS_MIN:
            return True
        lock = try_lock(self._settings.data / "reader" / "replay.lock")
        if lock is None:
            return True
        os.close(lock)
        return False
