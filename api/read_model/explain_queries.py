"""Everything behind a line, out of both files: its steps, their tellings, where each stands in the log."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from api.read_model.event_queries import StoredEvent, is_retracted, moment, one
from api.read_model.places import cut_of
from api.read_model.position_queries import map_of
from api.read_model.shown import Row, on_line
from streams.explain import explain
from streams.vectors import covers

if TYPE_CHECKING:
    from api.as_of import Recorded
    from api.read_model.reading import Snapshot
    from streams.lines import Line

STEPS_MAX = 100
RIVALS_MAX = 50
RETRACTED_MAX = 100
ORIGINS_MAX = 100
COPIED = ("id", "type", "stage", "modality", "attributed_to", "valid", "slots", "confidence", "origin")
SOURCE = ("document", "revision", "publisher", "url", "published_at", "language", "text_sha256")


class Part(NamedTuple):
    """Which part of an explanation: `steps` before the one at a place, `rivals` of that step, or `retracted`.

    `behind` counts the rivals, or what was taken back, that have been told already.
    """

    of: str = "steps"
    step: int = 1 << 31
    behind: int = 0


WHOLE = Part()


def explanation(
    at: Snapshot, line: Line, recorded: Recorded | None, day: date | None = None, part: Part = WHOLE
) -> dict[str, Any]:
    """Explain a line: steps in the order of time, each with the telling that stands for it and its rivals.

    With `day`, the steps up to it. The last STEPS_MAX are told, and `older` counts those before. What does
    not fit is another part: `more` of a step are its further rivals, `next` are the steps before, and
    `next_retracted` is what else was taken back.
    """
    rows = on_line(at.views, line, map_of(at, recorded)) if at.views is not None else []
    if recorded is not None:
        rows = [row for row in rows if covers(recorded.vector, row.topic, row.partition, row.offset)]
    told = explain(row.posted for row in _once(rows))
    steps = [step for step in told["steps"] if day is None or step["date"] <= day.isoformat()]
    last = min(len(steps), part.step)
    shown: list[int] = []
    if part.of == "steps":
        shown = list(range(max(0, last - STEPS_MAX), last))
    elif part.of == "rivals":
        shown = [part.step] if part.step < len(steps) else []
    first = shown[0] if shown else 0
    gone = told["retracted"][part.behind :] if part.of == "retracted" or part == WHOLE else []
    behind = part.behind if part.of == "rivals" else 0
    return {
        "older": first if part.of == "steps" else 0,
        "steps": [_step(at.events, steps[place], recorded, place, behind) for place in shown],
        "retracted": [_retracted(at.events, event_id, recorded) for event_id in gone[:RETRACTED_MAX]],
        "next": Part("steps", first) if part.of == "steps" and first else None,
        "next_retracted": Part("retracted", 0, part.behind + RETRACTED_MAX)
        if len(gone) > RETRACTED_MAX
        else None,
    }


def _once(rows: list[Row]) -> list[Row]:
    """Keep one row of each event: one that was merged with its counterpart is on the line twice."""
    return list({row.entry["id"]: row for row in rows}.values())


def _step(
    events: sqlite3.Connection, step: dict[str, Any], recorded: Recorded | None, place: int, behind: int
) -> dict[str, Any]:
    rivals, end = step["rivals"], behind + RIVALS_MAX
    return {
        **{name: step[name] for name in ("date", "certain", "type", "closing", "weak")},
        "tellings": 1 + len(rivals),
        "independent": len(step["origins"]),
        "origins": step["origins"][:ORIGINS_MAX],
        "single_source": len(step["origins"]) == 1,
        "preferred": telling(events, step["preferred"], recorded),
        "rivals": [
            {"lost_by": rival["lost_by"], **telling(events, rival["event"], recorded)}
            for rival in rivals[behind:end]
        ],
        "more": Part("rivals", place, end) if len(rivals) > end else None,
    }


def _retracted(events: sqlite3.Connection, event_id: str, recorded: Recorded | None) -> dict[str, Any]:
    by = events.execute("SELECT key FROM retractions WHERE target = ?", (bytes.fromhex(event_id)[:16],))
    found = []
    for (key,) in by.fetchall():
        place = events.execute(
            "SELECT topic, partition, offset, retracted, data FROM events WHERE key = ?", (key,)
        ).fetchone()
        if recorded is None:
            stands = not place[3]
        else:
            stands = covers(recorded.vector, *place[:3]) and not is_retracted(events, key, recorded.vector)
        if stands:
            retraction = orjson.loads(place[4])
            slots = retraction["slots"]
            found.append({"event": retraction["id"], "cause": slots["cause"], "by": slots["by"]})
    return {**telling(events, event_id, recorded), "retracted_by": found}


def telling(events: sqlite3.Connection, event_id: str, recorded: Recorded | None) -> dict[str, Any]:
    """Tell an event with all that backs it, and the place at which anyone can read it again."""
    stored = one(events, event_id)
    if stored is None:  # the proof tells of it; what is known is the id
        return {"event": event_id}
    event = orjson.loads(stored.data)
    return {
        "event": event_id,
        **{name: event[name] for name in COPIED if name in event and name != "id"},
        "evidence": event["evidence"],
        "source": {name: event["source"][name] for name in SOURCE if name in event["source"]},
        "extraction": event["extraction"],
        "recorded": place_of(events, stored, recorded),
    }


def place_of(events: sqlite3.Connection, stored: StoredEvent, recorded: Recorded | None) -> dict[str, Any]:
    """Say when and where the log took an event; not which cut covers it, if that came later."""
    cut = cut_of(events, stored.topic, stored.partition, stored.offset)
    return {
        "at": moment(stored.recorded_ms),
        "topic": stored.topic,
        "partition": stored.partition,
        "offset": stored.offset,
        "cut": None if recorded and cut and cut > recorded.cut else cut,
    }
