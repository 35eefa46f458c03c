"""Events to bytes and back.

The wire form is RFC 8785 JSON without nulls, so the same event is the same bytes wherever it is written.
Writers check their own closed schema; readers check the id, upcast, and ignore what they do not know.
"""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import ValidationError

from seeds.facts import OpenEnum, Value
from streams.errors import BadId, CodecError, Invalid, NewerVersion, NotJson, TooLong, UnknownType
from streams.events import CATALOGUE, EVENT, SCHEMA_VERSION, AnyEvent
from streams.homes import home_of
from streams.ids import canonical, event_id, legible
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

RECORD_BYTES_MAX = 8 << 20  # what a topic takes; nothing longer is even parsed
EVENT_BYTES_MAX = 16 << 10
RETRACTION_BYTES_MAX = 4 * EVENT_BYTES_MAX  # with all that it takes back inside
RETRACTIONS_DEEP_MAX = 8
ERASED_START = b'{"sha256":"'
ERASED_BYTES = len(ERASED_START) + 64 + len(b'"}')


def wire(event: AnyEvent) -> dict[str, Any]:
    """Give the data of an event as it is written."""
    return event.model_dump(mode="json", exclude_none=True)


def encode(event: AnyEvent) -> bytes:
    """Write an event. Raises Invalid for a value outside the closed schema, BadId, TooLong."""
    if (where := _other(event)) is not None:
        message = f"{where} is `other`, which only a reader may meet"
        raise Invalid(message)
    data = wire(event)
    _read(data, STEPS, SCHEMA_VERSION, extra="forbid")
    value = canonical(data)
    _within_limit(event.type, value)
    return value


def decode(value: bytes | None) -> AnyEvent:
    """Read an event. Raises a subclass of CodecError; NewerVersion is the one to stop at."""
    return _read_bytes(value, STEPS, SCHEMA_VERSION)[1]


def decode_dict(value: bytes | None, steps: Steps = STEPS, newest: int = SCHEMA_VERSION) -> dict[str, Any]:
    """Read an event as `decode` does, and give its data, upcast, with what this version does not know.

    What a retraction takes back is upcast in it too.
    """
    return _read_bytes(value, steps, newest)[0]


def _read_bytes(value: bytes | None, steps: Steps, newest: int) -> tuple[dict[str, Any], AnyEvent]:
    """Read an event as written; what a newer version wrote is told before it is measured by our limits."""
    data, event = _read(_loads(value), steps, newest)
    _within_limit(event.type, value or b"")
    return data, event


def _within_limit(event_type: str, value: bytes) -> None:
    limit = RETRACTION_BYTES_MAX if event_type == "retraction" else EVENT_BYTES_MAX
    limit += value.count(ERASED_START) * ERASED_BYTES  # the hash of a word is longer than the word
    if len(value) > limit:
        message = f"the event has {len(value)} bytes, more than {limit}"
        raise TooLong(message)


def _loads(value: bytes | None) -> Any:
    if value is not None and len(value) > RECORD_BYTES_MAX:
        message = f"the record has {len(value)} bytes, more than {RECORD_BYTES_MAX}"
        raise TooLong(message)
    try:
        return orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        message = f"not JSON: {error}"
        raise NotJson(message) from error


def _read(
    data: Any, steps: Steps, newest: int, *, extra: Literal["ignore", "forbid"] = "ignore", depth: int = 0
) -> tuple[dict[str, Any], AnyEvent]:
    """Check data as written, id first; give the upcast data and the model of it."""
    _check_id(data)
    version = data.get("schema_version")
    if type(version) is not int or version < 0:
        message = f"schema_version is {str(version)[:20]!r}, not a number"
        raise Invalid(message)
    if version > newest:
        message = f"an event has schema version {version}, this khabar reads up to {newest}: update it first"
        raise NewerVersion(message)
    if not isinstance(data.get("type"), str) or data["type"] not in CATALOGUE:
        message = f"unknown event type {str(data.get('type'))[:64]!r}"
        raise UnknownType(message)
    data = upcast(data, steps, newest)
    if data["type"] == "retraction":
        data = _with_target_read(data, steps, newest, depth)
    event = _model(data, extra)
    if event.home != (home := home_of(event)):
        message = f"home is {event.home[:100]!r}, but the event belongs to {home[:100]!r}"
        raise Invalid(message)
    return data, event


def _model(data: dict[str, Any], extra: Literal["ignore", "forbid"]) -> AnyEvent:
    """Make the model of an event; only a reader takes erased strings, and most events have none."""
    try:
        return EVENT.validate_python(data, extra=extra)
    except ValidationError as error:
        read = legible(data)
        if extra == "forbid" or read == data:
            raise Invalid(first_complaint(error)) from error
    return _model(read, "ignore")


def _check_id(data: Any) -> None:
    source = data.get("source") if isinstance(data, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("salt"), str):
        message = "not an event: no `source.salt`"
        raise Invalid(message)
    try:
        honest = event_id(data) == data.get("id")
    except (TypeError, RecursionError) as error:  # a float, an integer beyond 64 bits, a tower of lists
        message = f"not an event: {error}"
        raise Invalid(message) from error
    if not honest:
        message = f"the id {str(data.get('id'))[:64]} is not that of the content"
        raise BadId(message)


def _with_target_read(data: dict[str, Any], steps: Steps, newest: int, depth: int) -> dict[str, Any]:
    """Check the event inside a retraction like any other, so that nobody has to trust it."""
    if depth == RETRACTIONS_DEEP_MAX:
        message = f"more than {RETRACTIONS_DEEP_MAX} retractions of one another"
        raise Invalid(message)
    slots = data.get("slots")
    target = slots.get("event") if isinstance(slots, dict) else None
    try:
        read, _ = _read(target, steps, newest, depth=depth + 1)
    except NewerVersion:
        raise
    except CodecError as error:
        message = f"slots.event: {error}"
        raise Invalid(message) from error
    return {**data, "slots": {**data["slots"], "event": read}}


def headers(event: AnyEvent) -> list[tuple[str, bytes]]:
    """Make the CloudEvents 1.0 headers of a record in binary mode; the value is the event itself."""
    said = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": f"khabar.{event.type}.v{event.schema_version}",
        "ce_source": "/khabar/documents",
        "ce_subject": event.home,
        "ce_dataschema": f"/schemas/v{event.schema_version}/{event.type}.json",
        "content-type": "application/json",
    }
    return [(key, value.encode()) for key, value in said.items()]


def first_complaint(error: ValidationError) -> str:
    """Tell the first of a model's complaints in one line."""
    complaint = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in complaint['loc'])}: {complaint['msg']}"


def _other(value: Any, path: str = "") -> str | None:
    """Find an enumeration that says `other`, and name its path."""
    if isinstance(value, OpenEnum):
        return path if value == "other" else None
    if isinstance(value, Value):
        inner = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, tuple):
        inner = [(str(number), item) for number, item in enumerate(value)]
    else:
        return None
    return next(
        (where for name, item in inner if (where := _other(item, f"{path}.{name}".lstrip("."))) is not None),
        None,
    )
