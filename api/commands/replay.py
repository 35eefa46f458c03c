"""`khabar replay`: rebuild the views from the log beside the live ones, prove them equal, switch."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import err, explained, load_settings, out

if TYPE_CHECKING:
    from api.rebuild import Replayed
    from streams.settings import Settings


def replay(
    rollback: Annotated[bool, typer.Option("--rollback", help="Serve the generation before again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Build the next generation of the views from the log, and serve it; the one before is kept."""
    import orjson

    from api import rebuild

    settings = load_settings()
    with explained():
        if rollback:
            number = asyncio.run(rebuild.rollback(settings))
            said = orjson.dumps({"generation": number}).decode() if as_json else f"generation {number} serves"
            out.out(said, highlight=False)
            return
        done = _with_bar(settings, quiet=as_json)
    if as_json:
        out.out(orjson.dumps(asdict(done)).decode(), highlight=False)
    else:
        out.print(
            f"generation {done.generation} serves instead of {done.replaced}: {done.records} records, "
            f"{done.rows} rows in {done.seconds:.1f} s\ndigest {done.digest}, "
            + ("equal to the one before" if done.equal else "not compared: the one before was no measure")
        )


def _with_bar(settings: Settings, quiet: bool) -> Replayed:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from api import rebuild, rebuild_status

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task("reading the log", total=None)
        told = rebuild.Progress(
            total=lambda n: bar.update(task, total=n),
            read=lambda n: bar.advance(task, n),
            phase=lambda name: bar.update(task, description=name),
        )
        with rebuild_status.recorded(settings.data, told) as recorded:
            return asyncio.run(rebuild.replay(settings, recorded))
