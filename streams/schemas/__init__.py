"""JSON Schemas of the events as they are written, one file a type and version, for whoever subscribes.

Made from the models by `python -m streams.schemas`; a test holds them fresh. They are closed, as writers
are. A reader ignores fields that it does not know, and takes an unknown value of an enumeration as `other`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import orjson

from streams.events import SCHEMA_VERSION, AnyEvent

FOLDER = Path(__file__).parent
VERSION_FOLDER = FOLDER / f"v{SCHEMA_VERSION}"


def schemas() -> dict[str, dict[str, Any]]:
    """Make the schema of every event type of the newest version."""
    made = [_schema(model) for model in get_args(AnyEvent)]
    return {schema["title"]: schema for schema in made}


def write() -> None:
    """Write the files of the newest version; those of older versions stay as they are."""
    VERSION_FOLDER.mkdir(exist_ok=True)
    for event_type, schema in schemas().items():
        (VERSION_FOLDER / f"{event_type}.json").write_bytes(as_file(schema))


def as_file(schema: dict[str, Any]) -> bytes:
    """Write a schema as it stands in its file."""
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _schema(model: Any) -> dict[str, Any]:
    made = _as_written(model.model_json_schema(by_alias=True))
    event_type = made["properties"]["type"]["const"]
    made["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/v{SCHEMA_VERSION}/{event_type}.json",
        **made,
        "title": event_type,
        "required": [*made["required"], "schema_version"],
    }


def _as_written(schema: Any) -> Any:
    """Leave out what writers never write: null, and the `other` of an enumeration."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _as_written(item) for key, item in schema.items() if (key, item) != ("default", None)}
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value != "other"]
    if {"type": "null"} in schema.get("anyOf", ()):
        (rest,) = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
        schema |= rest
    return schema
