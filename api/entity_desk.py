"""Where changes of entities are decided, one after the other: what this process just wrote counts too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.errors import Conflict, KeyReused
from api.read_model import entity_queries
from api.read_model.entity_maps import placed_changes
from streams.documents import Place
from streams.entity_rules import objection

if TYPE_CHECKING:
    from api.service import Service
    from streams.entity_changes import EntityChange


class EntityDesk:
    """One per process. Another one's changes are known once they are read; the log's order decides then."""

    def __init__(self) -> None:
        self._deciding = asyncio.Lock()
        self._told: dict[int, EntityChange] = {}

    async def decide(self, service: Service, change: EntityChange) -> tuple[EntityChange, Place, str]:
        """Append a change unless something speaks against it; give it, its place and the log's id.

        One that has the request id of an earlier one is that one. Raises NotFound, Conflict, KeyReused,
        BadBody, LogUnreachable.
        """
        async with self._deciding:
            with service.model.snapshot() as at:
                log_id = service.log_id(at)
                known = placed_changes(at.events)
                for offset in known.keys() & self._told.keys():
                    del self._told[offset]
                known |= self._told
                for offset, earlier in known.items():
                    if change.request is not None and earlier.request == change.request:
                        _same(earlier, change)
                        return earlier, Place("entities", 0, offset), log_id
                before = [known[offset] for offset in sorted(known)]
                entity_queries.check_known(at.events, change, before)
                if (why := objection(change, before)) is not None:
                    raise Conflict(why)
            place = await service.publish_entity_change(change)
            self._told[place.offset] = change
            return change, place, log_id


def _same(earlier: EntityChange, change: EntityChange) -> None:
    """Compare what two changes ask for. Raises KeyReused."""
    aside = {"id", "at"}
    if earlier.model_dump(exclude=aside) != change.model_dump(exclude=aside):
        message = "this Idempotency-Key came before with another request"
        raise KeyReused(message)
