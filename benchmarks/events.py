"""Events of real shape, made by the program's own models and codec, and the fact topics filled with them.

    python -m benchmarks.events [--events 20000] [--companies 20000]

An event comes from an article of one to five sentences, through the one crossing from facts to events, so ids
verify and every span stands in its text. What is made is kept in `benchmarks/out/`: one event a line, in wire
form. The same numbers make the same events.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
from aiokafka.structs import RecordMetadata
from ulid import ULID

from benchmarks.facts import Teller
from seeds.document import Document, document_id, text_hash
from seeds.facts import Fact, Parsed
from streams.codec import headers, wire
from streams.documents import StoredDocument
from streams.events import AnyEvent
from streams.from_facts import events as events_of
from streams.ids import canonical
from streams.publish import producer
from streams.settings import Settings
from streams.topics import fact_topic, partition_of, topic_name

OUT = Path(__file__).parent / "out"
CHUNK = 1000  # events of one seed, so that it does not matter how many processes make them
ORIGINS = ("agency:reuters", "agency:spa", "agency:afp", "agency:bloomberg")
SENT_MAX = 10_000


def article(teller: Teller, rng: random.Random) -> tuple[StoredDocument, list[AnyEvent]]:
    """Make an article and the events that are read from it."""
    language, day = rng.randrange(2), teller.day()
    text = ""
    facts: list[Fact] = []
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        fact, sentence = teller.fact(language, len(text), day)
        facts.append(fact)
        text += sentence + " "
    number = rng.getrandbits(64)
    document = Document(
        text=text,
        language=("en", "ar")[language],
        url=f"https://news.example/{day:%Y/%m/%d}/{number:016x}",
        publisher=("Gulf Wire", "صدى الاقتصاد")[language],
        published_at=day.isoformat(),
    )
    record = StoredDocument(
        document=document_id(document),
        revision=str(ULID.from_bytes(rng.randbytes(16))),
        **document.model_dump(),
        fetched_at=f"{day}T08:00:00Z",
        text_sha256=text_hash(text),
        salt=rng.randbytes(16).hex(),
        origin=rng.choice(ORIGINS),
    )
    parsed = Parsed(extractor="rules", version="1", facts=tuple(facts))
    return record, list(events_of(parsed, record, {}).new)


def chunk(seed: int, companies: int, number: int = CHUNK) -> list[bytes]:
    """Make so many events of one seed, in wire form."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    teller = Teller(companies, rng)
    made: list[bytes] = []
    while len(made) < number:
        # The crossing has checked what `encode` checks.
        made += [canonical(wire(event)) for event in article(teller, rng)[1]]
    return made[:number]


def _chunk(arguments: tuple[int, int, int]) -> bytes:
    return b"\n".join(chunk(*arguments)) + b"\n"


def made(number: int, companies: int) -> Path:
    """Give the file of so many events, made now if it is not there."""
    path = OUT / f"events-{number}-{companies}.jsonl"
    if path.exists():
        return path
    OUT.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    parts = [(first, companies, min(CHUNK, number - first)) for first in range(0, number, CHUNK)]
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool, draft.open("wb") as file:
        for part in pool.imap(_chunk, parts):
            file.write(part)
    draft.rename(path)
    rate = number / (time.monotonic() - began)
    print(f"made {number} events about {companies} companies, {rate:.0f} a second: {path}")
    return path


def read(path: Path) -> Iterator[bytes]:
    """Yield the events of a file."""
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


async def load(settings: Settings, path: Path) -> int:
    """Append the events of a file to their topics, placed, with headers as the program does; count them."""
    sender = producer(settings, linger_ms=20)
    await sender.start()
    sent: list[asyncio.Future[RecordMetadata]] = []
    number = 0
    try:
        for value in read(path):
            data: dict[str, Any] = orjson.loads(value)
            home = data["home"].encode()
            sent.append(
                await sender.send(
                    topic_name(settings, fact_topic(data["type"])),
                    value,
                    home,
                    partition_of(home, settings.partitions),
                    headers=headers(cast(AnyEvent, SimpleNamespace(**data))),  # it needs the envelope alone
                )
            )
            number += 1
            if len(sent) == SENT_MAX:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    finally:
        await sender.stop()
    return number


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--companies", type=int, default=20_000)
    asked = options.parse_args()
    made(asked.events, asked.companies)


if __name__ == "__main__":
    main()
