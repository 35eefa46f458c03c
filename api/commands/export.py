"""`khabar export`: a point-in-time dataset out of the data directory, without broker or server."""

from __future__ import annotations

import sqlite3
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.common import EXIT_INPUT, EXIT_SETUP, err, explained, fail, load_settings, out
from api.commands.show import RecordedAsOf, ValidAsOf
from api.export.files import Format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.export.columns import Row
    from api.export.dataset import Wanted


def export(
    folder: Annotated[Path, typer.Argument(help="A folder to make.", metavar="OUT")],
    form: Annotated[Format, typer.Option("--format", help="How the tables are written.")] = Format.PARQUET,
    valid_as_of: ValidAsOf = None,
    recorded_as_of: RecordedAsOf = None,
    companies: Annotated[
        list[str] | None, typer.Option("--company", help="Only this one's, by id; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
) -> None:
    """Write events, lines and entities of one moment, with schemas and checksums.

    Without --recorded-as-of, it is the last settled cut; asked for by its token, the bytes are the same.
    """
    if form is Format.PARQUET and not _has_pyarrow():
        fail("Parquet needs pyarrow: pip install 'khabar[export]', or take --format jsonl", EXIT_SETUP)
    with explained():
        from api.as_of import Asked
        from api.errors import BadParameter, NotFound, ReadModelMissing, TokenGone, ViewBehind
        from api.export.dataset import Wanted

        data = load_settings().data
        try:
            wanted = Wanted(form, Asked(_day(valid_as_of), recorded_as_of), tuple(companies or ()))
            manifest = _written(data, wanted, folder, as_json)
        except (BadParameter, NotFound, TokenGone) as error:
            fail(str(error), EXIT_INPUT)
        except ReadModelMissing:
            fail(f"{data} holds no events: `khabar up` fills it, KHABAR_DATA names another", EXIT_SETUP)
        except (ViewBehind, OSError, sqlite3.Error) as error:
            fail(f"{folder} was not written: {error}", EXIT_SETUP)
    _tell(manifest, folder, as_json)


def _written(data: Path, wanted: Wanted, folder: Path, quiet: bool) -> dict[str, Any]:
    from rich.progress import Progress

    from api.export.dataset import export as write

    with Progress(console=err, transient=True, disable=quiet) as progress:

        def track(table: str, rows: Iterable[Row], about: int) -> Iterable[Row]:
            return progress.track(rows, about, description=table)

        return write(data, wanted, folder, track)


def _tell(manifest: dict[str, Any], folder: Path, as_json: bool) -> None:
    import orjson

    from api.export.columns import TABLES

    if as_json:
        out.file.write(orjson.dumps(manifest).decode() + "\n")
        return
    at = manifest["as_of"]
    rows = {file["name"].partition(".")[0]: file["rows"] for file in manifest["files"] if "rows" in file}
    counts = [f"{rows[table]:,} {table}" for table in TABLES]
    told = f"✓ {folder}: {', '.join(counts)}, as of {at['recorded']} (cut {at['cut']})"
    if not at["final"]:
        told += "; not final: what is recorded next may still belong to that moment"
    out.print(told, markup=False, highlight=False, soft_wrap=True)


def _day(text: str | None) -> date | None:
    from api.errors import BadParameter

    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        message = f"--valid-as-of {text!r}: a day such as 2025-06-17"
        raise BadParameter(message) from None


def _has_pyarrow() -> bool:
    try:
        return find_spec("pyarrow") is not None
    except ValueError:  # None in sys.modules
        return False
