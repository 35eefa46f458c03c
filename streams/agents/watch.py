"""Ends a worker that lives but does not move: its supervisor starts it again.

Consumers are known to stop after broker trouble or a rebalance, and recoveries to hang. What counts is
not that the process is up, but that what is there to do gets done.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, cast

import faust
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.transport.consumer import Consumer

from streams.consumers import reading
from streams.transport import end_process

if TYPE_CHECKING:
    from streams.settings import Settings

LOOK_SECONDS = 10.0
STUCK_SECONDS_MAX = 60.0
REBALANCES_MAX = 3
"""A rebalance lasts no longer than the group waits for a member; one may follow another."""

log = logging.getLogger(__name__)


class Watch:
    """Looks at the rebalance, the recovery, or else the committed offsets, every LOOK_SECONDS."""

    def __init__(self, settings: Settings, app: faust.App) -> None:
        self._settings = settings
        self._app = app
        self._moved: dict[Any, tuple[int, float]] = {}  # what → its last value, and since when

    async def run(self) -> None:
        """Look from before the app starts (recoveries hang before it is ready) until the process ends."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                stuck = self.recovery_stuck() or await self.rebalance_stuck() or await self.consumer_stuck()
            except (KafkaError, TimeoutError, faust.exceptions.FaustError):
                self._moved.clear()  # Kafka is away: nothing is there to do
                continue
            except asyncio.CancelledError:
                # One that is meant for this task ends it; aiokafka lets its own tasks' out, too.
                if cast("asyncio.Task[None]", asyncio.current_task()).cancelling():
                    raise
                log.warning("a look at the worker was cut short, and is taken again")
                continue
            except Exception:
                log.exception("a look at the worker failed, and is taken again")
                continue
            if stuck:
                end_process(stuck)

    def recovery_stuck(self) -> str | None:
        """Tell of a recovery whose remaining offsets do not fall."""
        recovery = cast(TableManager, self._app.tables).recovery
        if not self._app.in_recovery:
            self._moved.pop("recovery", None)
            return None
        left = sum(
            max(0, highwater - (recovery.active_offsets.get(tp) or 0))
            for tp, highwater in recovery.active_highwaters.items()
            if highwater is not None
        )
        return f"the recovery stands still, {left} rows left" if self._still("recovery", left) else None

    async def rebalance_stuck(self) -> str | None:
        """Tell of a rebalance that does not end.

        A recovery is a part of it, but there the rows count.
        """
        if not self._app.rebalancing or self._app.in_recovery:
            self._moved.pop("rebalance", None)
            return None
        bound = STUCK_SECONDS_MAX + REBALANCES_MAX * self._app.conf.broker_rebalance_timeout
        if not self._still("rebalance", 0, bound):
            return None
        async with asyncio.timeout(LOOK_SECONDS), reading(self._settings):
            pass  # without Kafka no rebalance ends: then this raises
        return f"a rebalance did not end within {bound:.0f} s"

    async def consumer_stuck(self) -> str | None:
        """Tell of a partition with records to take and a committed offset that does not move."""
        if self._app.rebalancing or self._app.in_recovery:
            return None
        consumer = cast(Consumer, self._app.consumer)
        mine = [tp for tp in consumer.assignment() if tp.topic not in self._app.tables.changelog_topics]
        # Asked on a connection of our own: the consumer's thread may be what is stuck.
        async with asyncio.timeout(LOOK_SECONDS), reading(self._settings) as asking:
            ends = await asking.end_offsets(mine) if mine else {}
        for tp, end in ends.items():
            committed = consumer._committed_offset.get(tp) or 0
            if end <= committed:
                self._moved.pop(tp, None)
            elif self._still(tp, committed):
                return f"{tp.topic}/{tp.partition} stands still at {committed}, the log ends at {end}"
        return None

    def _still(self, what: Any, value: int, seconds_max: float = STUCK_SECONDS_MAX) -> bool:
        last, since = self._moved.get(what, (None, 0.0))
        if last != value:
            self._moved[what] = value, time.monotonic()
            return False
        return time.monotonic() - since > seconds_max
