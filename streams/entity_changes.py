"""Changes of entities: the records of the `entities` topic. A person makes them; each says who and why.

Events keep the ids that they were published with. What a change means is in `streams.entity_map`; nothing
is rewritten, so that every change can be undone.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Self

import orjson
from pydantic import Field, ValidationError, model_validator

from seeds.facts import EntityId, OpenEnum, Value
from streams.errors import BadId, Invalid, NewerVersion, NotJson, TooLong
from streams.events import Moment, Sha256
from streams.ids import canonical

VERSION = 1
EVENTS_MAX = 1000
CHANGE_BYTES_MAX = 128 << 10


class ChangeKind(OpenEnum):
    """What happens to an entity."""

    MERGE = "merge"  # it is `into`
    SPLIT = "split"  # these events of it are about `into`
    RENAME = "rename"
    DISTINCT = "distinct"  # it is not `into`, however much they look alike
    UNDO = "undo"  # an earlier change was wrong
    OTHER = "other"


NEEDS = {
    ChangeKind.MERGE: {"entity", "into"},
    ChangeKind.SPLIT: {"entity", "into", "events"},
    ChangeKind.RENAME: {"entity", "name"},
    ChangeKind.DISTINCT: {"entity", "into"},
    ChangeKind.UNDO: {"undoes"},
}
OPTIONAL = {ChangeKind.RENAME: {"name_ar"}}


class EntityChange(Value):
    """The value of an `entities` record; `id` is the hash of the rest."""

    id: Sha256
    schema_version: int = VERSION
    kind: ChangeKind
    entity: EntityId | None = None
    into: EntityId | None = None
    events: tuple[Sha256, ...] = Field(default=(), max_length=EVENTS_MAX)
    name: str | None = Field(default=None, min_length=1, max_length=300)
    name_ar: str | None = Field(default=None, min_length=1, max_length=300)
    undoes: Sha256 | None = None
    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=300)
    request: str | None = Field(default=None, min_length=1, max_length=200)
    """The key under which it was asked for: asked for again, it is the same change."""
    at: Moment

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        """Refuse a change that lacks something, or says more than its kind means."""
        needed = NEEDS.get(self.kind, set())
        given = {
            name for name in ("entity", "into", "events", "name", "name_ar", "undoes") if getattr(self, name)
        }
        if missing := needed - given:
            message = f"a {self.kind} needs {', '.join(sorted(missing))}"
            raise ValueError(message)
        if self.kind in NEEDS and (surplus := given - needed - OPTIONAL.get(self.kind, set())):
            message = f"a {self.kind} has no {', '.join(sorted(surplus))}"
            raise ValueError(message)
        if self.entity is not None and self.entity == self.into:
            message = f"{self.entity} cannot be changed into itself"
            raise ValueError(message)
        return self


def make(kind: ChangeKind, *, by: str, reason: str, **fields: Any) -> EntityChange:
    """Make a change of now. Raises Invalid."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {"schema_version": VERSION, "kind": kind, "by": by, "reason": reason, "at": at, **fields}
    data = {key: value for key, value in data.items() if value not in (None, (), [])}
    return _validated({**data, "id": change_id(data)})


def change_id(data: dict[str, Any]) -> str:
    """Compute the id of a change from its data, with or without `id`."""
    return hashlib.sha256(canonical({key: value for key, value in data.items() if key != "id"})).hexdigest()


def encode(change: EntityChange) -> bytes:
    """Write a change as it goes over the wire."""
    data = change.model_dump(mode="json", exclude_none=True)
    return canonical({key: value for key, value in data.items() if value != []})


def decode(value: bytes | None) -> EntityChange:
    """Read an `entities` record. Raises NotJson, BadId, Invalid, TooLong, NewerVersion."""
    if value is not None and len(value) > CHANGE_BYTES_MAX:
        message = f"a change of entities has {CHANGE_BYTES_MAX} bytes at most, not {len(value)}"
        raise TooLong(message)
    try:
        data = orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        message = f"not JSON: {error}"
        raise NotJson(message) from error
    if not isinstance(data, dict):
        message = "a change of entities is an object"
        raise Invalid(message)
    version = data.get("schema_version", VERSION)
    if type(version) is int and version > VERSION:
        message = f"a change of entities of version {version}; this khabar knows {VERSION}: update it"
        raise NewerVersion(message)
    try:
        right = data.get("id") == change_id(data)
    except TypeError as error:
        raise Invalid(str(error)) from error
    if not right:
        message = "the id of a change of entities is not the hash of its content"
        raise BadId(message)
    return _validated(data)


def _validated(data: dict[str, Any]) -> EntityChange:
    try:
        return EntityChange.model_validate(data, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")
        raise Invalid(message) from error
