"""Events of a moment as rows, in the order in which the log took them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date

import orjson

from api.as_of import Recorded
from api.export.columns import Row, amounts
from api.read_model.event_queries import is_retracted, moment
from api.read_model.event_rows import event_row
from api.read_model.places import cut_of
from api.read_model.position_queries import map_of
from api.read_model.reading import Snapshot
from streams.entity_map import EntityMap
from streams.vectors import Vector, covers

COLUMNS = "e.key, e.topic, e.partition, e.offset, e.recorded_ms, e.day, e.certain, e.data"


def rows(at: Snapshot, recorded: Recorded, day: date | None, companies: frozenset[str]) -> Iterator[Row]:
    """Read the events below a moment; with `day`, those that took effect by then.

    With `companies`, those in which one of these ids, as shown at the moment, has a role.
    """
    entities = map_of(at, recorded)
    conditions, values = ["1"], list[object]()
    if day is not None:
        conditions.append("e.day <= ?")
        values.append(day.isoformat())
    if companies:
        sources = sorted({source for company in companies for source in entities.sources(company)})
        marks = ", ".join("?" * len(sources))
        conditions.append(
            f"""EXISTS (SELECT 1 FROM event_entities r WHERE r.entity IN ({marks})
                AND r.recorded_ms = e.recorded_ms AND r.key = e.key)"""  # noqa: S608  # no value in it
        )
        values += sources
    sql = f"""SELECT {COLUMNS} FROM events e WHERE {" AND ".join(conditions)}
              ORDER BY e.recorded_ms, e.key"""  # noqa: S608  # no value in it
    for key, topic, partition, offset, recorded_ms, first, certain, data in at.events.execute(sql, values):
        if not covers(recorded.vector, topic, partition, offset):
            continue
        row = _row(data, entities)
        if companies and companies.isdisjoint(row["entities"]):
            continue
        cut = cut_of(at.events, topic, partition, offset)
        yield row | {
            "day": first,
            "certain": certain,
            "recorded_at": moment(recorded_ms),
            "cut": cut if cut is not None and cut <= recorded.cut else None,
            **_taken_back(at.events, key, recorded.vector),
        }


def _row(data: bytes, entities: EntityMap) -> Row:
    """Flatten what an event itself says."""
    event = orjson.loads(data)
    fact = event_row(event)
    is_fact = event["type"] != "retraction"
    source, valid = event["source"], event.get("valid") or {}
    shown = {entities.resolve(mention.id, fact.fact["id"]) for mention in fact.mentions}
    by = event.get("attributed_to")
    return {
        **{name: event[name] for name in ("id", "type", "schema_version", "claim_id", "stage", "modality")},
        "home": event["home"],
        "entities": sorted(shown),
        "valid_from": valid.get("from"),
        "valid_to": valid.get("to"),
        "precision": valid.get("precision"),
        "retracts": None if is_fact else event["slots"]["event"]["id"],
        "document": source["document"],
        **{name: source.get(name) for name in ("published_at", "publisher", "url", "language")},
        "origin": event["origin"],
        "attributed_to": entities.resolve(by["id"], event["id"]) if by else None,
        "confidence": float(event["confidence"]),
        **event["extraction"],
        **amounts(event["slots"] if is_fact else {}),
        "data": data.decode(),
    }


def _taken_back(events: sqlite3.Connection, key: bytes, below: Vector) -> Row:
    """Tell of the first retraction of an event that counts, as far as a vector goes."""
    against = events.execute(
        """SELECT r.key, e.topic, e.partition, e.offset, e.recorded_ms, e.data FROM retractions r
           JOIN events e ON e.key = r.key WHERE r.target = ? ORDER BY e.recorded_ms, e.key""",
        (key,),
    ).fetchall()
    cause = by = taken_at = None
    for taken, topic, partition, offset, ms, data in against:
        if covers(below, topic, partition, offset) and not is_retracted(events, taken, below):
            told = orjson.loads(data)
            cause, by, taken_at = told["slots"]["cause"], told["id"], moment(ms)
            break
    return {
        "retracted": by is not None,
        "retraction_cause": cause,
        "retracted_by": by,
        "retracted_at": taken_at,
    }
