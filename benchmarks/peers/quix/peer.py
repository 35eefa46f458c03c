"""Quix Streams with a stateful update as its documentation shows it: by message key, RocksDB, changelogs.

It keeps two entries of each event, reads, changes and writes the two lines, and writes the rows of both to
SQLite, 1,000 events a transaction. The clock runs from its first event until all events are folded and their
rows in SQLite; the changelogs' last records may then still be on their way. Runs in a virtual environment of
its own, which the harness makes: nothing of khabar is imported but `lines.py`, which is all its work.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from quixstreams import Application, State

sys.path.insert(0, str(Path(__file__).parent.parent))
from lines import entry, folded, lines

FOLDER = Path(os.environ["PEER_FOLDER"])
EVENTS = int(os.environ["PEER_EVENTS"])
SQLITE_EVENTS = 1000


class Fold:
    """Folds events, and keeps the rows of the last ones to be written together."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = wal")
        self._rows.execute("PRAGMA synchronous = normal")
        self._waiting: dict[str, dict[str, str]] = {"entries": {}, "lines": {}}
        for name in self._waiting:
            self._rows.execute(f"CREATE TABLE {name} (name TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID")
        self._number = 0
        self._began = 0.0

    def event(self, event: dict[str, Any], state: State) -> None:
        """Fold one event; after the last, tell how long it took: whoever started this process ends it."""
        self._began = self._began or time.perf_counter()
        self._number += 1
        kept = entry(event)
        for name in lines(event):
            key = f"{name}|{event['id']}"
            state.set(key, kept)
            self._waiting["entries"][key] = json.dumps(kept)
            row = folded(state.get(name), kept)
            state.set(name, row)
            self._waiting["lines"][name] = json.dumps(row)
        if self._number % SQLITE_EVENTS == 0 or self._number == EVENTS:
            self._rows.execute("BEGIN")
            for name, rows in self._waiting.items():
                self._rows.executemany(f"REPLACE INTO {name} VALUES (?, ?)", rows.items())  # noqa: S608  # ours
                rows.clear()
            self._rows.execute("COMMIT")
        if self._number == EVENTS:
            seconds = time.perf_counter() - self._began
            print(json.dumps({"seconds": seconds, "events": EVENTS}), flush=True)


def main() -> None:
    app = Application(
        broker_address=os.environ["PEER_BOOTSTRAP"],
        consumer_group=os.environ["PEER_ID"],
        state_dir=FOLDER / "state",
        auto_offset_reset="earliest",
        loglevel="WARNING",
    )
    fold = Fold(FOLDER / "lines.db")
    for name in os.environ["PEER_TOPICS"].split(","):
        topic = app.topic(name, key_deserializer="bytes", value_deserializer="json")
        app.dataframe(topic).update(fold.event, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
