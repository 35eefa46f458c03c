"""Events to test with, made as the program makes them; and a stand-in for the position worker."""

from __future__ import annotations

from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer

from seeds.document import Document
from seeds.facts import Entity, EntityKind, Fact, Investor, Modality, Parsed, Quantity, Span, Stage
from streams import progress
from streams.codec import encode, headers
from streams.documents import Place, StoredDocument, stored
from streams.events import AnyEvent
from streams.from_facts import events as events_of
from streams.posting import postings
from streams.settings import Settings
from streams.topics import changelog_name, fact_topic, partition_of, topic_name

_numbers = count(1)


def org(entity_id: str, name: str | None = None) -> Entity:
    name = name or entity_id.title()
    return Entity(id=entity_id, name=name, surface=name)


def article(text: str = "", **more: Any) -> StoredDocument:
    number = next(_numbers)
    text = text or f"Article {number} tells that one firm put money into another firm."
    document = Document(text=text, url=f"https://news.example/{number}", language="en", **more)
    return stored(document)


def fact(kind: str, slots: dict[str, Any], *, stage: str = "completed", modality: str = "asserted") -> Fact:
    return Fact(
        type=kind,
        stage=Stage(stage),
        modality=Modality(modality),
        slots=slots,
        evidence={"trigger": (Span(start=0, end=7, exact="Article"),)},
        rule="test",
        confidence="0.9",
    )


def events(document: StoredDocument, *facts: Fact) -> list[AnyEvent]:
    return list(events_of(Parsed(extractor="rules", version="1", facts=facts), document, {}).new)


def investment(investor: str, target: str, amount: int = 5, **more: Any) -> AnyEvent:
    document = article(more.pop("text", ""), published_at=more.pop("published_at", "2025-06-17"))
    money = Quantity(low=str(amount), high=str(amount), unit="USD", surface=f"${amount}")
    slots = {"target": org(target), "investors": (Investor(entity=org(investor), amount=money),)}
    (event,) = events(document, fact("investment", slots, **more))
    return event


def person(entity_id: str) -> Entity:
    name = entity_id.replace("-", " ").title()
    return Entity(id=entity_id, name=name, surface=name, kind=EntityKind.PERSON)


class World:
    """Puts records into Kafka as the workers do: events, their entries, progress rows."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, generation: int = 1) -> None:
        self.settings = settings
        self._producer = producer
        self._changelog = changelog_name(settings, generation)
        self._posted: dict[int, dict[str, int]] = {}

    def place_of(self, event: AnyEvent, offset: int = 0) -> Place:
        """Where an event would stand."""
        partition = partition_of(event.home.encode(), self.settings.partitions)
        return Place(fact_topic(event.type), partition, offset)

    async def publish(self, event: AnyEvent) -> Place:
        """Append an event to its topic, post nothing."""
        topic, home = fact_topic(event.type), event.home.encode()
        done = await self._producer.send_and_wait(
            topic_name(self.settings, topic),
            encode(event),
            key=home,
            partition=partition_of(home, self.settings.partitions),
            headers=headers(event),
        )
        return Place(topic, done.partition, done.offset)

    async def append(self, place: Place, value: bytes) -> None:
        """Append any bytes to a topic."""
        name = topic_name(self.settings, place.topic)
        await self._producer.send_and_wait(name, value, partition=place.partition)

    async def row(self, partition: int, key: bytes, entry: bytes | None) -> None:
        await self._producer.send_and_wait(self._changelog, entry, key=key, partition=partition)

    async def progress(self, place: Place) -> None:
        posted = self._posted.setdefault(place.partition, {})
        posted[place.topic] = max(posted.get(place.topic, 0), place.offset + 1)
        await self.row(
            place.partition, progress.key(place.partition), progress.encode(posted, place.partition)
        )

    def rows(self, event: AnyEvent, place: Place) -> list[tuple[bytes, bytes]]:
        made = postings(event.home.encode(), encode(event), place.partition, self.settings.partitions)
        return [(posting.key, posting.entry) for posting in made]

    async def tell(self, *told: AnyEvent) -> list[Place]:
        """Publish events and post all their entries, as a worker that makes no mistake."""
        places = []
        for event in told:
            place = await self.publish(event)
            for key, entry in self.rows(event, place):
                await self.row(place.partition, key, entry)
            await self.progress(place)
            places.append(place)
        return places
