"""The JSON Schemas that the events name in their `ce_dataschema` header."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.errors import NotFound
from api.problems import documented

router = APIRouter(prefix="/schemas", tags=["events"])
MEDIA_TYPE = "application/schema+json"


@router.get(
    "/v{version}/{event_type}.json",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}, **documented(404, 422)},
)
async def get_schema(
    version: Annotated[int, Path(ge=1, le=10_000)],
    event_type: Annotated[str, Path(pattern=r"^[a-z_]{1,60}$", description="An event type, such as supply.")],
) -> Response:
    """Give the JSON Schema of an event type in a schema version."""
    file = files("streams.schemas").joinpath(f"v{version}", f"{event_type}.json")
    if not file.is_file():
        message = "there is no such event type in this schema version"
        raise NotFound(message)
    return Response(file.read_bytes(), media_type=MEDIA_TYPE, headers={"Cache-Control": "max-age=86400"})
