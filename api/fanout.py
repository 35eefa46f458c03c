"""New events, read once for all streams that have come to the end, and handed on as shared bytes.

A stream that has come to the end joins the group of its filter. From then on each event is read, matched and
written as a message once a filter, and a stream keeps only its place. A group remembers its last messages;
a stream that takes them too slowly for that goes on by itself from its place, and joins again at the end.

Streams are told at most about half of the time: when telling all of them takes long, more events are told
at once, rather than that events pile up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import history
from api.errors import ApiError
from api.read_model import store
from api.read_model.matching import Asked
from api.read_model.position_queries import map_of
from streams.filters import EventFilter

if TYPE_CHECKING:
    from api.history import Walk
    from api.read_model.reading import Snapshot
    from api.service import Service

EVERYTHING = EventFilter()
GROUP_BYTES_MAX = 256 << 10
"""Messages that a group remembers; a stream that is farther behind reads for itself."""
LOOK_SECONDS = 1.0
"""Whether there still are streams is looked at so often, when nothing happens."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Portion:
    """Messages of a group, and the walk behind them; `number` counts portions of all groups."""

    number: int
    messages: bytes
    behind: Walk


class Group:
    """Streams with one filter. `news` is set, and replaced, when there is a portion for them."""

    def __init__(self) -> None:
        self.streams = 0
        self.news = asyncio.Event()
        self.lost = 0
        """The last portion that is no longer remembered."""
        self._portions: deque[Portion] = deque()
        self._bytes = 0

    def add(self, portion: Portion) -> None:
        """Remember a portion, and wake the streams."""
        self._portions.append(portion)
        self._bytes += len(portion.messages)
        while self._bytes > GROUP_BYTES_MAX:
            old = self._portions.popleft()
            self._bytes -= len(old.messages)
            self.lost = old.number
        self.news.set()
        self.news = asyncio.Event()

    def let_go(self) -> None:
        """Have the streams read for themselves."""
        self._portions.clear()
        self.lost = sys.maxsize
        self.news.set()

    def after(self, number: int) -> list[Portion]:
        """Give the portions behind one."""
        return [portion for portion in self._portions if portion.number > number]


class Fanout:
    """One per process. It reads for as long as there are streams."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._groups: dict[EventFilter, Group] = {}
        self._walk: Walk | None = None
        self._reading: asyncio.Task[None] | None = None
        self.number = 0
        self.settled = 0
        """The last cut whose line versions are all there."""
        self.settling = asyncio.Event()
        """Set, and replaced, when `settled` moved."""

    @property
    def end(self) -> Walk:
        """Where the walk for all stands: it is replaced, never changed."""
        assert self._walk is not None  # noqa: S101  # whoever joined has made it
        return self._walk

    def join(self, at: Snapshot, walk: Walk, wanted: EventFilter) -> Group | None:
        """Join the group of a filter, with a walk at the end of a snapshot; none if it is elsewhere."""
        self.go_on(at)
        if not walk.is_at(self.end):
            return None  # its token is of a replica that has read more than this one
        group = self._groups.setdefault(wanted, Group())
        group.streams += 1
        self.follow()
        return group

    def leave(self, group: Group, wanted: EventFilter) -> None:
        """Leave a group."""
        group.streams -= 1
        if not group.streams and self._groups.get(wanted) is group:
            del self._groups[wanted]

    def let_all_go(self) -> None:
        """Have all streams read for themselves, and join anew."""
        groups, self._groups = self._groups, {}
        for group in groups.values():
            group.let_go()

    def follow(self) -> None:
        """Read what comes, from now on."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with self._service.watching():
                while self._service.streams and not self._service.closing:
                    changed, began, at_end = self._service.next_change(), time.monotonic(), True
                    with contextlib.suppress(ApiError), self._service.model.snapshot() as at:
                        at_end = self.go_on(at)
                    await asyncio.sleep(0)  # those who were woken send in the turn that begins here
                    await asyncio.sleep(time.monotonic() - began)
                    if at_end:
                        await self._service.wait(changed, LOOK_SECONDS)
        except Exception:
            log.exception("events cannot be read for all streams: each reads for itself")
            self.let_all_go()

    def go_on(self, at: Snapshot) -> bool:
        """Read what is new in a snapshot and hand it on, a stretch; say whether that was all."""
        self._settle(at)
        if self._walk is None or not self._groups:
            self._walk = history.start(at, None)
            return True
        walk = self._walk.copy()
        found, at_end = history.go_on(at, walk, EVERYTHING)
        self._walk = walk
        if found:
            entities = map_of(at, None)
            told = [
                (Asked.of(event.data, entities), message(token, event.type, event.to_json(None)))
                for event, token in found
            ]
            self.number += 1
            for wanted, group in self._groups.items():
                messages = b"".join(data for asked, data in told if asked.is_wanted(wanted, entities))
                if messages:
                    group.add(Portion(self.number, messages, walk))
        return at_end

    def _settle(self, at: Snapshot) -> None:
        settled = int(store.get_meta(at.views, "versioned") or 0) if at.views is not None else 0
        if settled != self.settled:
            self.settled = settled
            self.settling.set()
            self.settling = asyncio.Event()


def message(id_: str, kind: str, data: bytes) -> bytes:
    """Write a server-sent event."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), kind.encode(), data)
