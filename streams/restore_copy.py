"""Copy the records of a backup into empty topics: documents, their answers, then facts cut by cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streams import cuts
from streams.backup_files import Line, Manifest, lines
from streams.cuts import START, Cut
from streams.restore_merge import Found, Source, closed_cuts, merged, refuse_unknown, up_to
from streams.restore_places import COPIED_FROM, DocumentPlaces, with_origin, with_place
from streams.restore_routes import Routes
from streams.topics import fact_topics
from streams.vectors import Vector, dominates

if TYPE_CHECKING:
    from streams.restore_writer import Writer
    from streams.settings import Settings

ENTITIES, CUTS, LETTERS = "entities", "cuts", "dead-letters"
Place = tuple[str, int, int]


class Copy:
    """One copy of a backup; `run` once."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        manifest: Manifest,
        writer: Writer,
        more: Callable[[int], None],
    ) -> None:
        self._folder, self._manifest, self._writer, self._more = folder, manifest, writer, more
        self._partitions = settings.partitions
        self._routes = Routes(manifest.partitions, settings.partitions)
        self._wanted = {place for _, place in self._letters() if place is not None}
        self._moved: dict[Place, Place] = {}
        self.committed: Vector = {}
        """Up to where the parse workers need not read again; a partition that is not here, to its end."""
        self.cuts = 0
        self.left_out = 0
        """Records of facts in a wrong place, left out since with one partition there is none."""

    async def run(self) -> None:
        """Copy everything. Raises BackupDamaged, Disturbed, KafkaError."""
        with DocumentPlaces(self._manifest.of("documents")) as places:
            await self._documents(places)
            await self._parses(places)
        await self._facts()
        await self._dead_letters()
        await self._writer.settle()

    async def _documents(self, places: DocumentPlaces) -> None:
        for found in merged(self._sources("documents")):
            line = found.line
            partition = self._routes.of_document(line.key, line.value, found.partition)
            new = await self._append(found, partition, line.value)
            places.put(found.partition, line.offset, (partition, new))

    async def _parses(self, places: DocumentPlaces) -> None:
        for found in merged(self._sources("parses")):
            otherwise = self._routes.of_parse(found.line.value, found.partition)
            partition, value = with_place(found.line.value, places, otherwise)
            await self._append(found, partition, value)

    async def _facts(self) -> None:
        """Copy facts and changes of entities in the order of the cuts, and after each cut the cut."""
        sources = self._sources(*fact_topics(), ENTITIES)
        before, told = START, Cut(0, 0, {})
        for cut, line in closed_cuts(self._folder, self._manifest.of(CUTS)):
            refuse_unknown(cut)
            for found in up_to(sources, before, cut):
                await self._event(found)
            vector = self._writer.vector()
            if dominates(told.vector, vector):
                vector = await self._moved_by_filling(before, cut, line)
            headers = with_origin(line, self._manifest.log, CUTS, 0)
            await self._writer.append(CUTS, 0, line.timestamp_ms, line.key, cuts.encode(vector), headers)
            self._more(1)
            self.cuts += 1
            before, told = cut, Cut(cut.number, cut.ms, vector)
        for found in merged(sources):
            await self._event(found)

    async def _event(self, found: Found) -> None:
        value = found.line.value
        if found.topic == ENTITIES:
            await self._append(found, 0, value)
            return
        partition = self._routes.of_event(value, found.partition)
        if partition is None:
            self.left_out += 1
        else:
            await self._append(found, partition, value)

    async def _moved_by_filling(self, before: Cut, cut: Cut, line: Line) -> Vector:
        """Have a cut move over which no record was copied: cuts keep their numbers.

        Only a foreign producer's transaction or a deleted beginning leaves such gaps. What fills it is no
        event, and counts for nothing.
        """
        topic, partition = next(
            (topic, int(p))
            for topic, offsets in sorted(cut.vector.items())
            for p, next_ in sorted(offsets.items())
            if next_ > before.vector.get(topic, {}).get(p, 0)
        )
        headers = [(COPIED_FROM, f"{self._manifest.log} {topic}/{partition} (nothing)".encode())]
        partition = 0 if topic == ENTITIES else partition % self._partitions
        await self._writer.append(topic, partition, line.timestamp_ms, None, b"", headers)
        return self._writer.vector()

    async def _dead_letters(self) -> None:
        for line, place in self._letters():
            headers = with_origin(line, self._manifest.log, LETTERS, 0)
            if place is not None and place in self._moved:
                _, partition, offset = self._moved[place]
                new = {"khabar-partition": str(partition).encode(), "khabar-offset": str(offset).encode()}
                headers = [(name, new.get(name, value)) for name, value in headers]
            await self._writer.append(LETTERS, 0, line.timestamp_ms, line.key, line.value, headers)
            self._more(1)

    async def _append(self, found: Found, partition: int, value: bytes | None) -> int:
        topic, line = found.topic, found.line
        headers = with_origin(line, self._manifest.log, topic, found.partition)
        new = await self._writer.append(topic, partition, line.timestamp_ms, line.key, value, headers)
        place = (topic, found.partition, line.offset)
        if place in self._wanted:
            self._moved[place] = (topic, partition, new)
        if topic in self._manifest.committed:
            done = self._manifest.committed[topic].get(str(found.partition), 0)
            if line.offset >= done:
                self.committed.setdefault(topic, {}).setdefault(str(partition), new)
        self._more(1)
        return new

    def _sources(self, *topics: str) -> list[Source]:
        return [Source(self._folder, file) for topic in topics for file in self._manifest.of(topic)]

    def _letters(self) -> Iterator[tuple[Line, Place | None]]:
        """Yield the dead letters, and the place that each is about."""
        for file in self._manifest.of(LETTERS):
            for line in lines(self._folder, file):
                said = dict(line.headers)
                try:
                    place = (
                        said["khabar-topic"].decode(),
                        int(said["khabar-partition"]),
                        int(said["khabar-offset"]),
                    )
                except (KeyError, ValueError):
                    yield line, None
                else:
                    yield line, place
