"""A data directory with the reader's files, filled without Kafka with the events of `benchmarks.events`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import orjson

from api import reader_status
from api.read_model import store
from api.read_model.records import Record
from api.reader_status import Status
from benchmarks.events import made, read
from streams.topics import fact_topic, partition_of
from tests.api.files import PARTITIONS
from tests.api.test_as_of import Feed, feed_in

BATCH = 1000


class Files:
    """The files of one generation, with their writers open."""

    def __init__(self, data: Path, events: int, companies: int) -> None:
        self.data = data
        self._values = read(made(events, companies))
        self.feed: Feed = feed_in(data)

    def tell(self, number: int) -> int:
        """Have the next events read and posted, in one transaction a file; count them."""
        values = list(islice(self._values, number))
        records = [self._record(value) for value in values]
        self.feed.log.apply(records)
        self.feed.views.post_all(records)
        return len(records)

    def tell_log(self, number: int) -> None:
        """Have the next events read, and nothing posted yet."""
        self.feed.log.apply([self._record(value) for value in islice(self._values, number)])

    def fill(self, number: int) -> None:
        """Tell so many events, with a cut at the end of each batch."""
        for size in batches(number):
            self.tell(size)
            self.feed.cut()
        self.is_current()

    def is_current(self) -> None:
        """Say, as the reader does, that the files hold all of the log."""
        now = reader_status.now_ms()
        reader_status.write(self.data, Status(phase="following", current_ms=now, reached=True))

    def _record(self, value: bytes) -> Record:
        event = orjson.loads(value)
        home = event["home"].encode()
        partition = partition_of(home, PARTITIONS)
        return self.feed.log.record(fact_topic(event["type"]), partition, value, key=home)


def batches(number: int) -> Iterator[int]:
    while number > 0:
        yield min(BATCH, number)
        number -= BATCH


def companies(data: Path) -> list[str]:
    """List the paths of all companies that have a position."""
    with sqlite3.connect(store.views_path(data, 1)) as file:
        rows = file.execute("SELECT DISTINCT company FROM lines ORDER BY company").fetchall()
    file.close()
    return [f"/v1/companies/{quote(company, safe='')}" for (company,) in rows]
