"""`khabar reshard`: another number of partitions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.commands.broker import bar, kafka, on_disk
from api.commands.common import err, explained, load_settings
from api.commands.restore import tell


def reshard(
    partitions: Annotated[int, typer.Option(min=1, max=1000, help="How many the log shall have.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the log is kept meanwhile.", metavar="DIR")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Give the log another number of partitions: back it up, check that, write it anew. Stop khabar first.

    Interrupted, run it again: it goes on. Then set KHABAR_PARTITIONS everywhere, and start khabar.
    """
    from streams import reshard as log

    settings = load_settings()
    kept = folder or settings.data / "reshard"
    with explained(), on_disk(kept), kafka(settings, alone=True) as on, bar(quiet=as_json) as told:
        done = asyncio.run(log.reshard(on, partitions, kept, told))
    tell(done, as_json)
    err.print(
        f"set KHABAR_PARTITIONS={partitions} for every khabar; {kept} is a backup of the log as it was, "
        "delete it when you are content",
        markup=False,
    )
