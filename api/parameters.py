"""Query parameters that several endpoints share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from api.errors import BadParameter
from seeds.facts import Modality, Stage
from streams.events import CATALOGUE
from streams.filters import EventFilter
from streams.lines import SECTIONS

ENTITY = r"^[^\s|/]+(/[^\s|/]+)?$"
ENTITY_MAX = 200
EVENT_ID = r"^[0-9a-f]{64}$"
PAGE_MAX = 200


STAGES = [str(stage) for stage in Stage if stage != "other"]
MODALITIES = [str(modality) for modality in Modality if modality != "other"]
MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$"

# Checked by hand, below: the framework would take an unknown stage for one that a newer version wrote.
Type = Annotated[str, Field(json_schema_extra={"enum": list(CATALOGUE)})]
AStage = Annotated[str, Field(json_schema_extra={"enum": STAGES})]
AModality = Annotated[str, Field(json_schema_extra={"enum": MODALITIES})]

Types = Annotated[list[Type] | None, Query(alias="type", description="Only these types of event.")]
Stages = Annotated[list[AStage] | None, Query(alias="stage", description="Only these stages.")]
Modalities = Annotated[
    list[AModality] | None, Query(alias="modality", description="Only what is told in these ways.")
]
Confidence = Annotated[float, Query(ge=0, le=1, description="Only events at least this certain.")]
Company = Annotated[
    str | None,
    Query(
        pattern=ENTITY, max_length=ENTITY_MAX, description="Only events in which this entity has a role, any."
    ),
]
Sections = Annotated[
    list[Annotated[str, Field(json_schema_extra={"enum": list(SECTIONS)})]] | None,
    Query(alias="section", description="Only lines of these sections."),
]
Since = Annotated[
    str | None,
    Query(
        max_length=40, description="Only what was recorded at this time or later: ISO 8601, UTC by default."
    ),
]
Cursor = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{32}$", description="`next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Events a page.")]


async def _of_any_company(
    type_: Types = None,
    stage: Stages = None,
    modality: Modalities = None,
    min_confidence: Confidence = 0,
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
        )
    except ValueError as error:
        raise BadParameter(str(error)) from error


OfAnyCompany = Annotated[EventFilter, Depends(_of_any_company)]
"""What is wanted where the path names the company."""


async def _of_company(wanted: OfAnyCompany, company: Company = None) -> EventFilter:
    return replace(wanted, company=company)


Wanted = Annotated[EventFilter, Depends(_of_company)]


async def _since_ms(since: Since = None) -> int:
    """Read the time of `since`; 0 without one. Raises BadParameter."""
    if since is None:
        return 0
    try:
        moment = datetime.fromisoformat(since)
        return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        message = "since: a day or a time of ISO 8601, such as 2025-06-17 or 2025-06-17T09:30:00Z"
        raise BadParameter(message) from None


@dataclass(frozen=True)
class Paging:
    """Which of the wanted events stand on a page: from a recorded time on, behind a cursor, so many."""

    since_ms: int
    cursor: str | None
    limit: int


async def _paging(
    since: Annotated[int, Depends(_since_ms)], cursor: Cursor = None, limit: Limit = 50
) -> Paging:
    return Paging(since, cursor, limit)


APage = Annotated[Paging, Depends(_paging)]


def _known(name: str, given: list[str] | None, names: list[str]) -> None:
    if unknown := set(given or ()) - set(names):
        message = f"{name}: {sorted(unknown)[0][:40]!r} is none of {', '.join(names)}"
        raise BadParameter(message)
