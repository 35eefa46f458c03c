"""One export: a moment is chosen, all is written beside its place, described, hashed and moved there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from api.as_of import Asked, AsOf, Recorded, resolve
from api.errors import BadParameter, NotFound
from api.export import describe, entity_rows, event_rows, files, line_rows
from api.export.columns import TABLES, Row
from api.export.files import Format
from api.read_model import store
from api.read_model.event_queries import moment
from api.read_model.places import last_cut, read_cut
from api.read_model.position_queries import map_of
from api.read_model.reading import ReadModel, Snapshot
from api.service import Service
from streams import tokens
from streams.cuts import START, Cut
from streams.entries import ENTRIES_VERSION

FORMAT = "khabar-export/1"
Track = Callable[[str, Iterable[Row], int], Iterable[Row]]
"""Shows how far the rows of a table are: its name, the rows, about how many there will be."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for; no `companies`: all."""

    form: Format = Format.PARQUET
    asked: Asked = field(default_factory=Asked)
    companies: tuple[str, ...] = ()


def export(data: Path, wanted: Wanted, out: Path, track: Track = lambda _, rows, __: rows) -> dict[str, Any]:
    """Write a data directory's events, lines and entities to the folder `out`; return the manifest.

    Raises BadParameter (also for an `out` that is not empty or cannot be made), NotFound, TokenGone,
    ReadModelMissing, ViewBehind; OSError where the disk refuses later.
    """
    with _folder(out) as folder, closing(ReadModel(data)) as model, model.snapshot() as at:
        day, recorded = _moment(at, wanted.asked)
        companies = _companies(at, recorded, wanted.companies)
        rows = {
            "events": event_rows.rows(at, recorded, wanted.asked.valid, companies),
            "lines": line_rows.rows(at, recorded, day, companies),
            "entities": entity_rows.rows(at, recorded, companies),
        }
        counts = {}
        for table, columns in TABLES.items():
            path = folder / f"{table}.{wanted.form}"
            shown = track(table, rows[table], _about(at, table))
            counts[path.name] = files.write(wanted.form, path, columns, shown)
        describe.write(folder)
        manifest = {
            "format": FORMAT,
            "khabar": version("khabar"),
            "entries_version": ENTRIES_VERSION,
            "log": Service.log_id(at),
            "as_of": _told(at, day, recorded),
            "only": {"valid_as_of": wanted.asked.valid, "companies": sorted(companies)},
            "files": [_file(folder, path, counts) for path in _paths(folder)],
        }
        told = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        (folder / "manifest.json").write_bytes(told)
    return manifest


def _moment(at: Snapshot, asked: Asked) -> tuple[date, Recorded]:
    """Find the moment: where none is asked for, the last cut that the views have settled, by its token."""
    if asked.recorded is None:
        settled = int(store.get_meta(at.views, "versioned") or 0) if at.views else 0
        cut = read_cut(at.events, min(settled, last_cut(at.events).number)) or START
        asked = Asked(asked.valid, _token(at, cut, cut.vector))
    match resolve(at, asked):
        case AsOf(day, Recorded() as recorded):
            return day, recorded
    message = "no moment was found"
    raise NotFound(message)


def _told(at: Snapshot, day: date, recorded: Recorded) -> dict[str, Any]:
    cut = read_cut(at.events, recorded.cut) or START
    return {
        "valid": day.isoformat(),
        "recorded": moment(recorded.at_ms),
        "cut": recorded.cut,
        "final": recorded.final,
        "token": _token(at, cut, recorded.vector),
        "vector": {topic: dict(sorted(ends.items())) for topic, ends in sorted(recorded.vector.items())},
    }


def _token(at: Snapshot, cut: Cut, vector: dict[str, dict[str, int]]) -> str:
    return tokens.at(Service.log_id(at), cut, vector).encode()


def _companies(at: Snapshot, recorded: Recorded, named: tuple[str, ...]) -> frozenset[str]:
    """Give the ids under which companies are shown at the moment. Raises NotFound."""
    entities = map_of(at, recorded)
    for name in named:
        known = at.events.execute("SELECT 1 FROM entities WHERE id = ?", (name,)).fetchone()
        if not known and name not in entities.ids():
            message = f"there is no entity {name!r}: `khabar show NAME` finds ids"
            raise NotFound(message)
    return frozenset(map(entities.resolve, named))


def _about(at: Snapshot, table: str) -> int:
    connection, name = (at.views, table) if table == "lines" and at.views else (at.events, table)
    return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608  # of TABLES


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _file(folder: Path, path: Path, counts: dict[str, int]) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    told = {"name": name, "bytes": path.stat().st_size, "sha256": files.sha256(path)}
    return {**told, "rows": counts[name]} if name in counts else told


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` if all goes well, and is gone otherwise. Raises BadParameter."""
    out = out.resolve()
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            message = f"{out}: there is something already; name a new or an empty folder"
            raise BadParameter(message)
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = out.parent / f".{out.name}.{os.getpid()}.partial"
        folder.mkdir()
    except OSError as error:
        message = f"{out}: cannot be written ({error.strerror})"
        raise BadParameter(message) from error
    try:
        yield folder
        folder.rename(out)  # takes the place of an empty folder, and of nothing else
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
