"""What the reader tells of how far things have come, for the metrics: looked at once a second."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from api.read_model.records import Offsets
from api.read_model.views_db import GenerationFile
from streams.generations import Views
from streams.replay import size


def topics(end: Offsets, at: Offsets) -> dict[str, dict[str, int]]:
    """Sum over the partitions of each topic where it ends, and how far it is read."""
    told: dict[str, dict[str, int]] = {}
    for (topic, partition), last in end.items():
        of_topic = told.setdefault(topic, {"end": 0, "read": 0})
        of_topic["end"] += last
        of_topic["read"] += at.get((topic, partition), 0)
    return told


def unanswered(events: sqlite3.Connection) -> int:
    """Count the documents behind the last one that is answered, by offsets: a worker goes in their order."""
    return sum(
        last - (answered if answered is not None else -1)
        for last, answered in events.execute(
            """SELECT (SELECT max(offset) FROM documents d WHERE d.partition = o.partition),
                      (SELECT max(offset) FROM parses p WHERE p.partition = o.partition)
               FROM offsets o WHERE o.topic = 'documents'"""
        )
        if last is not None and last > (answered if answered is not None else -1)
    )


def generation(file: GenerationFile, views: Views | None, end: Offsets, behind: int) -> dict[str, Any]:
    """Tell of a generation: its state, how far it is posted and served, what the proof found.

    `behind`: rows of its changelog that are not read yet; `unposted`: events that wait for a views worker.
    """
    known = views.generations.get(file.number) if views else None
    facts = sum(last for (topic, _), last in end.items() if topic.startswith("facts."))
    posted = size(file.posted)
    return {
        "state": str(known.state) if known else "other",
        "behind": behind,
        "posted": posted,
        "exposed": size(file.exposed),
        "unposted": max(0, facts - posted),
        "findings": _findings(file.connection),
    }


def _findings(views: sqlite3.Connection) -> Mapping[str, int]:
    rows = views.execute("SELECT kind, count(*) FROM differences WHERE settled_ms IS NULL GROUP BY kind")
    return dict(rows.fetchall())
