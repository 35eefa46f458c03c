"""What a rebuild writes for a worker is what Faust's store would have written."""

from __future__ import annotations

from pathlib import Path

from rocksdict import Options, Rdict

from streams import app, progress, table_files, worker_slots
from streams.settings import Settings
from streams.table_files import PartitionFile, folder_of
from streams.table_store import RocksStore


def test_names_and_places_are_fausts(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    slot = worker_slots.claim(tmp_path, worker_slots.views(2))
    store = app.views_app(settings, 2, slot).tables["positions"].data
    assert isinstance(store, RocksStore)
    assert store.partition_path(3) == folder_of(slot.path) / f"{table_files.TABLE}-3.db"
    assert RocksStore.offset_key == table_files.OFFSET_KEY
    slot.release()


def test_rows_and_offset_are_in_the_file(tmp_path: Path) -> None:
    rows = [(b"a|valuation|-\0" + bytes([n]) * 16, 1, "facts.valuation", n, b"entry") for n in range(3)]
    for _ in range(2):  # again, over what is there
        file = PartitionFile(tmp_path, 1)
        file.add(rows)
        file.end(b"{}", 7)
    empty = PartitionFile(tmp_path, 2)
    empty.end(b"{}", 0)
    table = Rdict(str(tmp_path / "positions-1.db"), options=Options(raw_mode=True))
    assert dict(table.items()) == {
        **{key: entry for key, *_, entry in rows},
        progress.key(1): b"{}",
        table_files.OFFSET_KEY: b"7",
    }
    table.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["positions-1.db", "positions-2.db"]
