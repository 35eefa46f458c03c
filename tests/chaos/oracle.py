"""The oracle: folds the log itself, in this process and by pure functions alone, and names what differs.

It takes from the processes under test nothing but the log and the list of what they acknowledged. What the
views must be is a function of these: so it is equal for a run that was disturbed and one that was not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from seeds.facts import Parsed
from seeds.parse import EXTRACTOR, VERSION, parse
from streams import delta, documents
from streams.dead_letters import DeadLetter, letters
from streams.digest import Digest, total
from streams.documents import ParseRecord, Place, StoredDocument
from streams.entries import line_name
from streams.errors import CodecError
from streams.fold import Posted, retracted
from streams.ids import canonical
from streams.parse_index import Known, content_hash, stands_unchanged
from streams.posting import postings
from streams.settings import Settings
from streams.topics import fact_topics
from streams.vectors import Vector, advance
from tests.chaos.load import Acknowledged
from tests.integration.workers import records

SHOWN = 4  # examples told of one kind of difference


@dataclass
class Logged:
    """An event of the log, at its first place."""

    place: Place
    recorded_ms: int
    value: bytes
    rows: dict[bytes, bytes]


@dataclass
class Log:
    """What the log says. `rows` and `lines` are what must be posted and served."""

    events: dict[str, Logged] = field(default_factory=dict)
    ends: Vector = field(default_factory=dict)
    refused: dict[Place, bytes | None] = field(default_factory=dict)
    documents: dict[Place, StoredDocument] = field(default_factory=dict)
    answers: dict[Place, ParseRecord] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)

    @property
    def rows(self) -> dict[bytes, bytes]:
        return {key: entry for event in self.events.values() for key, entry in event.rows.items()}

    @property
    def digest(self) -> str:
        return digest_of(self.rows)

    def lines(self) -> dict[bytes, list[Posted]]:
        lines: dict[bytes, list[Posted]] = {}
        for event in self.events.values():
            for key, entry in event.rows.items():
                lines.setdefault(line_name(key), []).append(Posted(orjson.loads(entry), event.recorded_ms))
        return lines

    def retracted(self) -> set[str]:
        return retracted(
            Posted({**data, "retracts": data["slots"].get("event", {}).get("id")}, 0)
            for data in (orjson.loads(event.value) for event in self.events.values())
        )


def digest_of(rows: dict[bytes, bytes]) -> str:
    """Give the number that `/v1/views` shows for rows; how they are partitioned does not enter it."""
    digest = Digest()
    for key, entry in rows.items():
        digest.add(key, entry)
    return total([digest])


async def read_log(settings: Settings) -> Log:
    """Read all of the log."""
    log = Log()
    async for record in records(settings, *fact_topics()):
        _take_event(settings, log, record)
    async for record in records(settings, "documents"):
        place = Place("documents", record.partition, record.offset)
        try:
            log.documents[place] = documents.decode_document(record.value)
        except CodecError:
            log.refused[place] = record.value
    async for record in records(settings, "parses"):
        try:
            answer = documents.decode_parse(record.value)
        except CodecError:
            log.refused[Place("parses", record.partition, record.offset)] = record.value
            continue
        log.answers.setdefault(Place("documents", answer.partition, answer.offset), answer)
    log.letters = [letter async for letter in letters(settings)]
    return log


def _take_event(settings: Settings, log: Log, record: ConsumerRecord) -> None:
    topic = record.topic.removeprefix(settings.topic_prefix)
    place = Place(topic, record.partition, record.offset)
    advance(log.ends, {topic: {str(record.partition): record.offset + 1}})
    try:
        posted = postings(record.key, record.value, record.partition, settings.partitions)
        event_id = orjson.loads(record.value)["id"]
    except CodecError:
        log.refused[place] = record.value
        return
    known = log.events.get(event_id)
    if known is None:
        rows = {posting.key: posting.entry for posting in posted}
        log.events[event_id] = Logged(place, record.timestamp, record.value, rows)
    elif known.value != record.value or record.offset < known.place.offset:
        log.altered.append(event_id)


def some(name: str, found: Iterable[Any]) -> list[str]:
    """Tell a kind of difference, if there is any, with a few examples."""
    listed = sorted(map(str, found))
    return [f"{len(listed)} {name}: {', '.join(listed[:SHOWN])}"] if listed else []


def unequal(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> set[Any]:
    """Find the keys of both that have other values."""
    return {key for key in one.keys() & other.keys() if one[key] != other[key]}


def compare_log(log: Log, acknowledged: Acknowledged, minimum: float) -> list[str]:
    """Hold the log against what was acknowledged, and the answers against what the documents say."""
    expected = expected_answers(log.documents, minimum)
    published = dict(acknowledged.events)
    for answer in expected.values():
        published |= {data["id"]: canonical(data) for data in answer.events}
    there = {event_id: event.value for event_id, event in log.events.items()}
    return [
        *some("acknowledged events are not in the log", acknowledged.events.keys() - there.keys()),
        *some("acknowledged documents are not in the log", acknowledged.documents - log.documents.keys()),
        *some("documents are not answered", log.documents.keys() - log.answers.keys()),
        *some(
            "answers are not what the document says",
            (p for p, a in log.answers.items() if p in expected and not _same(a, expected[p])),
        ),
        *some("events that were read in documents are not in the log", published.keys() - there.keys()),
        *some("events are in the log that nobody published", there.keys() - published.keys()),
        *some("events have other bytes than were published", unequal(there, published)),
        *some("events are in the log with two values", log.altered),
        *compare_letters(log),
    ]


def compare_letters(log: Log) -> list[str]:
    """Every record that cannot be used is a dead letter, with its bytes and a reason; nothing else is."""
    told: set[Place] = set()
    wrong = []
    for letter in log.letters:
        place = Place(letter.origin.topic, letter.origin.partition, letter.origin.offset)
        told.add(place)
        whole = place.topic == "documents" or letter.value == log.refused.get(place)
        if not letter.reason or not whole:
            wrong.append(place)
    return [
        *some("unusable records are no dead letters", log.refused.keys() - told),
        *some("dead letters are about records that can be used", told - log.refused.keys()),
        *some("dead letters have no reason, or other bytes", wrong),
    ]


def _same(one: ParseRecord, other: ParseRecord) -> bool:
    return (one.status, one.change, one.document, one.revision, one.events) == (
        other.status, other.change, other.document, other.revision, other.events,
    )  # fmt: skip


def expected_answers(found: dict[Place, StoredDocument], minimum: float) -> dict[Place, ParseRecord]:
    """Answer all documents anew, one after the other, as one parse worker that nothing ever happened to."""
    known: dict[str, Known] = {}
    answers: dict[Place, ParseRecord] = {}
    for place in sorted(found):
        document = found[place]
        stands = known.get(document.document, Known({}))
        content = content_hash(document)
        parsed = Parsed(extractor=EXTRACTOR, version=VERSION)
        if delta.needs_parse(document):
            if stands_unchanged(document, content, stands, EXTRACTOR, VERSION):
                answers[place] = delta.unchanged(document, place, EXTRACTOR, VERSION)
                continue
            parsed = parse(document.as_document())
        answer = delta.answer(document, place, stands.live, parsed, minimum)
        live = dict(stands.live)
        delta.apply(live, answer)
        withdrawn = document.change is documents.Change.WITHDRAWN
        known[document.document] = Known(
            live, withdrawn, EXTRACTOR, VERSION, document.text_sha256, content, place
        )
        answers[place] = answer
    return answers


def compare_subscriber(name: str, log: Log, seen: list[tuple[str, int, int, str]]) -> list[str]:
    """Hold what a subscriber got (topic, partition, offset, event) against the log: all, once, in order."""
    times = Counter(event for *_, event in seen)
    last: dict[tuple[str, int], int] = {}
    disordered = []
    for topic, partition, offset, event in seen:
        if offset <= last.get((topic, partition), -1):
            disordered.append(event)
        last[topic, partition] = offset
    return [
        *some(f"events never came to the {name} subscriber", log.events.keys() - times.keys()),
        *some(
            f"events came to the {name} subscriber that are not in the log", times.keys() - log.events.keys()
        ),
        *some(f"events came twice to the {name} subscriber", (event for event, n in times.items() if n > 1)),
        *some(f"events came out of order to the {name} subscriber", disordered),
    ]
