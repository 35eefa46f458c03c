"""One partition: from the log to sorted files of entries, lines and versions; its changelog and table.

Runs in a process of its own. What it holds in memory is bounded: rows that are sorted, and the entries of one
line at a time.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.bulk import lines
from api.read_model import store, unwritten
from api.read_model.entity_maps import ids_in_changes
from api.read_model.places import CutMoves
from streams.digest import Digest, term
from streams.replay import Changelog, TableRow, chunks, progress_row, read_rows
from streams.runs import Runs, Writer
from streams.settings import Settings
from streams.table_files import PartitionFile
from streams.vectors import next_offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.vectors import Vector

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What is built: below which vector, with versions up to which cut; where files go.

    `compared`: below which vector a digest is made, too; `tables`: the folder of the worker's table, if one
    keeps it here.
    """

    settings: Settings
    generation: int
    vector: Vector
    compared: Vector
    last_cut: int
    folder: Path
    tables: Path | None


@dataclass(frozen=True)
class Built:
    """A partition as it was built. `entries`, `lines`, `versions` and `touched` are files of sorted rows.

    `digest` is that of all rows, `compared` that of those below the vector of this name.
    `left`: names of lines of which more is to be known than this partition, or that cannot be folded.
    """

    partition: int
    records: int
    rows: int
    digest: Digest
    compared: Digest
    changelog_next: int
    entries: Path
    lines: Path
    versions: Path
    touched: Path
    left: list[bytes]


def build(task: Task, partition: int, progressed: Callable[[int], None]) -> Built:
    """Build one partition. Raises NewerVersion, KafkaError, OSError."""
    return asyncio.run(_build(task, partition, progressed))


async def _build(task: Task, partition: int, progressed: Callable[[int], None]) -> Built:
    rows = Runs(task.folder, f"posted-{partition}")
    records = await read_rows(task.settings, partition, task.vector, rows, progressed)
    sums, count = Sums(task, partition), 0
    with closing(PartitionFiles(task, partition)) as made:
        async with AsyncExitStack() as stack:
            changelog = await stack.enter_async_context(Changelog(task.settings, task.generation, partition))
            table = PartitionFile(task.tables, partition) if task.tables else None
            for chunk in chunks(rows.ordered()):
                sums.add(chunk)
                count += len(chunk)
                await changelog.add(chunk)
                if table is not None:
                    table.add(chunk)
                made.add(chunk)
            offset = await changelog.end(task.vector)
            if table is not None:
                table.end(progress_row(task.vector, partition), offset)
        return made.built(records, count, sums, offset + 1)


class Sums:
    """The digests of a partition: of all, and of what lies below the vector that is compared."""

    def __init__(self, task: Task, partition: int) -> None:
        self.all = Digest()
        self.compared = self.all if task.compared == task.vector else Digest()
        self._ends = {topic: next_offset(task.compared, topic, partition) for topic in task.vector}

    def add(self, rows: list[TableRow]) -> None:
        """Count rows in."""
        for key, _, topic, offset, entry in rows:
            value = term(key, entry)
            self.all.add_term(key, value)
            if self.compared is not self.all and offset < self._ends[topic]:
                self.compared.add_term(key, value)


class PartitionFiles:
    """Folds the lines of a partition as their rows go by."""

    def __init__(self, task: Task, partition: int) -> None:
        self._partition = partition
        self._last = task.last_cut
        with closing(store.open_reader(store.events_path(task.settings.data))) as events:
            self._changed = ids_in_changes(events)
            self._cuts = CutMoves(events, 0, task.last_cut, partition)
        self._entries = Writer(task.folder / f"entries-{partition}.rows")
        self._lines = Runs(task.folder, f"lines-{partition}")
        self._versions = Runs(task.folder, f"versions-{partition}")
        self._touched = Writer(task.folder / f"touched-{partition}.rows")
        self._left: list[bytes] = []
        self._open: list[TableRow] = []  # of the last line, which may go on

    def add(self, rows: list[TableRow]) -> None:
        """Take rows, in the order of their keys."""
        self._entries.add([(k, self._partition, topic, o, ms, entry) for k, ms, topic, o, entry in rows])
        groups = list(lines.by_line([*self._open, *rows]))
        self._open = groups.pop()[1] if groups else []
        self._fold(groups)

    def built(self, records: int, rows: int, sums: Sums, changelog_next: int) -> Built:
        """End the files, and say where they are."""
        self._fold(list(lines.by_line(self._open)))
        self.close()
        return Built(
            self._partition, records, rows, sums.all, sums.compared, changelog_next, self._entries.path,
            self._lines.to_file(), self._versions.to_file(), self._touched.path, self._left,
        )  # fmt: skip

    def close(self) -> None:
        """Close the files."""
        self._entries.close()
        self._touched.close()

    def _arrived(self, topic: str, offset: int) -> int | None:
        return self._cuts.cut_of(topic, self._partition, offset)

    def _fold(self, groups: list[tuple[bytes, list[TableRow]]]) -> None:
        touched = []
        for name, rows in groups:
            try:
                line = lines.line(name)
                if self._changed and not self._changed.isdisjoint(lines.ids_of(line)):
                    self._left.append(name)
                    continue
                made = lines.rows_of(rows, self._arrived, self._last)
            except Exception as error:  # whatever it is: the reader's own steps make a finding of it
                log.warning("line %r cannot be folded: %r", name, error)
                self._left.append(name)
                continue
            self._lines.add([(*line, unwritten.packed(made.view))])
            self._versions.add([version.row(line) for version in made.versions])
            if made.touched:
                touched.append((name,))
        self._touched.add(touched)
