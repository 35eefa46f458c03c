"""Health and metrics. Alive: what there is to apply is being applied. Ready: it once was all applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.answers import JSON
from api.errors import ReadModelMissing
from api.reader_metrics import SILENT_MS
from api.reader_status import now_ms, shown
from api.service import Service
from api.view_models import Health
from streams import room

if TYPE_CHECKING:
    from api.reader_status import Status

STALLED_MS = 60_000

router = APIRouter(tags=["health"])
DOWN: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "Not well"}}


@router.get("/livez", response_model=Health, responses=DOWN)
async def livez(request: Request) -> Response:
    """Tell whether the reader gets on; a Kafka that is away is no reason to restart it.

    Nor is a reader that has stopped by itself: it would again.
    """
    service = Service.of(request)
    status = service.status()
    # Nor is a full disk one: the reader cannot even tell of itself then, and goes on when there is room.
    lack = room.lack(service.settings.data)
    return _health(service, status, "" if lack else _stalled(status, now_ms()), lack)


@router.get("/readyz", response_model=Health, responses=DOWN)
async def readyz(request: Request) -> Response:
    """Tell whether there are views that were complete once; stale ones are served, and said to be.

    Not ready is a server whose reader has stopped for good, or whose disk is full: it answers, but is not
    current again before somebody has done something.
    """
    service = Service.of(request)
    status = service.status()
    try:
        with service.model.snapshot() as at:
            missing = "" if at.views is not None else "no generation of the views is served yet"
    except ReadModelMissing as error:
        missing = str(error)
    # With Kafka away after a restart, what is in the files is served, stale as it is.
    if not missing and not (status.reached or (status.phase == "waiting" and status.current_ms)):
        missing = "the reader has not come to the end of the log yet"
    return _health(service, status, room.lack(service.settings.data) or shown(status) or missing)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE_LATEST.split(";")[0]: {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Give all metrics in Prometheus' text format."""
    service = Service.of(request)
    return Response(service.metrics.render(), media_type=CONTENT_TYPE_LATEST)


def _stalled(status: Status, now: int) -> str:
    """Say what stands still, if anything does."""
    if not status.written_ms:
        return ""  # it is being started; readiness tells of that
    if status.phase == "stopped":
        return ""
    if now - status.written_ms > SILENT_MS:
        return f"the reader has said nothing for {(now - status.written_ms) // 1000} s"
    if status.behind and status.phase != "waiting" and now - status.moved_ms > STALLED_MS:
        return f"{status.behind} records wait, and none was applied for {(now - status.moved_ms) // 1000} s"
    return ""


def _health(service: Service, status: Status, wrong: str, known: str = "") -> Response:
    """Make the answer; `known` is told where nothing is wrong."""
    body = {
        "ok": not wrong,
        "phase": status.phase,
        "behind": status.behind,
        "stale_seconds": service.staleness_seconds(),
        "said": wrong or known or shown(status) or status.reason or "well",
    }
    return Response(orjson.dumps(body), 503 if wrong else 200, {"Cache-Control": "no-store"}, JSON)
