"""What an entity that is in no list is called: as its first mention says, the same on every replica.

First is what the first cut that covers any mention of it covers, in the order of places. Until there is
such a cut it is called as this reader met it; from then on its name, kind and standing never change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from api.read_model import store
from api.read_model.entities import name_anew
from api.read_model.event_rows import Mention
from api.read_model.places import facts_of, read_cut, read_vector
from streams.vectors import Vector, dominates

CUTS_MAX = 1000  # in one transaction

Mentions = Mapping[tuple[str, str, int], tuple[int, Mention]]
"""Entity, topic and partition → the lowest offset at which it is mentioned there, and how."""


def note(connection: sqlite3.Connection, mentions: Mentions) -> None:
    """Keep the first mention in each partition of what has no name for good yet."""
    connection.executemany(
        """INSERT OR IGNORE INTO first_mentions
           (entity, topic, partition, offset, kind, name, surface, resolved)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
           WHERE NOT EXISTS (SELECT 1 FROM entities WHERE id = ?1 AND (known OR named))""",
        [
            (entity, topic, partition, offset, one.kind, one.name, one.surface, one.resolved)
            for (entity, topic, partition), (offset, one) in mentions.items()
        ],
    )


def settle(connection: sqlite3.Connection) -> set[str]:
    """Name what the cuts cover whose events have all been read: list it."""
    named: set[str] = set()
    done = int(store.get_meta(connection, "named") or 0)
    read: Vector | None = None
    for number in range(done + 1, done + CUTS_MAX + 1):
        cut = read_cut(connection, number)
        if cut is None:
            break
        read = read or read_vector(connection)  # most batches bring no cut
        if not dominates(read, facts_of(cut.vector)):
            break
        named |= _settle(connection, number)
        store.set_meta(connection, "named", str(number))
    return named


def _settle(connection: sqlite3.Connection, cut: int) -> set[str]:
    covered = connection.execute(
        """SELECT f.entity, f.topic, f.partition, f.offset, f.kind, f.name, f.surface, f.resolved
           FROM cut_moves m JOIN first_mentions f
           ON f.topic = m.topic AND f.partition = m.partition AND f.offset < m.next
           WHERE m.cut = ?""",
        (cut,),
    ).fetchall()
    first: dict[str, tuple[str, int, int, str, str, str, int]] = {}
    for entity, *mention in sorted(covered):
        first.setdefault(entity, tuple(mention))
    named = set()
    for entity, (_, _, _, kind, name, surface, resolved) in first.items():
        if name_anew(connection, Mention(entity, kind, name, surface, bool(resolved)), cut):
            named.add(entity)
        connection.execute("DELETE FROM first_mentions WHERE entity = ?", (entity,))
    return named
