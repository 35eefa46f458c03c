"""The recorded order of a backup: by offset in a partition, by cut between them, by time between two cuts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import cuts
from streams.backup_files import BackupFile, Line
from streams.backup_folder import Writing
from streams.cuts import START, Cut
from streams.errors import NewerVersion
from streams.restore_merge import Source, closed_cuts, merged, refuse_unknown, up_to

TOPICS = ("facts.investment", "facts.layoff")
STEPS = st.lists(st.tuples(st.sampled_from(TOPICS), st.integers(0, 1), st.integers(0, 50)), max_size=30)


def write(folder: Path, records: dict[tuple[str, int], list[Line]]) -> list[BackupFile]:
    """Write files of records; describe them as a manifest does."""
    writing = Writing(folder)
    files = []
    for (topic, partition), held in records.items():
        name = f"{topic}-{partition}.jsonl"
        writer = writing.file(name)
        for line in held:
            writer.write(line)
        writer.close()
        end = held[-1].offset + 1
        files.append(BackupFile(topic=topic, partition=partition, next=end, name=name, records=len(held)))
    return files


@given(STEPS, st.lists(st.integers(0, 30), max_size=4))
def test_whatever_the_clocks_say_cuts_and_offsets_hold(
    steps: list[tuple[str, int, int]], at: list[int]
) -> None:
    """A log that grew in these steps, with a cut after some of them."""
    records: dict[tuple[str, int], list[Line]] = {}
    vectors = []
    for number, (topic, partition, ms) in enumerate(steps):
        held = records.setdefault((topic, partition), [])
        held.append(Line(2 * len(held), ms, None, str(number).encode(), ()))  # every other offset is a gap
        if number in at:
            ends = {key: each[-1].offset + 1 for key, each in records.items()}
            vectors.append({t: {str(p): o for (n, p), o in ends.items() if n == t} for t, _ in ends})
    with TemporaryDirectory() as name:
        sources = [Source(Path(name), file) for file in write(Path(name), records)]
        parts = []
        before = START
        for number, vector in enumerate(vectors, 1):
            cut = Cut(number, 0, vector)
            parts.append(list(up_to(sources, before, cut)))
            before = cut
        parts.append(list(merged(sources)))

    order = [int(found.line.value or b"") for part in parts for found in part]
    assert sorted(order) == list(range(len(steps))), "everything once"
    bounds = [*sorted(number for number in set(at) if number < len(steps)), len(steps) - 1]
    for part, first, last in zip(parts, [-1, *bounds], bounds, strict=False):
        assert all(first < int(found.line.value or b"") <= last for found in part), "in its cut"
    for topic in TOPICS:
        for partition in (0, 1):
            mine = [
                f.line.offset for part in parts for f in part if (f.topic, f.partition) == (topic, partition)
            ]
            assert mine == sorted(mine)


def test_between_two_cuts_time_decides_and_a_late_clock_holds_up_only_its_own(tmp_path: Path) -> None:
    lines = {
        ("facts.investment", 0): [Line(0, 10, None, b"a", ()), Line(1, 5, None, b"b", ())],
        ("facts.layoff", 0): [Line(0, 7, None, b"c", ()), Line(1, 12, None, b"d", ())],
    }
    sources = [Source(tmp_path, file) for file in write(tmp_path, lines)]
    assert [found.line.value for found in merged(sources)] == [b"c", b"a", b"b", b"d"]


def test_only_what_is_a_cut_by_the_rule_is_one(tmp_path: Path) -> None:
    one, two = {"facts.layoff": {"0": 1}}, {"facts.layoff": {"0": 2}}
    values = [b"no cut", cuts.encode(one), cuts.encode(one), cuts.encode(two), cuts.encode(one)]
    held = [Line(n, 100 - n, None, value, ()) for n, value in enumerate(values)]
    found = list(closed_cuts(tmp_path, write(tmp_path, {("cuts", 0): held})))
    assert [(cut.number, cut.ms, line.offset) for cut, line in found] == [(1, 99, 1), (2, 99, 3)]


def test_a_topic_of_a_newer_khabar_is_not_left_out_silently() -> None:
    refuse_unknown(Cut(1, 0, {"facts.layoff": {"0": 1}, "entities": {"0": 1}}))
    with pytest.raises(NewerVersion, match=r"facts\.rumour that this khabar does not know"):
        refuse_unknown(Cut(1, 0, {"facts.rumour": {"0": 1}}))
