"""`khabar restore`: a log from a backup, into a Kafka that holds none."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.broker import bar, kafka, on_disk
from api.commands.common import explained, load_settings, out

if TYPE_CHECKING:
    from streams.restore import Restored


def restore(
    folder: Annotated[Path, typer.Argument(help="What `khabar backup` made.", metavar="DIR")],
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Write the log of a backup into a Kafka that holds none; nothing else of khabar may run meanwhile.

    All checksums are checked first. It gets as many partitions as KHABAR_PARTITIONS says. Interrupted, run it
    again: it begins anew.
    """
    from streams import restore as log

    settings = load_settings()
    with explained(), on_disk(folder), bar(quiet=as_json) as told:
        checked = log.check(folder, told)
        with kafka(settings, alone=True) as on:
            done = asyncio.run(log.restore_checked(on, folder, checked, told))
    tell(done, as_json)


def tell(done: Restored, as_json: bool) -> None:
    """Say what was written."""
    import orjson

    if as_json:
        out.out(orjson.dumps(asdict(done)).decode(), highlight=False)
        return
    said = (
        f"✓ {done.records:,} records and {done.cuts:,} cuts in {done.partitions} partitions: log {done.log}, "
        f"generation {done.generation} of the views is built once khabar runs"
    )
    if done.left_out:
        said += f"; {done.left_out} misplaced records are left out: `khabar dead-letters` has them"
    out.print(said, markup=False, highlight=False, soft_wrap=True)
