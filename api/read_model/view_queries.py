"""The state of the generations, out of the files: vectors, digests, differences."""

from __future__ import annotations

import sqlite3
from typing import Any

from api.read_model.event_queries import moment
from api.read_model.findings import named_by
from api.read_model.places import exposed_vector
from streams.digest import Digest, total

DIFFERENCES_MAX = 50


def proof(views: sqlite3.Connection) -> dict[str, Any]:
    """Compare the digests of a generation file, and list what differs or did."""
    sums = views.execute("SELECT posted, log FROM digests ORDER BY partition").fetchall()
    posted = total(Digest(row[0]) for row in sums)
    of_log = total(Digest(row[1]) for row in sums)
    alarms, open_ = views.execute("SELECT count(*), total(settled_ms IS NULL) FROM differences").fetchone()
    rows = views.execute(
        """SELECT kind, partition, key, found_ms, settled_ms, repair_offset FROM differences
           ORDER BY settled_ms IS NOT NULL, found_ms DESC LIMIT ?""",
        (DIFFERENCES_MAX,),
    )
    return {
        "proven": posted == of_log and not open_,
        "posted": posted,
        "log": of_log,
        "alarms": alarms,
        "differences": [_difference(*row) for row in rows],
    }


def vector(views: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Tell up to which offsets a generation is served, where that is more than none."""
    found = exposed_vector(views)
    return {
        t: {p: o for p, o in offsets.items() if o} for t, offsets in found.items() if any(offsets.values())
    }


def _difference(
    kind: str,
    partition: int,
    key: bytes,
    found_ms: int,
    settled_ms: int | None,
    repair: int | None,
) -> dict[str, Any]:
    named = named_by(kind, key)
    return {
        "kind": kind,
        "partition": partition,
        "bucket": named.bucket,
        "line": named.line,
        "event": named.event,
        "found_at": moment(found_ms),
        "settled_at": moment(settled_ms) if settled_ms is not None else None,
        "republished": repair is not None,
    }
