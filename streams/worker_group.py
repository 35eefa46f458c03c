"""The worker processes of one machine: the parse worker, and a views worker for each generation.

Which generations there are is read from the `views` topic, for as long as the group runs: a replay makes
a worker for its new generation appear, and dropping one makes its worker go.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from streams import generations
from streams.entries import ENTRIES_VERSION
from streams.topics import ensure_changelog, ensure_topics

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.supervisor import Supervisor

RETRY_SECONDS = 1.0


class WorkerGroup:
    """Keeps a supervisor's worker children equal to what the `views` topic names."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._wanted: set[int] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def start(self) -> None:
        """Create the topics, start the children, and begin to watch. Raises StreamsError, KafkaError."""
        asyncio.run(self._prepare())
        self._supervisor.add("parse", "streams.worker", "parse")
        self.adjust()
        self._thread.start()

    def adjust(self) -> None:
        """Start and stop views workers as wanted; called at every look of the supervisor."""
        wanted = {f"views-g{number}": number for number in self._wanted}
        running = {name for name in self._supervisor.names() if name.startswith("views-g")}
        for name in running - wanted.keys():
            self._supervisor.remove(name)
        for name in sorted(wanted.keys() - running):
            self._supervisor.add(name, "streams.worker", "views", "--generation", str(wanted[name]))

    async def _prepare(self) -> None:
        await ensure_topics(self._settings)
        views = await generations.read_or_create(self._settings, ENTRIES_VERSION)
        for number in views.followed():
            await ensure_changelog(self._settings, number)
        self._wanted = set(views.followed())

    async def _watch(self) -> None:
        while True:
            try:
                async for views in generations.follow(self._settings):
                    if views is not None:
                        self._wanted = set(views.followed())
            except (KafkaError, generations.ViewsUnreadable, OSError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)  # a broker that is down comes back; the workers go on
