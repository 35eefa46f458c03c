"""What changed and why: history, differences, series over time, and the explanation of a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api import cursors
from api.answers import HEADERS, answer
from api.as_of import NOW, Asked, AsOf, a_day, asked, resolve
from api.errors import BadParameter, NotFound
from api.freshness import fresh
from api.positions import entity_of
from api.problems import documented
from api.read_model import change_queries, position_queries
from api.read_model.explain_queries import WHOLE, Part, explanation
from api.read_model.position_queries import Names, map_of
from api.read_model.reading import Snapshot
from api.routers.companies import CompanyId
from api.service import Service
from api.time_models import DifferenceView, ExplainView, HistoryPage, TimelinesView
from streams.entity_map import EntityMap
from streams.lines import Line
from streams.timelines import timelines
from streams.tokens import TEXT_MAX

router = APIRouter(prefix="/v1/companies", tags=["changes"])
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"headers": HEADERS},
    **documented(308, 404, 410, 422, 503),
}
PAGE_MAX = 500
CUT_MAX = 1 << 62

Axis = Annotated[
    Literal["recorded", "valid"],
    Query(description="`recorded`: as the log came to know; `valid`: as it happened in the world."),
]
From = Annotated[
    str,
    Query(alias="from", max_length=TEXT_MAX, description="A day; on the recorded axis also a time or token."),
]
To = Annotated[
    str | None, Query(alias="to", max_length=TEXT_MAX, description="Likewise; left out: up to now.")
]
ALine = Annotated[
    str,
    Query(
        max_length=600,
        description="A line as a position names it: `company|section|counterpart`.",
        examples=["scale-ai|investors|meta-platforms"],
    ),
]

PartCursor = Annotated[
    str | None,
    Query(max_length=200, description="`next`, `next_retracted` or a step's `more` of an answer."),
]


@dataclass(frozen=True)
class Stretch:
    """From where to where, on one axis; the other stands still. Both are points of both axes."""

    axis: str
    first: AsOf
    last: AsOf


async def stretch(
    start: From, axis: Axis = "recorded", end: To = None, other: Annotated[Asked, Depends(asked)] = NOW
) -> tuple[str, Asked, Asked]:
    """Take the two ends: what is asked for at each."""
    if axis == "recorded":
        if other.recorded is not None:
            message = "recorded_as_of: the recorded axis is what `from` and `to` are on"
            raise BadParameter(message)
        return axis, Asked(other.valid, start), Asked(other.valid, end)
    if other.valid is not None:
        message = "valid_as_of: the valid axis is what `from` and `to` are on"
        raise BadParameter(message)
    return axis, Asked(a_day("from", start), other.recorded), Asked(a_day("to", end), other.recorded)


def _between(at: Snapshot, wanted: tuple[str, Asked, Asked]) -> Stretch:
    axis, first, last = wanted
    until = resolve(at, last)
    since = resolve(at, Asked(first.valid or until.day, first.recorded))
    begins = since.recorded.cut if since.recorded else 0
    if since.day > until.day or (until.recorded and begins > until.recorded.cut):
        message = "from: it lies behind `to`"
        raise BadParameter(message)
    return Stretch(axis, since, until)


@router.get(
    "/{company_id:path}/history",
    dependencies=[Depends(fresh)],
    response_model=HistoryPage,
    responses=RESPONSES,
)
async def get_history(
    request: Request,
    company_id: CompanyId,
    wanted: Annotated[tuple[str, Asked, Asked], Depends(stretch)],
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> Response:
    """List what changed of a company between two moments, change by change, and which events did it."""
    with Service.of(request).model.snapshot() as at:
        between = _between(at, wanted)
        entity_of(at, company_id, between.last)
        find = _recorded_page if between.axis == "recorded" else _valid_page
        found, following = find(at, company_id, between, cursor, limit)
        names = Names(at, between.last.recorded)
        body = {
            **_ends(between),
            "changes": [change.to_json(names) for change in found],
            "next": cursors.write(following) if following else None,
        }
        return answer(request, at, body, of_views=True)


@router.get(
    "/{company_id:path}/diff",
    dependencies=[Depends(fresh)],
    response_model=DifferenceView,
    responses=RESPONSES,
)
async def get_difference(
    request: Request, company_id: CompanyId, wanted: Annotated[tuple[str, Asked, Asked], Depends(stretch)]
) -> Response:
    """Hold a company's position at one moment against that at another, line by line."""
    with Service.of(request).model.snapshot() as at:
        between = _between(at, wanted)
        entity_of(at, company_id, between.last)
        first, last = between.first, between.last
        lines = change_queries.difference(
            at, company_id, (first.day, first.recorded), (last.day, last.recorded)
        )
        return answer(request, at, {**_ends(between), "lines": lines}, of_views=True)


@router.get(
    "/{company_id:path}/timelines",
    dependencies=[Depends(fresh)],
    response_model=TimelinesView,
    responses=RESPONSES,
)
async def get_timelines(
    request: Request, company_id: CompanyId, wanted: Annotated[Asked, Depends(asked)]
) -> Response:
    """Give valuation, stakes, leadership and capital spending of a company over time, as data."""
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, wanted)
        entity_of(at, company_id, as_of)
        names = Names(at, as_of.recorded)
        lines = position_queries.whole_views_of(at, company_id, as_of.recorded)
        series = timelines(
            (line.section, line.counterpart, names.of_counterpart(line), view) for line, view in lines
        )
        if wanted.valid is not None:
            day = wanted.valid.isoformat()
            series = {name: [p for p in points if p["date"] <= day] for name, points in series.items()}
        return answer(request, at, {"as_of": as_of.to_json(), "series": series}, of_views=True)


@router.get(
    "/{company_id:path}/explain",
    dependencies=[Depends(fresh)],
    response_model=ExplainView,
    responses=RESPONSES,
)
async def explain_line(
    request: Request,
    company_id: CompanyId,
    line: ALine,
    wanted: Annotated[Asked, Depends(asked)],
    cursor: PartCursor = None,
) -> Response:
    """Say why a line says what it says: each telling with its source, evidence and place in the log."""
    part = Part(*cursors.read(cursor, str, int, int)) if cursor is not None else WHOLE
    with Service.of(request).model.snapshot() as at:
        as_of = resolve(at, wanted)
        entity_of(at, company_id, as_of)
        named = _line(line, company_id, map_of(at, as_of.recorded))
        told = explanation(at, named, as_of.recorded, wanted.valid, part)
        if not told["steps"] and not told["retracted"] and part == WHOLE:
            message = "the company has no such line: its position names those that it has"
            raise NotFound(message)
        for page, name in [(told, "next"), (told, "next_retracted"), *((s, "more") for s in told["steps"])]:
            page[name] = cursors.write(page[name]) if page[name] else None
        return answer(request, at, {"line": str(named), "as_of": as_of.to_json(), **told}, of_views=True)


def _ends(between: Stretch) -> dict[str, Any]:
    return {"axis": between.axis, "from": between.first.to_json(), "to": between.last.to_json()}


def _recorded_page(
    at: Snapshot, company: str, between: Stretch, cursor: str | None, limit: int
) -> tuple[list[change_queries.Change], list[Any] | None]:
    first, last = between.first.recorded, between.last.recorded
    after = (first.cut if first else 0, "\U0010ffff", "", "")
    if cursor is not None:
        cut, *name = cursors.read(cursor, int, str, str, str)
        after = (cut, *name)
    found: list[change_queries.Change] = []
    until = last.cut if last else CUT_MAX
    for point, change in change_queries.recorded_changes(at, company, after, until, between.last.day):
        if change is not None:
            found.append(change)
        if len(found) == limit:
            return found, list(point)
    return found, None


def _valid_page(
    at: Snapshot, company: str, between: Stretch, cursor: str | None, limit: int
) -> tuple[list[change_queries.Change], list[Any] | None]:
    changes = change_queries.valid_changes(
        at, company, between.first.day, between.last.day, between.last.recorded
    )
    if cursor is not None:
        day, line = cursors.read(cursor, str, str)
        changes = [change for change in changes if (change.at, str(change.line)) > (day, line)]
    page = changes[:limit]
    return page, [page[-1].at, str(page[-1].line)] if len(changes) > limit else None


def _line(text: str, company: str, entities: EntityMap) -> Line:
    """Read the name of a line; one of an entity that was merged is the line that it has become."""
    try:
        line = entities.line(Line.parse(text))
    except ValueError:
        message = "line: `company|section|counterpart`, as the position names it"
        raise BadParameter(message) from None
    if line.company != company:
        message = f"line: it is one of {line.company}, not of {company}"
        raise BadParameter(message)
    return line
