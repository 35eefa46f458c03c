"""Suggestions of merges: found anew only when names or changes of entities are, and beside other requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.read_model import suggestion_queries
from streams import similar

if TYPE_CHECKING:
    from api.service import Service
    from streams.similar import Pair


class Suggesting:
    """One per process. Comparing 20,000 names takes a second or two: one search at a time, in a thread."""

    def __init__(self) -> None:
        self._searching = asyncio.Lock()
        self._found: tuple[tuple[object, ...], list[Pair]] | None = None

    async def pairs(self, service: Service) -> list[Pair]:
        """Give the pairs that look alike; counts of events in their order may be older than the names."""
        async with self._searching:
            with service.model.snapshot() as at:
                version = suggestion_queries.version(at.events)
                if self._found is not None and self._found[0] == version:
                    return self._found[1]
                names = suggestion_queries.read_names(at.events)
            found = await asyncio.to_thread(similar.pairs, names.entities, names.distinct)
            self._found = version, found
            return found
