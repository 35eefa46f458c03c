"""Keeps the embedded Kafka running: one that ended is started again, with a pause that grows, within a bound.

Kafka ends by itself when it cannot write its log, and again at each start while the disk is full. So that
is waited for, however long it takes; otherwise it is tried FAILURES_MAX times in a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from streams import room
from streams.broker.child import EmbeddedBroker
from streams.errors import BrokerError

FAILURES_MAX = 5
PAUSE_SECONDS_MAX = 15.0
STEADY_SECONDS = 60.0
"""One that ran longer than this before it ended was no part of a row of failures."""

ROOM_SECONDS = 1.0  # between two looks at a full disk


class Keeper:
    """Looks after a broker that has been started once. Call `look` again and again from one thread."""

    def __init__(self, broker: EmbeddedBroker, data: Path, say: Callable[[str], None]) -> None:
        self._broker = broker
        self._data = data
        self._say = say
        self._failures = 0
        self._down = False  # it ended, and that was told
        self._lacks_room = False
        self._next = 0.0
        self._started = time.monotonic()

    def look(self) -> None:
        """Start the broker again if it is down and its time has come. Raises BrokerError, OSError."""
        if self._broker.is_alive() or time.monotonic() < self._next:
            return
        if not self._down:
            self._down = True
            if time.monotonic() - self._started > STEADY_SECONDS:
                self._failures = 0
        if lack := room.lack(self._data):
            self._next = time.monotonic() + ROOM_SECONDS
            if not self._lacks_room:
                self._lacks_room = True
                self._say(f"Kafka ended, and is started again when there is room: {lack}")
            return
        self._say(
            "there is room: Kafka is started again"
            if self._lacks_room
            else "Kafka ended and is started again"
        )
        self._lacks_room = False
        self._start()

    def _start(self) -> None:
        """Start it; a failure is told, and the next time is set."""
        self._failures += 1
        pause = min(PAUSE_SECONDS_MAX, 2.0 ** (self._failures - 1))
        try:
            self._broker.start()
        except (BrokerError, OSError) as error:
            if not room.lack(self._data):
                if self._failures > FAILURES_MAX:
                    raise
                self._say(f"Kafka could not be started, the next try is in {pause:.0f} s: {error}")
        else:
            self._down, self._started = False, time.monotonic()
        self._next = time.monotonic() + pause
