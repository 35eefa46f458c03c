"""Fill a new generation's RocksDB files as its worker would have left them, so that it recovers nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rocksdict import Options, Rdict, SstFileWriter

from streams import progress, worker_slots

if TYPE_CHECKING:
    from streams.replay import TableRow
    from streams.settings import Settings

TABLE = "positions"
OFFSET_KEY = b"__faust\0offset__"
"""Faust's names: not imported, since a rebuild's processes would each take a second to load it."""


def has_worker(settings: Settings, generation: int) -> bool:
    """Say whether a worker of a generation keeps its table in files of this data directory."""
    slots = settings.data / "worker" / worker_slots.views(generation)
    return settings.table_store == "rocksdb" and slots.exists()


@contextmanager
def slot_for(settings: Settings, generation: int, log: str) -> Iterator[Path]:
    """Hold the slot that the first worker of a generation takes on this machine; give its folder of files."""
    slot = worker_slots.claim(settings.data, worker_slots.views(generation))
    try:
        slot.belongs_to(log)
        yield folder_of(slot.path)
    finally:
        slot.release()


def folder_of(slot: Path) -> Path:
    """Name the folder in which Faust keeps the files of its tables."""
    return slot / "faust" / "v1" / "tables"


class PartitionFile:
    """One partition's file: rows in the order of their keys, then how far the changelog is in it."""

    def __init__(self, folder: Path, partition: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._partition = partition
        self._path = folder / f"{TABLE}-{partition}.db"
        shutil.rmtree(self._path, ignore_errors=True)
        self._rows = folder / f"{TABLE}-{partition}.sst"
        self._writer = SstFileWriter(Options(raw_mode=True))
        self._writer.open(str(self._rows))
        self._is_empty = True

    def add(self, rows: list[TableRow]) -> None:
        """Append rows; their keys ascend."""
        for key, *_, entry in rows:
            self._writer[key] = entry
        self._is_empty = self._is_empty and not rows

    def end(self, row: bytes, offset: int) -> None:
        """Make the file; `row` is the progress row that stands in the changelog at `offset`, the last one."""
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        table = Rdict(str(self._path), options=options)
        try:
            if not self._is_empty:
                self._writer.finish()
                table.ingest_external_file([str(self._rows)])
            table[progress.key(self._partition)] = row
            table[OFFSET_KEY] = str(offset).encode()
            table.flush()
        finally:
            table.close()
            if self._rows.exists():
                os.unlink(self._rows)
