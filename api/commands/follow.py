"""`khabar follow`: subscribe to the event topics from the command line."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import EXIT_INPUT, err, explained, fail, load_settings, out, plain

if TYPE_CHECKING:
    from streams.events import AnyEvent
    from streams.filters import EventFilter
    from streams.settings import Settings
    from streams.subscribe import Received, Start


def follow(
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this event type (repeatable).")
    ] = None,
    company: Annotated[str | None, typer.Option(help="Only events in which this entity has a role.")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Only this stage (repeatable).")] = None,
    modality: Annotated[list[str] | None, typer.Option(help="Only this modality (repeatable).")] = None,
    min_confidence: Annotated[str, typer.Option(help="Only facts at least this certain, 0 to 1.")] = "0",
    start: Annotated[
        str, typer.Option("--from", help="beginning, end, a time (ISO 8601) or a token.")
    ] = "end",
    limit: Annotated[int, typer.Option(min=0, help="Stop after so many events; 0 never stops.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The events as published, one a line.")] = False,
) -> None:
    """Subscribe to the event topics: what is published appears here until Ctrl-C."""
    from seeds.facts import Modality, Stage
    from streams.filters import EventFilter

    try:
        wanted = EventFilter(
            types=frozenset(types or ()),
            stages=frozenset(Stage(s) for s in stage or ()),
            modalities=frozenset(Modality(m) for m in modality or ()),
            min_confidence=Decimal(min_confidence),
            company=company,
        )
    except (ValueError, InvalidOperation) as error:
        fail(str(error) if isinstance(error, ValueError) else "--min-confidence is a number", EXIT_INPUT)
    with explained():
        asyncio.run(_follow(load_settings(), start, wanted, limit, as_json))


async def _follow(settings: Settings, start: str, wanted: EventFilter, limit: int, as_json: bool) -> None:
    from streams.codec import CodecError, decode
    from streams.subscribe import records

    types = wanted.types | {"retraction"} if wanted.types else wanted.types
    shown = 0
    async with aclosing(records(settings, await _start(settings, start), types)) as received:
        async for record in received:
            try:
                event = decode(record.value)
            except CodecError as error:
                err.print(f"{record.topic}/{record.partition}@{record.offset}: {error}", markup=False)
                continue
            if wanted.matches(event):
                _show(record, event, as_json)
                shown += 1
                if shown == limit:
                    return


async def _start(settings: Settings, start: str) -> Start:
    from streams.errors import StreamsError
    from streams.history import places_of
    from streams.subscribe import Beginning, End, Since
    from streams.tokens import Token

    if start in ("beginning", "end"):
        return Beginning() if start == "beginning" else End()
    try:
        moment = datetime.fromisoformat(start).astimezone()
    except ValueError:
        try:
            return await places_of(settings, Token.decode(start))
        except StreamsError as error:
            fail(f"--from {start[:40]!r}: not beginning, end, a time or a token ({error})", EXIT_INPUT)
    return Since(int(moment.timestamp() * 1000))


def _show(record: Received, event: AnyEvent, as_json: bool) -> None:
    if as_json:
        out.out(record.value.decode(), highlight=False)
        return
    spans = event.evidence.get("trigger") or next(iter(event.evidence.values()), ())
    told = f"{event.stage} · {event.modality}"
    out.print(f"{event.type:22} {event.id[:12]} {told:24}", plain(event.home), end="  ", markup=False)
    out.print(plain(spans[0].exact[:80]) if spans else "")
