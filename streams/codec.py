"""Events to bytes and back.

The wire form is RFC 8785 JSON without nulls, so the same event is the same bytes wherever it is written.
Writers check their own closed schema; readers check the id, upcast, and ignore what they do not know.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import ValidationError

from streams.errors import BadId, CodecError, Invalid, NewerVersion, NotJson, TooLong, UnknownType
from streams.events import CATALOGUE, EVENT, SCHEMA_VERSION, AnyEvent
from streams.ids import canonical, event_id
from streams.upcast import STEPS, Steps, upcast

__all__ = [
    "BadId",
    "CodecError",
    "NewerVersion",
    "decode",
    "decode_dict",
    "encode",
    "event_id",
    "headers",
    "wire",
]

EVENT_BYTES_MAX = 16 << 10
RETRACTION_BYTES_MAX = 4 * EVENT_BYTES_MAX


def wire(event: AnyEvent) -> dict[str, Any]:
    """Give the data of an event as it is written."""
    return event.model_dump(mode="json", exclude_none=True)


def encode(event: AnyEvent) -> bytes:
    """Write an event. Raises Invalid for a value outside the closed schema, BadId, TooLong."""
    data = wire(event)
    try:
        EVENT.validate_python(data)
    except ValidationError as error:
        raise Invalid(_first(error)) from error
    if event.type != "retraction" and (where := _unknown(data)):
        message = f"{where} is `other`, which only a reader may meet"
        raise Invalid(message)
    if event_id(data) != event.id:
        message = f"event {event.id[:12]}… has content of another id"
        raise BadId(message)
    value = canonical(data)
    limit = RETRACTION_BYTES_MAX if event.type == "retraction" else EVENT_BYTES_MAX
    if len(value) > limit:
        message = f"the event has {len(value)} bytes, more than {limit}"
        raise TooLong(message)
    return value


def decode(value: bytes | None) -> AnyEvent:
    """Read an event. Raises a subclass of CodecError; NewerVersion is the one to stop at."""
    try:
        return EVENT.validate_python(decode_dict(value), extra="ignore")
    except ValidationError as error:
        raise Invalid(_first(error)) from error


def decode_dict(value: bytes | None, steps: Steps = STEPS, newest: int = SCHEMA_VERSION) -> dict[str, Any]:
    """Read the data of an event, id checked and upcast, without building the model."""
    try:
        data = orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        message = f"not JSON: {error}"
        raise NotJson(message) from error
    if not isinstance(data, dict) or not isinstance(data.get("source"), dict) or "salt" not in data["source"]:
        message = "not an event: no `source.salt`"
        raise Invalid(message)
    try:
        honest = event_id(data) == data.get("id")
    except (TypeError, RecursionError, orjson.JSONEncodeError) as error:
        message = f"not an event: {error}"
        raise Invalid(message) from error
    if not honest:
        message = f"the id {str(data.get('id'))[:64]} is not that of the content"
        raise BadId(message)
    if data.get("type") not in CATALOGUE:
        message = f"unknown event type {str(data.get('type'))[:64]!r}"
        raise UnknownType(message)
    return upcast(data, steps, newest)


def headers(event: AnyEvent) -> list[tuple[str, bytes]]:
    """Make the CloudEvents 1.0 headers of a record in binary mode; the value is the event itself."""
    said = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": f"khabar.{event.type}.v{event.schema_version}",
        "ce_source": "/khabar/documents",
        "ce_subject": _ascii(event.home),
        "ce_dataschema": f"/schemas/v{event.schema_version}/{event.type}.json",
        "content-type": "application/json",
    }
    return [(key, value.encode()) for key, value in said.items()]


def _ascii(text: str) -> str:
    """Percent-encode what is not printable ASCII, as the CloudEvents header binding asks for."""
    return "".join(
        c if " " < c < "\x7f" and c not in '"%' else "".join(f"%{b:02X}" for b in c.encode()) for c in text
    )


def _first(error: ValidationError) -> str:
    """Tell the first of a model's complaints in one line."""
    complaint = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in complaint['loc'])}: {complaint['msg']}"


CLOSED_TAILS = (
    "kind",
    "precision",
    "bound",
    "status",
    "stage",
    "modality",
    "extent",
    "metric",
    "offer",
    "cause",
)


def _unknown(value: Any, path: str = "") -> str | None:
    """Find an enumeration that says `other`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner == "other" and key in CLOSED_TAILS:
                return f"{path}{key}"
            if found := _unknown(inner, f"{path}{key}."):
                return found
    if isinstance(value, list):
        for number, inner in enumerate(value):
            if found := _unknown(inner, f"{path}{number}."):
                return found
    return None
