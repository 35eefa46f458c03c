"""Entities, and the positions of companies and people, out of the files."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import orjson

from api.read_model.reading import Snapshot
from seeds.shadow import fold as fold_text
from streams.fold import value_at
from streams.lines import NONE, SECTIONS, Line

ENTITY_COLUMNS = "id, kind, name, name_ar, resolved, events, identifiers"
WORDS_MAX = 12


def entity(events: sqlite3.Connection, entity_id: str) -> dict[str, Any] | None:
    """Read an entity."""
    sql = f"SELECT {ENTITY_COLUMNS} FROM entities WHERE id = ?"  # noqa: S608  # a constant
    row = events.execute(sql, (entity_id,)).fetchone()
    return _entity(row) if row else None


def search(
    events: sqlite3.Connection, query: str, kinds: tuple[str, ...], limit: int
) -> list[dict[str, Any]]:
    """Find entities whose name, in either script, has words that begin like those of the query."""
    words = "".join(c if c.isalnum() else " " for c in fold_text(query)).split()[:WORDS_MAX]
    if not words:
        return []
    exact = " ".join(words)
    sql = f"""SELECT {ENTITY_COLUMNS} FROM entities WHERE kind IN ({", ".join("?" * len(kinds))}) AND id IN (
                SELECT entity FROM entity_search s JOIN entity_names f ON f.rowid_ = s.rowid
                WHERE entity_search MATCH ?)
              ORDER BY EXISTS (SELECT 1 FROM entity_names f WHERE f.entity = id AND f.folded = ?) DESC,
                events DESC, known DESC, id LIMIT ?"""  # noqa: S608  # no value in it
    match = " ".join(f'"{word}"*' for word in words)
    return [_entity(row) for row in events.execute(sql, [*kinds, match, exact, limit])]


def position(at: Snapshot, entity_id: str, today: date) -> dict[str, list[dict[str, Any]]]:
    """Read the lines of a company by section, in the order of a position, each with its value today."""
    if at.views is None:
        return {}
    rows = at.views.execute(
        "SELECT section, counterpart, view FROM lines WHERE company = ?", (entity_id,)
    ).fetchall()
    names = _names(at.events, {part for _, counterpart, _ in rows for part in _parts(counterpart)})
    sections: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for section, counterpart, stored in rows:
        view = orjson.loads(stored)
        line = {
            "line": str(Line(entity_id, section, counterpart)),
            "counterpart": counterpart,
            "name": next((names[p] for p in _parts(counterpart) if p in names), None),
            "current": value_at(view, today),
            **view,
        }
        sections[section].append(line)
    for lines in sections.values():
        lines.sort(key=lambda line: (_latest(line), line["counterpart"]), reverse=True)
    return {section: lines for section, lines in sections.items() if lines}


def _latest(line: dict[str, Any]) -> str:
    return str(line["steps"][-1]["date"]) if line["steps"] else ""


def _parts(counterpart: str) -> list[str]:
    """List what may be an entity in a counterpart: itself, what stands behind `+` or `~`."""
    if counterpart == NONE:
        return []
    return [counterpart, counterpart.rpartition("+")[2], counterpart.rpartition("~")[2]]


def _names(events: sqlite3.Connection, ids: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entity_id in ids:
        row = events.execute("SELECT name FROM entities WHERE id = ?", (entity_id,)).fetchone()
        if row:
            found[entity_id] = row[0]
    return found


def _entity(row: tuple[str, str, str, str | None, int, int, bytes]) -> dict[str, Any]:
    return {
        "id": row[0],
        "kind": row[1],
        "name": row[2],
        "name_ar": row[3],
        "resolved": bool(row[4]),
        "events": row[5],
        "identifiers": orjson.loads(row[6]),
    }
