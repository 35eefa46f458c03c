"""Entities and their names in the events file: those of the list, and those that events mention."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable

import orjson

from api.read_model.event_rows import Mention
from api.read_model.store import get_meta, set_meta
from seeds.entities import KnownEntity, known_entities
from seeds.shadow import fold
from streams.entity_changes import ChangeKind, EntityChange

NAME_MAX = 300


def load_known(connection: sqlite3.Connection) -> None:
    """Bring the list of known entities into the file, unless the same one is there."""
    known = known_entities()
    version = hashlib.sha256(repr(sorted(known.items())).encode()).hexdigest()
    if get_meta(connection, "entity_list") == version:
        return
    connection.execute("UPDATE entities SET known = 0")
    for entity in known.values():
        _store_known(connection, entity)
    set_meta(connection, "entity_list", version)


def _store_known(connection: sqlite3.Connection, entity: KnownEntity) -> None:
    identifiers = orjson.dumps(entity.identifiers.model_dump(mode="json", exclude_defaults=True))
    connection.execute(
        """INSERT INTO entities (id, kind, name, name_ar, resolved, known, identifiers)
           VALUES (?, ?, ?, ?, 1, 1, ?) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,
           name = excluded.name, name_ar = excluded.name_ar, resolved = 1, known = 1,
           identifiers = excluded.identifiers""",
        (entity.id, entity.kind, entity.name, entity.display_ar(), identifiers),
    )
    spellings = {entity.id.replace("-", " "), *(s for name in entity.names() for s in name.spellings())}
    spellings |= {ticker.symbol for ticker in entity.identifiers.ticker}
    _store_names(connection, entity.id, spellings)


def _store_names(
    connection: sqlite3.Connection, entity_id: str, names: set[str], *, given: bool = False
) -> None:
    connection.executemany(
        """INSERT INTO entity_names (folded, entity, given) VALUES (?, ?, ?)
           ON CONFLICT (entity, folded) DO UPDATE SET given = given OR excluded.given""",
        [(folded, entity_id, given) for folded in sorted(_folded(names))],
    )


def _folded(names: set[str]) -> set[str]:
    """Fold names to the forms under which they are searched; what is empty then is none."""
    return {folded for name in names if (folded := fold(name[:NAME_MAX])).strip()}


def rename(connection: sqlite3.Connection, change: EntityChange) -> None:
    """Let an entity be found by a name that a person gave it, too."""
    if change.kind is ChangeKind.RENAME and change.entity is not None:
        names = {name for name in (change.name, change.name_ar) if name}
        _store_names(connection, change.entity, names, given=True)


def had_name(known: int, named: int, cut: int | None) -> bool:
    """Say whether an entity was called by the name in its row at a cut already; none: now."""
    return cut is None or bool(known) or 0 < named <= cut


def name_anew(connection: sqlite3.Connection, mention: Mention, cut: int) -> bool:
    """Give an entity that is in no list its name for good, as of a cut, and let it be found by that.

    Says whether it is in no list.
    """
    changed = connection.execute(
        "UPDATE entities SET kind = ?, name = ?, resolved = ?, named = ? WHERE id = ? AND NOT known",
        (mention.kind, mention.name, mention.resolved, cut, mention.id),
    )
    if changed.rowcount:
        wanted = _folded({mention.name, mention.surface})
        rows = connection.execute(
            "SELECT folded FROM entity_names WHERE entity = ? AND NOT given", (mention.id,)
        )
        there = {row[0] for row in rows}
        if there != wanted:  # mostly it is called as it was met first
            connection.executemany(
                "DELETE FROM entity_names WHERE entity = ? AND folded = ?",
                [(mention.id, one) for one in there - wanted],
            )
            _store_names(connection, mention.id, {mention.name, mention.surface})
    return changed.rowcount > 0


def count(connection: sqlite3.Connection, mentions: Iterable[Mention], counts: Counter[str]) -> set[str]:
    """Add the entities that a batch of events mentions, and how many events each has a role in.

    Lists those that were not there.
    """
    new: set[str] = set()
    for mention in mentions:
        added = connection.execute(
            "INSERT OR IGNORE INTO entities (id, kind, name, resolved, known) VALUES (?, ?, ?, ?, 0)",
            (mention.id, mention.kind, mention.name, mention.resolved),
        )
        if added.rowcount:  # known ones have their names from the list: mentions may say "the company"
            new.add(mention.id)
            _store_names(connection, mention.id, {mention.name, mention.surface})
    connection.executemany(
        "UPDATE entities SET events = events + ? WHERE id = ?", [(n, id_) for id_, n in counts.items()]
    )
    return new
