"""JSON bodies, read by hand: the framework would answer a wrong media type with 422."""

from __future__ import annotations

from collections.abc import Callable
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
    return validated(lambda: model.model_validate_json(data)), data


def validated(validate: Callable[[], ModelT]) -> ModelT:
    """Name the first thing that is wrong with a body. Raises BadBody."""
    try:
        return validate()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{where or 'body'}: {first['msg']}"[:300]
        raise BadBody(message) from None


async def read_body_or(request: Request, model: type[ModelT], **instead: object) -> ModelT:
    """Read the body of a request; without one, make the model of what was said otherwise. Raises like it."""
    if await request.body():
        return (await read_body(request, model))[0]
    return validated(lambda: model.model_validate({k: v for k, v in instead.items() if v is not None}))


def body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Tell OpenAPI of a body that is read by hand."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
