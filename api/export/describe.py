"""What explains the exported files: a JSON Schema of each row, the schemas of `data`, a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.export.columns import TABLES, Column, Kind
from streams.schemas import FOLDER, as_file

DECIMAL = r"^-?(0|[1-9]\d*)(\.\d*[1-9])?$"
TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.FLAG: {"type": "boolean"},
    Kind.COUNT: {"type": "integer", "minimum": 0},
    Kind.NUMBER: {"type": "number"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.JSON: {"type": "string", "contentMediaType": "application/json"},
}
SHOWN = {
    Kind.DAY: "date",
    Kind.MOMENT: "timestamp, UTC",
    Kind.FLAG: "boolean",
    Kind.COUNT: "int64",
    Kind.NUMBER: "float64",
    Kind.TEXTS: "list of text",
    Kind.JSON: "JSON as text",
}
HEAD = """# A dataset of khabar
Events and positions as the log knew them at one moment; `manifest.json` says at which (`as_of`), and
holds the SHA-256, bytes and rows of every file. The same moment gives the same files.

- Days are days of the world, `recorded_at` is when khabar came to know. To test a strategy without looking
  ahead, take for each moment what was recorded by then and not `retracted_at` by then; columns that depend on
  all that is known (`retracted`, `entities`, all of lines) are as of this export.
- Amounts stand twice: as float64 to reckon with, and in the `_exact` columns as the decimal that was read.
- `data` and `slots` are JSON as text; `schema/` has the schema of each row, and those of `data` by version
  and type.
- `retracted` events are kept, and marked: leave them out of sums. A `retraction` is a row of its own.
- `day` is never null: an event without a date of its own counts from its publication, or else its recording.

JSON Lines have the same columns: days and moments are ISO 8601 texts there.
"""


def row_schema(table: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    """Make the JSON Schema of a row as it stands in JSON Lines."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/export/{table}.json",
        "title": table,
        "type": "object",
        "properties": {column.name: _property(column) for column in columns},
        "required": [column.name for column in columns],
        "additionalProperties": False,
    }


def readme() -> str:
    """Write what the columns mean."""
    parts = [HEAD]
    for table, columns in TABLES.items():
        rows = [
            f"| `{column.name}` | {SHOWN.get(column.kind, 'text')} | {'' if column.always else 'yes'} "
            f"| {column.told} |"
            for column in columns
        ]
        parts.append(
            "\n".join([f"## {table}", "| column | type | null | meaning |", "|---|---|---|---|", *rows])
        )
    return "\n".join(parts) + "\n"


def write(folder: Path) -> None:
    """Write README and schemas into the folder of an export."""
    (folder / "README.md").write_text(readme(), "utf-8")
    (folder / "schema").mkdir()
    for table, columns in TABLES.items():
        (folder / "schema" / f"{table}.json").write_bytes(as_file(row_schema(table, columns)))
    for path in sorted(FOLDER.glob("v*/*.json")):
        copied = folder / "schema" / path.relative_to(FOLDER)
        copied.parent.mkdir(exist_ok=True)
        copied.write_bytes(path.read_bytes())


def _property(column: Column) -> dict[str, Any]:
    said = dict(TYPES[column.kind])
    if column.name.endswith("_exact"):
        said["pattern"] = DECIMAL
    if not column.always:
        said["type"] = [said["type"], "null"]
    return {**said, "description": column.told}
