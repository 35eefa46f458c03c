"""Progress rows: how far each partition is posted, told in the changelog behind the entries that it covers.

A row holds, for one partition number, the next offset of every facts topic. It is sent at most
DELAY_SECONDS after the first posting that it covers. It is whole, never a difference: a compacted
changelog keeps only the last one, whoever wrote it. So what this worker did not post itself is filled in
from the group's committed offsets, behind which everything is posted.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

import faust
from faust.transport.consumer import Consumer
from faust.types import TP, TableT

from streams import progress
from streams.topics import fact_topics, topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

DELAY_SECONDS = 0.005
TICK_SECONDS = 1.0
# A worker that was thought dead and wakes up can leave an older row behind the newest one.
REPEAT_SECONDS = 60.0


class ProgressRows:
    """Collects what was posted and sends the rows; one timer is pending at most."""

    def __init__(self, settings: Settings, app: faust.App, table: TableT[bytes, bytes]) -> None:
        self._app = app
        self._table = table
        self._topics = {topic_name(settings, topic): topic for topic in fact_topics()}
        self._posted: dict[int, dict[str, int]] = {}  # partition → topic in Kafka → next offset
        self._due: set[int] = set()
        self._pending: asyncio.TimerHandle | None = None
        self._sent: dict[int, tuple[bytes, float]] = {}  # partition → the last row, and when

    def posted(self, topic: str, partition: int, next_offset: int) -> None:
        """Take note that everything below `next_offset` is in the changelog's queue."""
        self._posted.setdefault(partition, {})[topic] = next_offset
        self._due.add(partition)
        if self._pending is None:
            self._pending = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._send_due)

    def start_with(self, app: faust.App) -> None:
        """Tick along with the app."""
        app.task(self._tick)

    def _send_due(self) -> None:
        self._pending = None
        due, self._due = self._due, set()
        for partition in due:
            self._send(partition)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for partition in {tp.partition for tp in self._app.consumer.assignment()}:
                self._send(partition, unless_sent_since=time.monotonic() - REPEAT_SECONDS)

    def _send(self, partition: int, unless_sent_since: float | None = None) -> None:
        row = progress.encode(self._places(partition), partition)
        last, at = self._sent.get(partition, (b"", 0.0))
        if row == last and unless_sent_since is not None and at > unless_sent_since:
            return
        self._sent[partition] = row, time.monotonic()
        self._table.send_changelog(partition, progress.key(partition), row)

    def _places(self, partition: int) -> dict[str, int]:
        posted = self._posted.get(partition, {})
        committed = cast(Consumer, self._app.consumer)._committed_offset
        places = {
            name: max(posted.get(topic, 0), committed.get(TP(topic, partition)) or 0)
            for topic, name in self._topics.items()
        }
        return {name: offset for name, offset in places.items() if offset > 0}
