"""Writing rows to a file, a batch at a time: JSON Lines, or Parquet where pyarrow is there.

The bytes depend on the rows alone (and, of Parquet, on the version of pyarrow): no time or name is in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from api.export.columns import Column, Kind, Row

BATCH_ROWS, BATCH_BYTES = 1_000, 4 << 20  # held as Python values
GROUP_ROWS, GROUP_BYTES = 50_000, 32 << 20  # held by Arrow: a row group


class Format(StrEnum):
    """How the tables are written; the value ends the names of the files."""

    PARQUET = "parquet"
    JSONL = "jsonl"


def write(form: Format, path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Write rows, and give their number. Holds one batch and one row group of them at most."""
    return (_parquet if form is Format.PARQUET else _jsonl)(path, columns, rows)


def sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _jsonl(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    count = 0
    with path.open("wb") as file:
        for row in rows:
            told = {column.name: row[column.name] for column in columns}
            file.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _parquet(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    fields = [pa.field(column.name, _types(column)[1], nullable=not column.always) for column in columns]
    schema = pa.schema(fields)
    repeating = [column.name for column in columns if column.kind is not Kind.JSON]
    count = group_rows = group_bytes = 0
    group: list[Any] = []
    with parquet.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeating) as writer:
        for batch in _batches(rows, columns):
            made = pa.record_batch([_array(column, batch) for column in columns], schema=schema)
            count += len(batch)
            if group and (group_rows + len(batch) > GROUP_ROWS or group_bytes + made.nbytes > GROUP_BYTES):
                writer.write_table(pa.Table.from_batches(group), row_group_size=GROUP_ROWS)
                group, group_rows, group_bytes = [], 0, 0
            group.append(made)
            group_rows, group_bytes = group_rows + len(batch), group_bytes + made.nbytes
        if group:
            writer.write_table(pa.Table.from_batches(group), row_group_size=GROUP_ROWS)
    return count


def _batches(rows: Iterable[Row], columns: Sequence[Column]) -> Iterable[list[Row]]:
    """Part rows by number, and by the length of their JSON, which is most of them."""
    heavy = [column.name for column in columns if column.kind is Kind.JSON]
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(row[name]) for name in heavy)
        if len(batch) == BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _types(column: Column) -> tuple[Any, Any]:
    """Give the Arrow types of a column: as its values stand in a row, and as they are written."""
    import pyarrow as pa

    text = pa.string()
    match column.kind:
        case Kind.DAY:
            return text, pa.date32()
        case Kind.MOMENT:
            return text, pa.timestamp("ms", tz="UTC")
        case Kind.FLAG:
            return pa.bool_(), pa.bool_()
        case Kind.COUNT:
            return pa.int64(), pa.int64()
        case Kind.NUMBER:
            return pa.float64(), pa.float64()
        case Kind.TEXTS:
            return pa.list_(text), pa.list_(text)
        case _:
            return text, text


def _array(column: Column, rows: list[Row]) -> Any:
    import pyarrow as pa

    stands, written = _types(column)
    return pa.array([row[column.name] for row in rows], type=stands).cast(written)
