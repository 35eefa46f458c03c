"""JSON bodies, read by hand: the framework would answer a wrong media type with 422."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.errors import BadBody, UnsupportedMedia

ModelT = TypeVar("ModelT", bound=BaseModel)


async def read_body(request: Request, model: type[ModelT]) -> tuple[ModelT, bytes]:
    """Read the body of a request. Raises UnsupportedMedia, BadBody."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        message = "the body is application/json"
        raise UnsupportedMedia(message)
    data = await request.body()
    try:
        return model.model_validate_json(data), data
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{where or 'body'}: {first['msg']}"[:300]
        raise BadBody(message) from None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Tell OpenAPI of a body that is read by hand."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
