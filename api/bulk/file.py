"""The file of a generation, written at once: rows come sorted, without a journal; what is special comes last.

What the reader would have made of the same records, to the byte: it goes on from this file as from its own.
"""

from __future__ import annotations

import heapq
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.read_model import store
from api.read_model.entity_maps import entity_map
from api.read_model.findings import Findings
from api.read_model.line_states import LineStates
from api.read_model.line_versions import LineVersions
from api.read_model.lines_db import Lines
from api.read_model.places import read_cut
from streams.runs import read
from streams.vectors import next_offset

if TYPE_CHECKING:
    from api.bulk.partition import Built
    from streams.digest import Digest
    from streams.vectors import Vector

CACHE_KIB = 64 << 10
DRAFT = ".building"  # ends the name of a file that is not whole


@dataclass(frozen=True)
class Origin:
    """What a file is made from: identity, vector, last cut, how far changes of entities are applied."""

    identity: dict[str, str]
    vector: Vector
    last_cut: int
    entities: int


def beside(path: Path) -> Path:
    """Say where the half of a file's rows is that another process writes."""
    return path.with_name(f"{path.name}.half{DRAFT}")


def write_half(path: Path, origin: Origin, parts: list[Built]) -> None:
    """Write the rows of `entries` and `lines` to a file beside, in a process of its own.

    A row costs more to write than to be copied by SQLite: so two processes write half of them each.
    """
    store.remove(beside(path))
    with closing(_create(beside(path), origin.identity)) as connection:
        _put_off(connection)
        connection.execute("BEGIN")
        _entries_and_lines(connection, parts)
        connection.execute("COMMIT")


def write(
    path: Path,
    origin: Origin,
    parts: list[Built],
    of_log: dict[int, Digest],
    now_ms: int,
    half_written: Callable[[], None],
) -> None:
    """Write a file and give it its name when it is whole. Raises OSError, sqlite3.Error.

    `half_written` waits until `write_half` is done.
    """
    draft = path.with_name(path.name + DRAFT)
    store.remove(draft)
    try:
        with closing(_create(draft, origin.identity)) as connection, closing(_events(path)) as events:
            later = _put_off(connection)
            connection.execute("BEGIN")
            _versions(connection, parts)
            connection.execute("COMMIT")
            half_written()
            connection.execute("ATTACH ? AS beside", (str(beside(path)),))
            connection.execute("BEGIN")
            _copied(connection)
            _standing(connection, origin, parts, of_log)
            for sql in later:
                connection.execute(sql)
            _left(connection, origin, parts, events, now_ms)
            connection.execute("COMMIT")
        _to_disk(draft)
        store.remove(path)
        draft.rename(path)
    except BaseException:
        store.remove(draft)
        raise


def _events(path: Path) -> sqlite3.Connection:
    return store.open_reader(store.events_path(path.parent.parent))


def _create(path: Path, identity: dict[str, str]) -> sqlite3.Connection:
    connection = store.create(path, "views", identity)
    # Nobody reads it before it is whole, and one that is not is thrown away.
    connection.execute("PRAGMA journal_mode = off")
    connection.execute("PRAGMA synchronous = off")
    connection.execute("PRAGMA locking_mode = exclusive")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def _put_off(connection: sqlite3.Connection) -> list[str]:
    """Drop indexes and triggers, which are faster made at the end; give the statements that make them."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {name}")
    return [sql for *_, sql in found]


def _entries_and_lines(connection: sqlite3.Connection, parts: list[Built]) -> None:
    """Merge the rows of all partitions: in the order of the tables' keys, each page is written once."""
    connection.executemany(
        "INSERT INTO entries (key, partition, topic, offset, recorded_ms, entry) VALUES (?, ?, ?, ?, ?, ?)",
        _merged(part.entries for part in parts),
    )
    connection.executemany(
        "INSERT INTO lines (company, section, counterpart, view) VALUES (?, ?, ?, ?)",
        _merged(part.lines for part in parts),
    )


def _versions(connection: sqlite3.Connection, parts: list[Built]) -> None:
    connection.executemany(
        """INSERT INTO line_versions (company, section, counterpart, cut, events, view)
           VALUES (?, ?, ?, ?, ?, ?)""",
        _merged(part.versions for part in parts),
    )
    connection.execute(
        """INSERT INTO line_firsts (company, section, counterpart, cut)
           SELECT company, section, counterpart, min(cut) FROM line_versions
           GROUP BY company, section, counterpart"""
    )


def _copied(connection: sqlite3.Connection) -> None:
    """Copy what was written beside. Of equal tables, SQLite copies rows without looking into them."""
    connection.execute("INSERT INTO main.entries SELECT * FROM beside.entries")
    connection.execute("INSERT INTO main.lines SELECT * FROM beside.lines")
    connection.execute(
        "INSERT INTO line_counts (company, lines) SELECT company, count(*) FROM main.lines GROUP BY company"
    )


def _standing(
    connection: sqlite3.Connection, origin: Origin, parts: list[Built], of_log: dict[int, Digest]
) -> None:
    """Write how far the file has come, and both sides of the proof."""
    places = [(topic, int(p)) for topic, offsets in origin.vector.items() for p in offsets]
    connection.executemany(
        "INSERT INTO vector (topic, partition, seen, posted, exposed) VALUES (?, ?, ?, ?, ?)",
        [(*place, *[next_offset(origin.vector, *place)] * 3) for place in places],
    )
    for part in parts:
        connection.execute("INSERT INTO offsets VALUES (?, ?)", (part.partition, part.changelog_next))
        known = of_log.get(part.partition)
        log = part.digest if known is None else known.moved(part.compared, part.digest)
        sums = part.digest.to_bytes(), log.to_bytes()
        connection.execute("INSERT INTO digests VALUES (?, ?, ?)", (part.partition, *sums))
    store.set_meta(connection, "entities", str(origin.entities))


def _left(
    connection: sqlite3.Connection,
    origin: Origin,
    parts: list[Built],
    events: sqlite3.Connection,
    now_ms: int,
) -> None:
    """Make the lines that merges and splits concern, by the reader's own steps: they cross partitions."""
    names = [name for part in parts for name in part.left]
    if names:
        states = LineStates(connection)
        versions = LineVersions(connection, events, states)
        Lines(connection, Findings(connection), states).fold(
            names, [entity_map(events, origin.entities)], now_ms
        )
        versions.touched(names)
        if (cut := read_cut(events, origin.last_cut)) is not None:
            versions.settle(cut, at_once=True)
    store.set_meta(connection, "versioned", str(origin.last_cut))
    connection.executemany(
        "INSERT OR IGNORE INTO touched (line) VALUES (?)", _merged(p.touched for p in parts)
    )


def _merged(files: Iterable[Path]) -> Iterable[tuple[object, ...]]:
    return heapq.merge(*(read(path) for path in files))


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
