"""What the parse agent must know to answer the next revision of a document, in a local SQLite file.

It is made from the `parses` topic alone, so it can be deleted at any time. For each partition it follows
the records in their order: the first record of a `documents` place is its answer, and every later one of
the same place (a worker that was thought dead wrote it) counts for nothing, here and everywhere.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from streams import delta, documents
from streams.documents import Change, ParseRecord, Place, Status, StoredDocument
from streams.errors import CodecError, NewerVersion
from streams.ids import canonical

SCHEMA = """
CREATE TABLE IF NOT EXISTS follows (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    partition INTEGER, offset INTEGER, parses_offset INTEGER NOT NULL, PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    document TEXT PRIMARY KEY, withdrawn INTEGER NOT NULL, extractor TEXT, version TEXT,
    text_sha256 TEXT, content TEXT, partition INTEGER, offset INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS live (document TEXT PRIMARY KEY, events BLOB NOT NULL) WITHOUT ROWID;
"""

NOTHING: Mapping[Place, str] = MappingProxyType({})


class Known(NamedTuple):
    """What stands of a document: its last text's revision, how that was read, its living events."""

    live: dict[str, dict[str, Any]]
    withdrawn: bool = False
    extractor: str | None = None
    version: str | None = None
    text_sha256: str | None = None
    content: str | None = None  # hash of all that an extractor reads; none if another worker answered it
    place: Place | None = None


def content_hash(document: StoredDocument) -> str:
    """Hash all that an extractor reads of a document: a corrected headline or date counts as well."""
    read = {"headline", "text", "language", "url", "publisher", "published_at"}
    return hashlib.sha256(canonical(document.model_dump(mode="json", include=read))).hexdigest()


def stands_unchanged(
    document: StoredDocument, content: str, known: Known, extractor: str, version: str
) -> bool:
    """Tell whether a revision says what stands already, read in the same way."""
    if document.change is Change.REPARSE:
        return known.withdrawn  # a withdrawn document has no facts, whatever an extractor finds in it
    same_reader = (known.extractor, known.version) == (extractor, version)
    return not known.withdrawn and same_reader and known.content == content


class ParseIndex:
    """The file; one writer. Every change of one `parses` record is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # made anew from the log if it is ever damaged
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def forget(self) -> None:
        """Empty the file."""
        with self._transaction():
            for table in ("follows", "answers", "documents", "live"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  # our own names

    def next_offset(self, partition: int) -> int:
        """Give the offset of the first `parses` record that is not in here."""
        row = self._db.execute("SELECT next FROM follows WHERE partition = ?", (partition,)).fetchone()
        return int(row[0]) if row else 0

    def answered_by(self, partition: int, offset: int) -> int | None:
        """Give the offset of the `parses` record that answers a `documents` place, if it has one."""
        row = self._db.execute(
            "SELECT parses_offset FROM answers WHERE partition = ? AND offset = ?", (partition, offset)
        ).fetchone()
        return int(row[0]) if row else None

    def known(self, document: str) -> Known:
        """Tell what stands of a document; a new one has nothing."""
        row = self._db.execute("SELECT * FROM documents WHERE document = ?", (document,)).fetchone()
        found = self._db.execute("SELECT events FROM live WHERE document = ?", (document,)).fetchone()
        live = {delta.claim_of(data): data for data in orjson.loads(found[0])} if found else {}
        if row is None:
            return Known(live)
        _, withdrawn, extractor, version, text, content, partition, offset = row
        place = None if partition is None else Place("documents", partition, offset)
        return Known(live, bool(withdrawn), extractor, version, text, content, place)

    def follow(
        self, partition: int, offset: int, value: bytes | None, contents: Mapping[Place, str] = NOTHING
    ) -> None:
        """Take the `parses` record at (partition, offset); what is before `next_offset` is known already.

        `contents` has the hashes of documents that this worker read itself. A record that cannot be
        decoded answers nothing: the fan-out agent makes a dead letter of it.
        """
        if offset < self.next_offset(partition):
            return
        try:
            record: ParseRecord | None = documents.decode_parse(value)
        except NewerVersion:
            raise  # it is an answer, and not known what it says
        except CodecError:
            record = None
        with self._transaction():
            if record is not None and self.answered_by(record.partition, record.offset) is None:
                place = Place("documents", record.partition, record.offset)
                self._answer(record, offset, contents.get(place))
            self._db.execute("REPLACE INTO follows VALUES (?, ?)", (partition, offset + 1))

    def _answer(self, record: ParseRecord, parses_offset: int, content: str | None) -> None:
        self._db.execute(
            "INSERT INTO answers VALUES (?, ?, ?)", (record.partition, record.offset, parses_offset)
        )
        if record.status in (Status.FAILED, Status.UNCHANGED):
            return  # all stands as it stood
        known = self.known(record.document)
        live = dict(known.live)
        delta.apply(live, record)
        self._db.execute(
            "REPLACE INTO live VALUES (?, ?)", (record.document, orjson.dumps(list(live.values())))
        )
        if record.change in (Change.TEXT, Change.REINSTATED, Change.REPARSE):
            row = (
                record.document, 0, record.extractor, record.version, record.text_sha256, content,
                record.partition, record.offset,
            )  # fmt: skip
            self._db.execute("REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        elif record.change is Change.WITHDRAWN:
            self._db.execute(  # also of one whose text could not be parsed so far
                """INSERT INTO documents (document, withdrawn) VALUES (?, 1)
                   ON CONFLICT (document) DO UPDATE SET withdrawn = 1""",
                (record.document,),
            )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._db.execute("COMMIT" if error is None else "ROLLBACK")
