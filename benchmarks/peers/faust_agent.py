"""A stock Faust agent, as its documentation shows one: an app, a table on RocksDB, its own JSON serializer.

It keeps two entries of each event, reads, changes and writes the two lines, and writes the rows of both to
SQLite, 1,000 events a transaction. The clock runs from its first event, so that neither start nor group are
in it, until all events are folded, their rows in SQLite and the changelog's records with Kafka.
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

from benchmarks.peers.lines import entry, folded, lines

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
entries, table = (
    app.Table(name, partitions=int(os.environ["PEER_PARTITIONS"])) for name in ("entries", "lines")
)


class Rows:
    """The rows in SQLite: those of the last events are written together."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = wal")
        self._connection.execute("PRAGMA synchronous = normal")
        self._waiting: dict[str, dict[str, str]] = {"entries": {}, "lines": {}}
        for name in self._waiting:
            self._connection.execute(f"CREATE TABLE {name} (name TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID")

    def put(self, table: str, name: str, row: dict[str, Any]) -> None:
        """Have a row written with the next ones."""
        self._waiting[table][name] = json.dumps(row)

    def write(self) -> None:
        """Write what waits, in one transaction."""
        self._connection.execute("BEGIN")
        for name, rows in self._waiting.items():
            self._connection.executemany(f"REPLACE INTO {name} VALUES (?, ?)", rows.items())  # noqa: S608  # ours
            rows.clear()
        self._connection.execute("COMMIT")


@app.agent(source)
async def fold(events: AsyncIterable[dict[str, Any]]) -> None:
    """Fold all events, then tell how long it took; whoever started this process ends it."""
    rows = Rows(FOLDER / "lines.db")
    number, began = 0, 0.0
    async for event in events:
        if not number:
            began = time.perf_counter()
        number += 1
        kept = entry(event)
        for name in lines(event):
            key = f"{name}|{event['id']}"
            entries[key] = kept
            rows.put("entries", key, kept)
            row = folded(table.get(name), kept)
            table[name] = row
            rows.put("lines", name, row)
        if number % SQLITE_EVENTS == 0 or number == EVENTS:
            rows.write()
        if number == EVENTS:
            await app.producer.flush()
            print(json.dumps({"seconds": time.perf_counter() - began, "events": number}), flush=True)


if __name__ == "__main__":
    faust.Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False).execute_from_commandline()
