"""In how many events an entity has a role: as counted one by one, now, on any day, at any moment."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from api.read_model.entity_maps import entity_map_at
from api.read_model.event_rows import event_row
from api.read_model.search_queries import entity
from streams.codec import wire
from streams.cuts import Cut
from streams.entity_map import EntityMap
from streams.preference import effective
from streams.vectors import covers
from tests.api.test_as_of import COMPANIES, DAYS, Feed, feeds


def told_of(feed: Feed, company: str, entities: EntityMap, day: date | None, cut: Cut | None) -> int:
    """Count them by looking at every event, where it stands first."""
    count = 0
    first = {event.id: (event, record) for event, record in reversed(feed.told)}
    for event, record in first.values():
        row = event_row(wire(event))
        when = effective(row.fact, row.published_at, record.timestamp_ms)
        shown = {entities.resolve(role, row.fact["id"]) for role in row.roles}
        is_known = cut is None or covers(cut.vector, *record[:3])
        count += company in shown and is_known and (day is None or when.day <= day)
    return count


@settings(max_examples=60, deadline=None)
@given(feeds())
def test_events_are_counted_as_one_by_one(steps: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = Feed(Path(folder))
        for step in steps:
            feed.step(*step)
        feed.cut()
        events = feed.log.file.connection
        for cut in [None, *feed.cuts]:
            entities = entity_map_at(events, (cut or feed.cuts[-1]).number)
            for company in COMPANIES:
                if entities.resolve(company) != company:
                    continue
                for day in (None, *DAYS):
                    vector = cut.vector if cut else None
                    found = entity(events, company, entities, day, vector)
                    assert (found["events"] if found else 0) == told_of(feed, company, entities, day, cut)
        feed.close()
