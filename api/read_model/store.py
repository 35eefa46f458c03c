"""Opening the files: pragmas, schema, a few named values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Literal
from uuid import uuid4

from api.errors import ReadModelMissing
from api.read_model import changes

SCHEMA_VERSION = 10
"""Raised by any change of the schema or of what a column means: files of another version are made anew."""

BUSY_SECONDS = 5.0
PAGE_BYTES = 8192
CHECKPOINT_PAGES = 8192  # 64 MiB
KEYS_MAX = 500  # asked for in one statement
Kind = Literal["events", "views"]


def events_path(data: Path) -> Path:
    """Where the events file of a data directory is."""
    return data / "reader" / "events.db"


def views_path(data: Path, generation: int) -> Path:
    """Where the file of a generation is."""
    return data / "reader" / f"views-g{generation}.db"


def open_writer(path: Path, kind: Kind, identity: dict[str, str]) -> sqlite3.Connection:
    """Open a file for its only writer; one of another identity (log, schema, file above) is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not _is(path, _wanted(identity)):
        remove(path)
    connection = create(path, kind, identity)
    connection.execute("PRAGMA journal_mode = wal")
    # After a power cut a file may miss its last commits: it then reads again from its own offsets.
    connection.execute("PRAGMA synchronous = normal")
    # A commit waits for the disk only when it copies the log of pages back: seldom, and each page once then.
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def create(path: Path, kind: Kind, identity: dict[str, str]) -> sqlite3.Connection:
    """Open a file, and give it schema and identity if it is new."""
    connection = _connect(f"file:{path}?mode=rwc")
    # Rows of more than a quarter of a page take a page more, and views have a kilobyte or two.
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    is_new = not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    if is_new:
        schema = files("api.read_model").joinpath(f"{kind}.sql").read_text("utf-8")
        connection.executescript(f"BEGIN;{schema}COMMIT;")
    with transaction(connection):
        for name, value in _wanted(identity).items():
            set_meta(connection, name, value)
        if is_new:
            set_meta(connection, "file", uuid4().hex)
    return connection


def _wanted(identity: dict[str, str]) -> dict[str, str]:
    return {**identity, "schema": str(SCHEMA_VERSION)}


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a file to read from. Raises ReadModelMissing while the reader has not made it."""
    try:
        connection = _connect(f"file:{path}?mode=ro")
        connection.execute("SELECT 1 FROM meta").fetchone()
    except sqlite3.Error as error:
        message = "the reader has not written its files yet"
        raise ReadModelMissing(message) from error
    connection.execute("PRAGMA query_only = 1")
    return connection


def remove(path: Path) -> None:
    """Delete a file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


class transaction:
    """`with transaction(connection):` commits at its end, or rolls back all of it and closes the connection.

    Closes, because what its writer remembers of the file may be ahead of it now: it has to be opened anew.
    `changed` is filled by then with what it changes of positions; none: that may be anything.
    """

    def __init__(self, connection: sqlite3.Connection, changed: changes.Changed | None = None) -> None:
        self._connection = connection
        self._changed = changed

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                changes.write(self._connection, self._changed)
                self._connection.execute("COMMIT")
        finally:
            if kind is not None or self._connection.in_transaction:
                self._connection.close()  # rolls back, if SQLite has not done so itself


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Have a connection read what is committed now, whatever is committed until the end of the block."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def is_broken(error: sqlite3.Error) -> bool:
    """Say whether an error means that a file is no database, or no longer whole."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_environment(error: sqlite3.Error) -> bool:
    """Say whether an error is one of the machine (a full disk, a lock): what is in the file is whole."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR


def get_meta(connection: sqlite3.Connection, name: str) -> str | None:
    """Read a named value."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def set_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Write a named value."""
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def in_column(connection: sqlite3.Connection, table: str, column: str, keys: list[bytes]) -> set[bytes]:
    """Tell which of these keys stand in a column; table and column are names of ours."""
    found: set[bytes] = set()
    for first in range(0, len(keys), KEYS_MAX):
        some = keys[first : first + KEYS_MAX]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT {column} FROM {table} WHERE {column} IN ({marks})"  # noqa: S608 - names of ours
        found.update(key for (key,) in connection.execute(sql, some))
    return found


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)


def _is(path: Path, wanted: dict[str, str]) -> bool:
    """Say whether a file is of the wanted identity, and whole."""
    try:
        connection = _connect(f"file:{path}?mode=rw")
        try:
            return all(get_meta(connection, name) == value for name, value in wanted.items())
        finally:
            connection.close()
    except sqlite3.Error:
        return False
