"""`khabar dead-letters`: what could not be used, why, and sending it again."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.commands.common import EXIT_INPUT, err, explained, fail, load_settings, out, plain

if TYPE_CHECKING:
    from streams.dead_letters import DeadLetter


dead_letters = typer.Typer(
    name="dead-letters",
    help="List the records that could not be used; send them again once their cause is gone.",
    invoke_without_command=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, bytes in base64.")]


@dead_letters.callback()
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """List the records that could not be used, with the reason."""
    from streams import dead_letters as topic

    if context.invoked_subcommand is not None:
        return
    settings = load_settings()

    async def collect() -> list[DeadLetter]:
        return [letter async for letter in topic.letters(settings)]

    with explained():
        found = asyncio.run(collect())
    if as_json:
        _print_json(found)
    elif not found:
        err.print("no dead letters")
    else:
        _print_table(found)


@dead_letters.command()
def resend(
    number: Annotated[list[int], typer.Argument(help="Numbers of dead letters, as listed.")],
    value: Annotated[
        Path | None,
        typer.Option(help="A file with the repaired record, for one number.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Publish records again, where they belong. An event that would be a dead letter again is refused."""
    from streams import dead_letters as topic

    if value is not None and len(number) > 1:
        fail("a repaired record stands for one dead letter: give one number with --value", EXIT_INPUT)
    settings = load_settings()
    repaired = value.read_bytes().rstrip(b"\n") if value else None
    with explained():
        for one in number:
            place = asyncio.run(topic.resend(settings, one, repaired))
            out.print(f"{one} is sent again: {place}", markup=False)


def _print_json(found: list[DeadLetter]) -> None:
    import orjson

    for letter in found:
        line = {
            "number": letter.number,
            "timestamp_ms": letter.timestamp_ms,
            "topic": letter.origin.topic,
            "partition": letter.origin.partition,
            "offset": letter.origin.offset,
            "reason": letter.reason,
            "key": base64.b64encode(letter.key).decode() if letter.key is not None else None,
            "value": base64.b64encode(letter.value).decode() if letter.value is not None else None,
        }
        out.out(orjson.dumps(line).decode(), highlight=False)


def _print_table(found: list[DeadLetter]) -> None:
    table = Table("number", "when", "place", "reason", "bytes")
    for letter in found:
        when = datetime.fromtimestamp(letter.timestamp_ms / 1000, UTC).isoformat(timespec="seconds")
        size = "in place" if letter.value is None else str(len(letter.value))
        table.add_row(str(letter.number), when, str(letter.origin), plain(letter.reason), size)
    out.print(table)
