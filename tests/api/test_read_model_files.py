"""Files that are broken, deleted or in the way: what the reader takes them for, what the API keeps open."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from api.read_model import store
from api.read_model.reading import ReadModel
from tests.api.files import Log


def a_file(path: Path) -> sqlite3.Connection:
    return store.open_writer(path, "views", {"log": "a-log"})


def test_a_file_that_is_not_whole_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    a_file(path).close()
    page = store.PAGE_BYTES
    path.write_bytes(path.read_bytes()[: 2 * page] + b"\xff" * (path.stat().st_size - 2 * page))
    with pytest.raises(sqlite3.DatabaseError) as malformed:
        a_file(path).execute("SELECT * FROM entries").fetchall()
    assert store.is_broken(malformed.value)
    path.write_text("This is no database, and long enough for SQLite to look at it." * 99)
    with pytest.raises(sqlite3.DatabaseError) as foreign:
        sqlite3.connect(path).execute("SELECT * FROM meta")
    assert store.is_broken(foreign.value)


def test_a_fault_of_ours_is_neither_a_broken_file_nor_the_machine(tmp_path: Path) -> None:
    file = a_file(tmp_path / "views.db")
    with pytest.raises(sqlite3.IntegrityError) as fault:
        file.execute("INSERT INTO meta (name) VALUES ('x')")
    with pytest.raises(sqlite3.OperationalError) as unknown:
        file.execute("SELECT * FROM nothing")
    file.close()
    with pytest.raises(sqlite3.ProgrammingError) as closed:
        file.execute("SELECT 1")
    for error in (fault.value, unknown.value, closed.value):
        assert not store.is_broken(error)
        assert not store.is_environment(error)


def test_a_full_disk_is_the_machine(tmp_path: Path) -> None:
    file = a_file(tmp_path / "views.db")
    file.execute("PRAGMA max_page_count = 1")  # what is there stays, no page is added
    with pytest.raises(sqlite3.OperationalError) as full, store.transaction(file):
        file.execute("INSERT INTO meta VALUES ('x', ?)", ("x" * 100_000,))
    assert not store.is_broken(full.value)
    assert store.is_environment(full.value)


def open_here(path: Path) -> bool:
    """Whether this process has a file open, be it deleted."""
    links = []
    for fd in Path("/proc/self/fd").iterdir():
        try:
            links.append(os.readlink(fd))
        except FileNotFoundError:
            continue  # that of the listing itself
    return any(link.removesuffix(" (deleted)") == str(path) for link in links)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells what is open")
def test_generations_that_are_served_no_more_are_closed(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    log = Log(tmp_path / "reader")
    for number in (1, 2):
        a_file(store.views_path(tmp_path, number)).close()
    model = ReadModel(tmp_path)

    def look(number: int) -> None:
        with store.transaction(log.file.connection) as events:
            store.set_meta(events, "live", str(number))
        with model.snapshot() as at:
            assert at.views is not None

    look(1)
    assert open_here(store.views_path(tmp_path, 1))
    store.remove(store.views_path(tmp_path, 1))
    look(2)
    assert not open_here(store.views_path(tmp_path, 1))
    assert open_here(store.views_path(tmp_path, 2))
    model.close()
