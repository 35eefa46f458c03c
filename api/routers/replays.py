"""Replays: rebuild the views from the log."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from fastapi import APIRouter, Request, Response

from api.answers import JSON
from api.models import ReplayList, ReplayView
from api.problems import documented
from api.service import Service

router = APIRouter(prefix="/v1/replays", tags=["views"])


@router.get("", response_model=ReplayList)
async def list_replays(request: Request) -> Response:
    """List the replays that were asked for here, the last first."""
    listed = [asdict(replay) for replay in Service.of(request).replays.list()]
    return Response(orjson.dumps({"replays": listed}), media_type=JSON)


@router.get("/{replay_id}", response_model=ReplayView, responses=documented(404, 422))
async def get_replay(request: Request, replay_id: str) -> Response:
    """Tell how a replay is."""
    return Response(orjson.dumps(asdict(Service.of(request).replays.get(replay_id))), media_type=JSON)


@router.post("", status_code=202, response_model=ReplayView, responses=documented(401, 403, 409))
async def start_replay(request: Request) -> Response:
    """Build the next generation of the views beside the live one, prove it, and serve it."""
    replay = Service.of(request).replays.start()
    return Response(
        orjson.dumps(asdict(replay)), 202, {"Location": f"/v1/replays/{replay.id}"}, media_type=JSON
    )
