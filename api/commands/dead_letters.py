"""`khabar dead-letters`: what could not be used, why, and sending one again."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.commands.common import err, explained, load_settings, out, plain

if TYPE_CHECKING:
    from streams.dead_letters import DeadLetter


def dead_letters(
    again: Annotated[int | None, typer.Option("--send-again", help="Publish this one again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, bytes in base64.")] = False,
) -> None:
    """List the records that could not be used; send one again once its cause is gone."""
    from streams import dead_letters as topic

    settings = load_settings()
    with explained():
        if again is not None:
            out.print(f"sent again: {asyncio.run(topic.send_again(settings, again))}", markup=False)
            return

        async def collect() -> list[DeadLetter]:
            return [letter async for letter in topic.letters(settings)]

        found = asyncio.run(collect())
    if as_json:
        _print_json(found)
    elif not found:
        err.print("no dead letters")
    else:
        _print_table(found)


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
