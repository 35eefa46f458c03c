"""`khabar retract`: take an event back, with a cause, or take a retraction back."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.commands.common import EXIT_INPUT, fail


class ACause(StrEnum):
    """Why an event is taken back."""

    SOURCE_CORRECTED = "source_corrected"
    SOURCE_WITHDRAWN = "source_withdrawn"
    EXTRACTOR_BUG = "extractor_bug"
    MERGE_UNDONE = "merge_undone"
    DUPLICATE = "duplicate"


def retract(
    event: Annotated[str, typer.Argument(help="The id of an event, or of a retraction to take back.")],
    cause: Annotated[ACause, typer.Option(help="Why it is wrong.")],
    reason: Annotated[str | None, typer.Option(help="In words, for people.")] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; by default, the user.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The answered revision as one JSON object.")
    ] = False,
) -> None:
    """Take an event back, and all that follows from it; a retraction is taken back likewise."""
    import re

    from api.commands import answered
    from api.commands.client import post
    from api.commands.naming import user

    if not re.fullmatch(r"[0-9a-f]{64}", event):
        fail("an event's id has 64 hexadecimal digits", EXIT_INPUT)
    body = {"cause": cause.value, "by": by or user(), **({"reason": reason} if reason else {})}
    answered.tell(post(f"/v1/events/{event}/retraction", body), "corrected", as_json=as_json)
