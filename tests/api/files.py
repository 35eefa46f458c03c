"""An events file in a temporary directory, filled with records that were never in Kafka."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from api.read_model.events_db import Applied, EventsFile
from api.read_model.records import Offsets, Record
from streams.codec import encode
from streams.events import AnyEvent
from streams.topics import fact_topic, partition_of

PARTITIONS = 3


class Log:
    """Gives records their places, as Kafka would."""

    def __init__(self, folder: Path) -> None:
        self.file = EventsFile(folder / "events.db", "a-log", PARTITIONS)
        self.positions: Offsets = {}

    def record(self, topic: str, partition: int, value: bytes, ms: int = 0) -> Record:
        offset = self.positions.get((topic, partition), 0)
        self.positions[topic, partition] = offset + 1
        return Record(topic, partition, offset, ms or 1_750_000_000_000 + offset, None, value)

    def event(self, event: AnyEvent) -> Record:
        return self.record(
            fact_topic(event.type), partition_of(event.home.encode(), PARTITIONS), encode(event)
        )

    def apply(self, records: Iterable[Record]) -> Applied:
        return self.file.apply(list(records), dict(self.positions))
