"""Whether a subscriber wants an event: what `event_queries.after` means, of one event and without SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.read_model.event_rows import EventRow, event_row
from streams.codec import decode_dict

if TYPE_CHECKING:
    from streams.entity_map import EntityMap
    from streams.filters import EventFilter


@dataclass(frozen=True)
class Asked:
    """An event with what filters ask about it; `companies` are its roles as entities stand."""

    row: EventRow
    companies: frozenset[str]

    @classmethod
    def of(cls, data: bytes, entities: EntityMap) -> Asked:
        """Read what filters ask about out of the bytes of an event of the events file."""
        row = event_row(decode_dict(data))
        return cls(row, frozenset(entities.resolve(role, row.fact["id"]) for role in row.roles))

    def is_wanted(self, wanted: EventFilter, entities: EntityMap) -> bool:
        """Say whether a subscriber with this filter gets the event."""
        row = self.row
        is_retraction = row.type == "retraction" and "retraction" in wanted.types
        return (
            (not wanted.types or row.fact_type in wanted.types or is_retraction)
            and (not wanted.stages or row.stage in wanted.stages)
            and (not wanted.modalities or row.modality in wanted.modalities)
            and row.confidence >= float(wanted.min_confidence)
            and (wanted.company is None or entities.resolve(wanted.company) in self.companies)
        )
