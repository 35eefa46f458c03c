"""Which entries are shown on which line: those posted to it, as far as no change of entities says otherwise.

Entries stay under the names they were posted with. A merge or split shows them elsewhere, entry by entry,
and undoing it shows them where they were: nothing is rewritten.
"""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

import orjson

from streams.documents import Place
from streams.entity_map import EntityMap
from streams.entries import line_name
from streams.fold import Posted
from streams.lines import END, SEPARATOR, Line, entities_of


class Row(NamedTuple):
    """A posted entry and its place. `root` is the fact that it tells or, in the end, takes back."""

    key: bytes
    partition: int
    topic: str
    offset: int
    recorded_ms: int
    entry: dict[str, Any]
    root: str

    @property
    def place(self) -> Place:
        """Where its event stands first."""
        return Place(self.topic, self.partition, self.offset)

    @property
    def posted(self) -> Posted:
        """What the fold takes."""
        return Posted(self.entry, self.recorded_ms)


def on_line(views: sqlite3.Connection, line: Line, entities: EntityMap) -> list[Row]:
    """Read the entries that are shown on a line. Raises ValueError for a row that is no entry."""
    if not entities.concerns(line):
        return posted_to(views, line)
    rows = []
    for source in entities.sources_of(line):
        rows += [row for row in posted_to(views, source) if entities.line(source, row.root) == line]
    return rows


def lines_showing(views: sqlite3.Connection, posted: Line, entities: EntityMap) -> set[Line]:
    """List the lines that show what was posted to a line. Raises ValueError for a row that is no entry."""
    if not entities.concerns(posted):
        return {posted}
    if not entities.splits((posted.company, *entities_of(posted))):
        return {entities.line(posted)}  # all of it, whatever is there
    return {entities.line(posted, row.root) for row in posted_to(views, posted)}


def lines_of(views: sqlite3.Connection, company: str) -> set[Line]:
    """List the lines of a company to which anything was posted."""
    first, last = f"{company}{SEPARATOR}".encode(), f"{company}{chr(ord(SEPARATOR) + 1)}".encode()
    rows = views.execute("SELECT key FROM entries WHERE key >= ? AND key < ?", (first, last))
    return {Line.parse(name.decode()) for name in {line_name(key) for (key,) in rows}}


def posted_to(views: sqlite3.Connection, line: Line) -> list[Row]:
    """Read the entries that were posted to a line. Raises ValueError for a row that is no entry."""
    found = views.execute(
        """SELECT key, partition, topic, offset, recorded_ms, entry FROM entries
           WHERE key >= ? AND key < ?""",
        _range(line),
    ).fetchall()
    try:
        read = [(*row, orjson.loads(entry)) for *row, entry in found]
        return [
            Row(key, partition, topic, offset, ms, entry, entry.get("fact") or entry["id"])
            for key, partition, topic, offset, ms, entry in read
        ]
    except (KeyError, TypeError, AttributeError) as error:
        message = f"not an entry of {line}: {error!r}"
        raise ValueError(message) from error


def number_on(views: sqlite3.Connection, line: Line, most: int) -> int:
    """Count what was posted to a line, as far as `most`."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM entries WHERE key >= ? AND key < ? LIMIT ?)"
    found = views.execute(sql, (*_range(line), most)).fetchone()
    return int(found[0])


def keys_of(views: sqlite3.Connection, line: Line) -> set[tuple[int, bytes]]:
    """List partition and key of all that was posted to a line."""
    rows = views.execute("SELECT partition, key FROM entries WHERE key >= ? AND key < ?", _range(line))
    return set(rows.fetchall())


def _range(line: Line) -> tuple[bytes, bytes]:
    name = str(line).encode()
    return name + END.encode(), name + b"\1"
