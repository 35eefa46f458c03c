"""The worker processes of one machine: the parse worker, and a views worker for each generation.

Which generations there are is read from the `views` topic, for as long as the group runs: a replay makes
a worker for its new generation appear, and dropping one makes its worker go, and then what it leaves.
Code posts only to generations of its own version of the entries; others stay as they are.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams import generations
from streams.endless import run_for_ever
from streams.entries import ENTRIES_VERSION
from streams.generations import State, Views
from streams.leavings import GRACE_SECONDS, Leavings
from streams.topics import ensure_changelog, ensure_topics

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.supervisor import Supervisor

LOOK_SECONDS = 1.0


class WorkerGroup:
    """Keeps a supervisor's worker children equal to what the `views` topic names."""

    def __init__(
        self, settings: Settings, supervisor: Supervisor, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._views = Views(live=0, generations={})
        self._told: set[int] = set()
        self._leavings = Leavings(settings, grace_seconds)

    def start(self) -> None:
        """Create the topics, start the children, and begin to watch. Raises StreamsError, KafkaError."""
        asyncio.run(self._prepare())
        self._supervisor.add("parse", "streams.worker", "parse")
        self.adjust()
        run_for_ever("watching the views", self._watch)
        run_for_ever("deleting what was dropped", self._tidy)

    def adjust(self) -> None:
        """Start and stop views workers as wanted; called at every look of the supervisor."""
        views = self._views
        wanted = {f"views-g{number}": number for number in ours(views)}
        running = {name for name in self._supervisor.names() if name.startswith("views-g")}
        for name in running - wanted.keys():
            self._supervisor.remove(name)
        for name in sorted(wanted.keys() - running):
            self._supervisor.add(name, "streams.worker", "views", "--generation", str(wanted[name]))
        for number in set(views.followed()) - set(ours(views)) - self._told:
            self._told.add(number)
            self._supervisor.say(why_not(views, number))

    async def _prepare(self) -> None:
        await ensure_topics(self._settings)
        self._views = await generations.read_or_create(self._settings, ENTRIES_VERSION)
        for number in ours(self._views):
            await ensure_changelog(self._settings, number)

    async def _watch(self) -> None:
        async for views in generations.follow(self._settings):
            if views is not None:
                self._views = views

    async def _tidy(self) -> None:
        while True:
            await self._leavings.look(self._views.dropped())
            await asyncio.sleep(LOOK_SECONDS)


def ours(views: Views) -> list[int]:
    """List the followed generations that code of this version posts to."""
    return [n for n in views.followed() if views.generations[n].entries_version == ENTRIES_VERSION]


def why_not(views: Views, number: int) -> str:
    """Tell in one line why a followed generation gets no worker here, and what to do."""
    version = views.generations[number].entries_version
    next_ = [
        n
        for n, g in views.generations.items()
        if g.entries_version == ENTRIES_VERSION and g.state in (State.BUILDING, State.FOLLOWING, State.LIVE)
    ]
    if next_:
        then = f"generation {max(next_)} of this version is there or being built"
    elif version > ENTRIES_VERSION:
        then = "update this khabar"
    else:
        then = "`khabar replay` builds the next one, unless `khabar serve` is about to"
    return (
        f"generation {number} has entries of version {version}, this khabar posts version {ENTRIES_VERSION}: "
        f"it gets no worker here, and what is served of it stands still; {then}"
    )
