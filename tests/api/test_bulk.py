"""A file written in bulk is the file that the reader makes step by step, and is gone on from like one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.bulk import file
from api.bulk.partition import Built, PartitionFiles, Sums, Task
from api.read_model.entity_maps import last_change
from api.read_model.places import cut_below, read_entities
from api.read_model.records import Record
from api.read_model.views_db import identity
from streams import runs
from streams.digest import BUCKETS, SUM_BYTES
from streams.posting import postings
from streams.replay import TableRow, chunks
from streams.settings import Settings
from streams.vectors import covers
from tests.api.files import PARTITIONS, Views
from tests.api.test_as_of import Feed, feed_in, feeds

TABLES = {
    "entries": "key, partition",
    "lines": "company, section, counterpart",
    "line_versions": "company, section, counterpart, cut",
    "line_firsts": "company, section, counterpart",
    "line_counts WHERE lines > 0": "company",
    f"digests WHERE posted != zeroblob({BUCKETS * SUM_BYTES})": "partition",
    "vector": "topic, partition",
    "differences": "partition, key",
}
AT_ONCE = [table for table in TABLES if table not in ("line_versions", "line_firsts")]  # made a look later


def table_rows(records: list[Record]) -> list[TableRow]:
    return [
        (key, record.timestamp_ms, record.topic, record.offset, entry)
        for record in records
        for _, key, entry in postings(record.key, record.value, record.partition, PARTITIONS)
    ]


def built(task: Task, partition: int, rows: list[TableRow], run_bytes: int) -> Built:
    """What a process of the rebuild makes of a partition, less Kafka."""
    ordered = runs.Runs(task.folder, f"posted-{partition}", run_bytes)
    for row in rows:
        ordered.add([row])
    sums, count = Sums(task, partition), 0
    made = PartitionFiles(task, partition)
    for chunk in chunks(ordered.ordered()):
        sums.add(chunk)
        count += len(chunk)
        made.add(chunk)
    return made.built(len(rows), count, sums, 0)


def write_in_bulk(feed: Feed, data: Path, folder: Path, run_bytes: int) -> Views:
    """The file that a rebuild writes at what is served now."""
    events, vector = feed.log.file.connection, feed.views.file.exposed
    served = {**vector, "entities": {"0": read_entities(events)}}
    origin = file.Origin(identity(events, 1), vector, cut_below(events, served).number, last_change(events))
    task = Task(Settings(data=data), 1, vector, vector, origin.last_cut, folder, None)
    told = [record for _, record in feed.told if covers(vector, *record[:3])]
    parts = [
        built(task, p, table_rows([r for r in told if r.partition == p]), run_bytes)
        for p in range(PARTITIONS)
    ]
    (data / "again").mkdir()
    path = data / "again" / "views-g1.db"
    file.write(path, origin, parts, {}, 0, lambda: file.write_half(path, origin, parts))
    return Views(feed.log, data / "again")


@settings(max_examples=30, deadline=None)
@given(feeds(), feeds(), st.sampled_from((1, 3000, 1 << 20)))
def test_a_file_in_bulk_is_the_file_step_by_step(before: Any, after: Any, run_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        feed = feed_in(data)
        for step in before:
            feed.step(*step)
        feed.views.look()  # so that it has taken the changes of entities that were read
        (data / "building").mkdir()
        again = write_in_bulk(feed, data, data / "building", run_bytes)
        for table in AT_ONCE:
            same_rows(feed, again, table)
        waiting = list(feed.unposted)
        for step in after:
            feed.step(*step)
        feed.post()
        for record in [*waiting, *(record for _, record in feed.told[len(before) :])]:
            assert again.post(record) == []
        feed.cut()
        again.look()
        for table in TABLES:
            same_rows(feed, again, table)
        again.file.close()
        feed.close()


def same_rows(feed: Feed, again: Views, table: str) -> None:
    query = f"SELECT * FROM {table} ORDER BY {TABLES[table]}"  # noqa: S608 - names of ours
    files = again.file.connection, feed.views.file.connection
    found, wanted = (one.execute(query).fetchall() for one in files)
    assert found == wanted, table
