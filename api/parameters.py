"""Query parameters that several endpoints share."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Query

from api.errors import BadParameter
from seeds.facts import Modality, Stage
from streams.events import CATALOGUE
from streams.filters import EventFilter

ENTITY = r"^[^\s|/]+(/[^\s|/]+)?$"
EVENT_ID = r"^[0-9a-f]{64}$"
PAGE_MAX = 200


STAGES = [str(stage) for stage in Stage if stage != "other"]
MODALITIES = [str(modality) for modality in Modality if modality != "other"]

Types = Annotated[
    list[str] | None, Query(alias="type", description=f"Only these types: {', '.join(CATALOGUE)}.")
]
Stages = Annotated[list[str] | None, Query(alias="stage", description=f"Only these: {', '.join(STAGES)}.")]
Modalities = Annotated[
    list[str] | None, Query(alias="modality", description=f"Only these: {', '.join(MODALITIES)}.")
]
Confidence = Annotated[float, Query(ge=0, le=1, description="Only events at least this certain.")]
Company = Annotated[
    str | None,
    Query(pattern=ENTITY, max_length=200, description="Only events in which this entity has a role, any."),
]
Since = Annotated[
    str | None,
    Query(
        max_length=40, description="Only what was recorded at this time or later: ISO 8601, UTC by default."
    ),
]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Events a page.")]


async def event_filter(
    type_: Types = None,
    stage: Stages = None,
    modality: Modalities = None,
    min_confidence: Confidence = 0,
    company: Company = None,
) -> EventFilter:
    """Make the filter that the parameters ask for. Raises BadParameter."""
    _known("stage", stage, STAGES)
    _known("modality", modality, MODALITIES)
    try:
        return EventFilter(
            types=frozenset(type_ or ()),
            stages=frozenset(map(Stage, stage or ())),
            modalities=frozenset(map(Modality, modality or ())),
            min_confidence=Decimal(str(min_confidence)),
            company=company,
        )
    except ValueError as error:
        raise BadParameter(str(error)) from error


async def since_ms(since: Since = None) -> int:
    """Read the time of `since`; 0 without one. Raises BadParameter."""
    if since is None:
        return 0
    try:
        moment = datetime.fromisoformat(since)
        return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        message = "since: a day or a time of ISO 8601, such as 2025-06-17 or 2025-06-17T09:30:00Z"
        raise BadParameter(message) from None


def _known(name: str, given: list[str] | None, names: list[str]) -> None:
    if unknown := set(given or ()) - set(names):
        message = f"{name}: {sorted(unknown)[0][:40]!r} is none of {', '.join(names)}"
        raise BadParameter(message)
