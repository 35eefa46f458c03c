"""What each commit changed of positions, told by entity: an answer that no change concerns is still true.

Every transaction of a file's writer ends with a row that tells it, in that file. What a writer does not tell
concerns everything, so that forgetting one costs time, and never truth. Who has read both files up to a row
of each, and every row since, knows of all that was changed.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

ROWS_KEPT = 256
"""Who has not looked for so many commits is told that anything may have changed."""

IDS_MAX = 1000
"""A commit that concerns more entities concerns everything: none is listed."""


@dataclass
class Changed:
    """What a transaction changes. `ids`: entities of whose position something; `names`: what they are called.

    Ids of the events file are those published, ids of a generation's those shown.
    """

    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    anything: bool = False


class News(NamedTuple):
    """The number of the last row of a file, and what was changed since the one asked about."""

    last: int
    changed: Changed


NOTHING = News(0, Changed())


def write(connection: sqlite3.Connection, changed: Changed | None) -> None:
    """Tell what a transaction has changed, at its end; none: anything."""
    if changed is not None and not (changed.anything or changed.ids or changed.names):
        return
    told: bytes | None = None
    if changed is not None and not changed.anything and len(changed.ids) + len(changed.names) <= IDS_MAX:
        told = orjson.dumps([sorted(changed.ids), sorted(changed.names)])
    row = connection.execute("INSERT INTO changes (told) VALUES (?)", (told,)).lastrowid or 0
    connection.execute("DELETE FROM changes WHERE number <= ?", (row - ROWS_KEPT,))


def last(connection: sqlite3.Connection) -> int:
    """Give the number of the last row."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM changes").fetchone()[0])


def since(connection: sqlite3.Connection, number: int) -> News:
    """Tell what was changed since a row of the same file."""
    changed = Changed()
    for row, told in connection.execute(
        "SELECT number, told FROM changes WHERE number > ? ORDER BY number", (number,)
    ):
        if told is None or row != number + 1:  # those between are no longer kept
            changed.anything = True
        else:
            ids, names = orjson.loads(told)
            changed.ids.update(ids)
            changed.names.update(names)
        number = row
    return News(number, changed)
