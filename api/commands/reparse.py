"""`khabar reparse`: read stored documents again with today's rules; tell what differs, and publish it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import EXIT_FAULT, EXIT_INPUT, EXIT_SETUP, err, explained, fail, load_settings, out

if TYPE_CHECKING:
    from api.reparsing import Published
    from streams.reparse import Report
    from streams.settings import Settings


def reparse(
    since: Annotated[
        str | None, typer.Option(help="Only documents with a text recorded since: a day or a time, UTC.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="Only this one: its id, URL or file. May be given again.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Publish nothing: that is the default.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Have the differing documents read again.")] = False,
    examples: Annotated[int, typer.Option(min=0, max=100, help="Examples to show of each rule.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
) -> None:
    """Read stored documents again with today's rules, and tell which facts would be new, gone or changed.

    With --apply, exactly the documents that differ get a revision; what is gone goes as `extractor_bug`.
    """
    import orjson

    if dry_run and apply:
        fail("--dry-run and --apply exclude each other", EXIT_INPUT)
    settings = load_settings()
    with explained():
        from api.commands import reparse_table
        from api.commands.naming import document_named
        from api.errors import ReadModelMissing
        from api.reparsing import wanted
        from streams.reparse import Report

        report = Report(examples_max=examples)
        named = [document_named(name) for name in document or ()]
        try:
            ids = wanted(settings, _milliseconds(since), named)
        except ReadModelMissing:
            message = f"{settings.data} holds no documents: `khabar up` fills it, KHABAR_DATA names another"
            fail(message, EXIT_SETUP)
        if missing := set(named) - set(ids):
            fail(f"there is no document {sorted(missing)[0]}" + (" since then" if since else ""), EXIT_INPUT)
        published = asyncio.run(_run(settings, ids, report, apply=apply, quiet=as_json))
    if as_json:
        told = report.to_json()
        if published is not None:
            told["published"] = reparse_table.published_json(published)
        out.file.write(orjson.dumps(told).decode() + "\n")
    else:
        reparse_table.tell(report, published)
    if published is not None and published.answered < published.documents:
        late = published.documents - published.answered
        fail(f"{late} revisions are in the log but not answered yet: does a worker run?", EXIT_FAULT)


async def _run(
    settings: Settings, ids: list[str], report: Report, *, apply: bool, quiet: bool
) -> Published | None:
    """Read the documents again, one after the other into the report; publish what differs, if asked to."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from api.commands.naming import user
    from api.reparsing import again, applying

    columns = (TextColumn("reading again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with AsyncExitStack() as stack:
        applied = await stack.enter_async_context(applying(settings)) if apply else None
        bar = stack.enter_context(Progress(*columns, console=err, transient=True, disable=quiet))
        task = bar.add_task("", total=len(ids))
        async for read in again(settings, ids, user()):
            bar.advance(task)
            if read.answer is None:
                report.skip(read.skipped or "gone")
            elif report.add(read.answer) and applied is not None:
                await applied.publish(read)
        bar.stop()
        return await applied.wait() if applied is not None else None


def _milliseconds(since: str | None) -> int:
    if since is None:
        return 0
    try:
        moment = datetime.fromisoformat(since)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        fail(f"--since {since[:40]!r}: a day or a time of ISO 8601, such as 2025-06-17", EXIT_INPUT)
