"""`khabar ingest`: put articles into the log, and see what came of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import EXIT_INPUT, err, fail, load_settings, out

if TYPE_CHECKING:
    from seeds.document import Document
    from streams.settings import Settings

READABLE = (".txt", ".html", ".htm", ".json")


def ingest(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="Articles (.txt .html .json) or folders of them.")
    ],
    published_at: Annotated[str | None, typer.Option(help="Day of publication of .txt files.")] = None,
    language: Annotated[str | None, typer.Option(help="ar or en, where the file does not say.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document.")] = False,
) -> None:
    """Put articles into the log. A file that cannot be read is named and does not stop the others."""
    files = list(_files(paths))
    if not files:
        fail(f"nothing to read: no {', '.join(READABLE)} in {', '.join(map(str, paths))}", EXIT_INPUT)
    failed = asyncio.run(_ingest(load_settings(), files, published_at, language, as_json))
    if failed:
        fail(f"{failed} of {len(files)} files could not be read; the others are in the log", EXIT_INPUT)


def _files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix in READABLE) if path.is_dir() else [path]
        found.extend(inside)
    return found


async def _ingest(
    settings: Settings, files: list[Path], published_at: str | None, language: str | None, as_json: bool
) -> int:
    """Publish every file that can be read; return how many could not."""
    import orjson
    from rich.progress import track

    from seeds.document import read_document
    from seeds.errors import SeedsError
    from streams.documents import stored
    from streams.publish import Publisher

    failed = 0
    async with Publisher(settings) as publisher:
        for path in track(files, "ingesting", console=err, transient=True, disable=len(files) < 2):
            try:
                document: Document = read_document(path, published_at=published_at, language=language)
            except SeedsError as error:
                err.print(str(error), markup=False)
                failed += 1
                continue
            record = stored(document)
            place = await publisher.publish_document(record)
            if as_json:
                line = {"file": str(path), "document": record.document, "revision": record.revision}
                out.out(orjson.dumps({**line, "place": list(place)}).decode())
            else:
                out.print(f"{path.name} → {place.topic}/{place.partition}@{place.offset}", markup=False)
    return failed
