"""`khabar ingest`: put articles into the log, or withdraw one, or let it stand again."""

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
        list[Path] | None, typer.Argument(exists=True, help="Articles (.txt .html .json) or folders of them.")
    ] = None,
    published_at: Annotated[str | None, typer.Option(help="Day of publication of .txt files.")] = None,
    language: Annotated[str | None, typer.Option(help="ar or en, where the file does not say.")] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="DOCUMENT", help="Take an article back: its id, URL or file.")
    ] = None,
    reinstate: Annotated[
        str | None, typer.Option(metavar="DOCUMENT", help="Let a withdrawn article stand again.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in words, for people.")] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; by default, the user.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document.")] = False,
) -> None:
    """Put articles into the log. A file that cannot be read is named and does not stop the others.

    With --withdraw or --reinstate: change what became of one article, over HTTP.
    """
    if sum((bool(paths), withdraw is not None, reinstate is not None)) != 1:
        fail("give articles, or --withdraw DOCUMENT, or --reinstate DOCUMENT", EXIT_INPUT)
    if withdraw is not None or reinstate is not None:
        _change(withdraw, reinstate, reason, by, as_json)
        return
    paths = paths or []
    files = list(_files(paths))
    if not files:
        fail(f"nothing to read: no {', '.join(READABLE)} in {', '.join(map(str, paths))}", EXIT_INPUT)
    failed = asyncio.run(_ingest(load_settings(), files, published_at, language, as_json))
    if failed:
        fail(f"{failed} of {len(files)} files could not be read; the others are in the log", EXIT_INPUT)


def _change(
    withdraw: str | None, reinstate: str | None, reason: str | None, by: str | None, as_json: bool
) -> None:
    """Withdraw a document, or let it stand again; say what stands then."""
    from api.commands import answered
    from api.commands.client import delete, post
    from api.commands.naming import document_named, user

    path = answered.path_of(document_named(withdraw or reinstate or ""))
    body = {"by": by or user(), **({"reason": reason} if reason else {})}
    if reinstate is not None:
        answered.tell(post(f"{path}/reinstatement", body), "reinstated", as_json=as_json)
    elif reason:
        answered.tell(delete(path, body), "withdrawn", as_json=as_json)
    else:
        fail("--withdraw needs a --reason, in words", EXIT_INPUT)


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
