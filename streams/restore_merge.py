"""The records of a backup in recorded order: one stream out of the files of several partitions.

Within a partition, the order is that of the offsets. Between partitions it is that of the cuts, and between
two cuts that of the broker's times; a clock that stepped back holds up its own partition only.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from streams import cuts
from streams.backup_files import BackupFile, Line, lines
from streams.cuts import START, Cut
from streams.errors import NewerVersion
from streams.topics import fact_topics

KNOWN = frozenset((*fact_topics(), "entities"))


class Found(NamedTuple):
    """A record, and the partition where it stood."""

    topic: str
    partition: int
    line: Line


class Source:
    """One file of a backup, read up to a bound and then on from there."""

    def __init__(self, folder: Path, file: BackupFile) -> None:
        self.topic, self.partition = file.topic, file.partition
        self._lines = lines(folder, file)
        self._next = next(self._lines, None)

    def below(self, bound: int | None) -> Iterator[Found]:
        """Yield the records below an offset; none: all that are left."""
        while self._next is not None and (bound is None or self._next.offset < bound):
            line, self._next = self._next, next(self._lines, None)
            yield Found(self.topic, self.partition, line)


def merged(sources: Iterable[Source]) -> Iterator[Found]:
    """Yield all that is left of the sources, by time."""
    return _merged((source, None) for source in sources)


def up_to(sources: Iterable[Source], before: Cut, cut: Cut) -> Iterator[Found]:
    """Yield what a cut covers and the one before it did not, by time."""
    moved = []
    for source in sources:
        name, partition = source.topic, str(source.partition)
        bound = cut.vector.get(name, {}).get(partition, 0)
        if bound > before.vector.get(name, {}).get(partition, 0):
            moved.append((source, bound))
    return _merged(moved)


def closed_cuts(folder: Path, files: Iterable[BackupFile]) -> Iterator[tuple[Cut, Line]]:
    """Yield the records of `cuts` that are cuts by the rule, and the cuts that they are."""
    cut = START
    for file in files:
        for line in lines(folder, file):
            next_ = cuts.next_cut(cut, cuts.decode(line.value), line.timestamp_ms)
            if next_ is not None:
                cut = next_
                yield cut, line


def refuse_unknown(cut: Cut) -> None:
    """Raise NewerVersion for a cut of topics that this version has not: it could not copy the log whole."""
    if unknown := sorted(cut.vector.keys() - KNOWN):
        message = f"the log has a topic {unknown[0]} that this khabar does not know: update it first"
        raise NewerVersion(message)


def _merged(bounded: Iterable[tuple[Source, int | None]]) -> Iterator[Found]:
    # Of the first records that are left of each, the earliest: also where times within one step back.
    streams = [source.below(bound) for source, bound in bounded]
    return heapq.merge(*streams, key=lambda found: (found.line.timestamp_ms, *found[:2]))
