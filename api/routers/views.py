"""The generations of the views: which is served, how far, and whether it is proven."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from api.answers import HEADERS, answer
from api.errors import ReadModelMissing
from api.problems import documented
from api.read_model import store, view_queries
from api.read_model.event_queries import moment
from api.service import Service
from api.view_models import ViewsView
from streams.generations import FOLLOWED, State

router = APIRouter(prefix="/v1/views", tags=["views"])


@router.get("", response_model=ViewsView, responses={200: {"headers": HEADERS}, **documented(503)})
async def get_views(request: Request) -> Response:
    """List the generations with their vectors, digests and differences."""
    service = Service.of(request)
    with service.model.snapshot() as at:
        named = orjson.loads(store.get_meta(at.events, "views") or '{"live": 0, "generations": {}}')
        generations = [
            _generation(service, int(number), told, named["live"], at.generation)
            for number, told in sorted(named["generations"].items(), key=lambda item: int(item[0]))
        ]
        body = {"live": named["live"], "served": at.generation, "generations": generations}
        return answer(request, at, body, of_views=True)


def _generation(
    service: Service, number: int, told: dict[str, Any], live: int, served: int
) -> dict[str, Any]:
    behind = service.status().generations.get(str(number), {}).get("behind")
    vector, proof = None, None
    if State(told["state"]) in FOLLOWED:
        try:
            with closing(store.open_reader(store.views_path(service.settings.data, number))) as file:
                file.execute("BEGIN")
                vector, proof = view_queries.vector(file), view_queries.proof(file)
        except (ReadModelMissing, sqlite3.Error):
            behind = None
    return {
        "generation": number,
        "state": told["state"],
        "live": number == live,
        "served": number == served,
        "entries_version": told["entries_version"],
        "created_at": moment(told["created_ms"]),
        "note": told.get("note"),
        "behind": behind,
        "vector": vector,
        "proof": proof,
    }
