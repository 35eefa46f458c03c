"""`khabar diff`: what changed of a company between two moments, on either axis."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.commands.client import get
from api.commands.common import out
from api.commands.show import AsJson, Company, RecordedAsOf, ValidAsOf, path_of


class Axis(StrEnum):
    """Along what the two moments lie."""

    RECORDED = "recorded"
    VALID = "valid"


def diff(
    company: Company,
    start: Annotated[str, typer.Option("--from", help="A day; on the recorded axis also a time or a token.")],
    end: Annotated[str | None, typer.Option("--to", help="Likewise; left out: now.")] = None,
    axis: Annotated[Axis, typer.Option(help="As the log came to know, or as it happened.")] = Axis.RECORDED,
    valid_as_of: ValidAsOf = None,
    recorded_as_of: RecordedAsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show the lines of a company that differ between two moments, and which events made the difference."""
    import orjson

    from api.commands import explained

    asked = {"axis": str(axis), "from": start, "to": end}
    told = get(f"{path_of(company)}/diff", **asked, valid_as_of=valid_as_of, recorded_as_of=recorded_as_of)
    if as_json:
        out.out(orjson.dumps(told).decode(), highlight=False)
    else:
        out.print(explained.difference(told))
