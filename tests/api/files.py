"""An events file in a temporary directory, filled with records that were never in Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from api.read_model.events_db import Applied, EventsFile
from api.read_model.findings import Finding
from api.read_model.places import read_vector
from api.read_model.records import Offsets, Record
from api.read_model.views_db import GenerationFile
from streams import cuts, progress
from streams.codec import encode
from streams.cuts import Cut
from streams.events import AnyEvent
from streams.posting import postings
from streams.topics import fact_topic, partition_of
from streams.vectors import Vector

PARTITIONS = 3


class Log:
    """Gives records their places, as Kafka would."""

    def __init__(self, folder: Path) -> None:
        self.file = EventsFile(folder / "events.db", "a-log", PARTITIONS)
        self.positions: Offsets = {}

    def record(
        self, topic: str, partition: int, value: bytes, ms: int = 0, key: bytes | None = None
    ) -> Record:
        offset = self.positions.get((topic, partition), 0)
        self.positions[topic, partition] = offset + 1
        return Record(topic, partition, offset, ms or 1_750_000_000_000 + offset, key, value)

    def event(self, event: AnyEvent) -> Record:
        home = event.home.encode()
        return self.record(fact_topic(event.type), partition_of(home, PARTITIONS), encode(event), key=home)

    def cut(self) -> Cut | None:
        """Make a cut of all that is there; none if nothing has moved since the last."""
        vector: Vector = {}
        for (topic, partition), next_ in self.positions.items():
            if topic == "entities" or topic.startswith("facts."):
                vector.setdefault(topic, {})[str(partition)] = next_
        last = self.file.cut
        self.apply([self.record("cuts", 0, cuts.encode(vector))])
        return self.file.cut if self.file.cut.number > last.number else None

    def apply(self, records: Iterable[Record]) -> Applied:
        return self.file.apply(list(records), dict(self.positions))


class Views:
    """A generation's file beside that log, and a worker that posts to its changelog what it is told to."""

    def __init__(self, log: Log, folder: Path) -> None:
        self.log = log
        self._path = folder / "views-g1.db"
        self._next = dict.fromkeys(range(PARTITIONS), 0)
        self._posted: dict[int, dict[str, int]] = {}
        self.now_ms = 1_760_000_000_000
        self.file = self.opened()

    def opened(self) -> GenerationFile:
        return GenerationFile(self._path, 1, self.log.file, self.now_ms)

    def reopen(self) -> None:
        self.file.close()
        self.file = self.opened()

    def publish(self, event: AnyEvent) -> Record:
        record = self.log.event(event)
        assert not self.log.apply([record]).skipped
        return record

    def rows(self, event: Record) -> dict[bytes, bytes]:
        made = postings(event.key, event.value, event.partition, PARTITIONS)
        return {posting.key: posting.entry for posting in made}

    def post(self, event: Record, rows: Mapping[bytes, bytes | None] | None = None) -> list[Finding]:
        """Post rows (those of the event) and the progress over it."""
        partition, made = event.partition, self.rows(event) if rows is None else rows
        posted = self._posted.setdefault(partition, {})
        posted[event.topic] = max(posted.get(event.topic, 0), event.offset + 1)
        pairs = [*made.items(), (progress.key(partition), progress.encode(posted, partition))]
        records = [
            Record("changelog", partition, self._next[partition] + n, self.now_ms, key, value)
            for n, (key, value) in enumerate(pairs)
        ]
        self._next[partition] += len(records)
        read = read_vector(self.log.file.connection)
        return self.file.apply(records, dict(self._next), read, {partition}, self.now_ms)

    def post_all(self, events: Iterable[Record]) -> None:
        """Post the rows of many events and the progress over them, at once."""
        pairs: dict[int, list[tuple[bytes, bytes]]] = {}
        for event in events:
            posted = self._posted.setdefault(event.partition, {})
            posted[event.topic] = max(posted.get(event.topic, 0), event.offset + 1)
            pairs.setdefault(event.partition, []).extend(self.rows(event).items())
        records = []
        for partition, made in pairs.items():
            made.append((progress.key(partition), progress.encode(self._posted[partition], partition)))
            start = self._next[partition]
            records += [
                Record("changelog", partition, start + n, self.now_ms, key, value)
                for n, (key, value) in enumerate(made)
            ]
            self._next[partition] += len(made)
        read = read_vector(self.log.file.connection)
        assert self.file.apply(records, dict(self._next), read, set(pairs), self.now_ms) == []

    def look(self) -> None:
        """Take what the log brought, without a record of the changelog."""
        read = read_vector(self.log.file.connection)
        assert self.file.apply([], {}, read, set(range(PARTITIONS)), self.now_ms) == []

    def lines(self) -> set[str]:
        rows = self.file.connection.execute("SELECT company, section, counterpart FROM lines")
        return {"|".join(row) for row in rows}

    def differences(self) -> list[tuple[str, bool]]:
        """Kind of each, and whether it is settled."""
        rows = self.file.connection.execute("SELECT kind, settled_ms FROM differences ORDER BY kind")
        return [(kind, settled is not None) for kind, settled in rows]
