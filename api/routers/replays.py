"""Replays: rebuild the views from the log."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from api.answers import HEADERS, JSON, answer
from api.problems import documented
from api.service import Service
from api.view_models import ReplayList, ReplayView

router = APIRouter(prefix="/v1/replays", tags=["views"])


@router.get("", response_model=ReplayList, responses={200: {"headers": HEADERS}, **documented(503)})
async def list_replays(request: Request) -> Response:
    """List the replays that were asked for here, the last first."""
    service = Service.of(request)
    listed = [replay.to_json() for replay in service.replays.list()]
    with service.model.snapshot() as at:
        return answer(request, at, {"replays": listed}, of_views=True)


@router.get(
    "/{replay_id}",
    response_model=ReplayView,
    responses={200: {"headers": HEADERS}, **documented(404, 422, 503)},
)
async def get_replay(request: Request, replay_id: str) -> Response:
    """Tell how a replay is."""
    service = Service.of(request)
    with service.model.snapshot() as at:
        return answer(request, at, service.replays.get(replay_id).to_json(), of_views=True)


@router.post("", status_code=202, response_model=ReplayView, responses=documented(401, 403, 409))
async def start_replay(request: Request) -> Response:
    """Build the next generation of the views beside the live one, prove it, and serve it."""
    replay = Service.of(request).replays.start()
    return Response(
        orjson.dumps(replay.to_json()), 202, {"Location": f"/v1/replays/{replay.id}"}, media_type=JSON
    )
