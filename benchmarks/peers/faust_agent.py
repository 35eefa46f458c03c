"""A stock Faust agent, as its documentation shows one: an app, a table on RocksDB, its own JSON serializer.

It reads, changes and writes the two lines of each event, and writes their rows to SQLite, 1,000 events a
transaction. The clock runs from its first event, so that neither start nor group are in it, until all events
are folded, their rows in SQLite and the changelog's records with Kafka.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

import faust

from benchmarks.peers.lines import folded, lines

FOLDER = Path(os.environ["PEER_FOLDER"])
EVENTS = int(os.environ["PEER_EVENTS"])
SQLITE_EVENTS = 1000

app = faust.App(
    os.environ["PEER_ID"],
    broker=f"kafka://{os.environ['PEER_BOOTSTRAP']}",
    store="rocksdb://",
    datadir=str(FOLDER / "faust"),
    topic_partitions=int(os.environ["PEER_PARTITIONS"]),
    web_enabled=False,
)
source = app.topic(*os.environ["PEER_TOPICS"].split(","), key_type=bytes, value_serializer="json")
table = app.Table("lines", partitions=int(os.environ["PEER_PARTITIONS"]))


class Rows:
    """The rows in SQLite: those of the last events are written together."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = wal")
        self._connection.execute("PRAGMA synchronous = normal")
        self._connection.execute("CREATE TABLE lines (name TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID")
        self._waiting: dict[str, str] = {}

    def put(self, name: str, row: dict[str, Any]) -> None:
        """Have a row written with the next ones."""
        self._waiting[name] = json.dumps(row)

    def write(self) -> None:
        """Write what waits, in one transaction."""
        self._connection.execute("BEGIN")
        self._connection.executemany("REPLACE INTO lines VALUES (?, ?)", self._waiting.items())
        self._connection.execute("COMMIT")
        self._waiting.clear()


@app.agent(source)
async def fold(events: AsyncIterable[dict[str, Any]]) -> None:
    """Fold all events, then tell how long it took; whoever started this process ends it."""
    rows = Rows(FOLDER / "lines.db")
    number, began = 0, 0.0
    async for event in events:
        if not number:
            began = time.perf_counter()
        number += 1
        for name in lines(event):
            row = folded(table.get(name), event)
            table[name] = row
            rows.put(name, row)
        if number % SQLITE_EVENTS == 0 or number == EVENTS:
            rows.write()
        if number == EVENTS:
            await app.producer.flush()
            print(json.dumps({"seconds": time.perf_counter() - began, "events": number}), flush=True)


if __name__ == "__main__":
    faust.Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False).execute_from_commandline()
