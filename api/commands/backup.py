"""`khabar backup`: the log as plain files with checksums."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.commands.broker import bar, kafka, on_disk
from api.commands.common import explained, load_settings, out


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder to make.", metavar="DIR")],
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Copy the log to plain files with checksums, while khabar runs or not; `khabar restore` takes them."""
    import orjson

    from streams import backup as log
    from streams import backup_folder

    settings = load_settings()
    with explained(), on_disk(folder):
        with kafka(settings, alone=False) as on, bar(quiet=as_json) as told:
            manifest = asyncio.run(log.backup(on, folder, told))
        size = backup_folder.size(folder)
    if as_json:
        told_json = {
            "folder": str(folder), "log": manifest.log, "partitions": manifest.partitions,
            "records": manifest.records, "bytes": size, "made_at": manifest.made_at,
        }  # fmt: skip
        out.out(orjson.dumps(told_json).decode(), highlight=False)
    else:
        out.print(
            f"✓ {folder}: {manifest.records:,} records, {size:,} bytes; to check: sha256sum -c SHA256SUMS",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
