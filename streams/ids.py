"""Names by content: the id of an event, and the id of the claim that it makes.

`event_id` covers the data as written; `claim_id` only what is claimed, so that it stays the same over
revisions of the document, offsets, and versions of the extractor.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from streams.checks import ERASED

VERBATIM = ("surface", "quote", "exact")
"""Keys under which strings of the article stand, at any depth and in every schema version."""

PLAIN = frozenset({str, int, bool, type(None)})
"""Types of which nothing is erased: not to ask any further takes a quarter off the time of an id."""


def canonical(data: Any) -> bytes:
    """Write data as RFC 8785 JSON: with ASCII keys and no floats, sorting is all it takes.

    Raises TypeError for an integer that a double does not hold exactly.
    """
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def erased(value: Any, salt: str) -> Any:
    """Put `{"sha256": …}` of salt and string in the place of every verbatim string.

    One that is erased already stays, so an event whose strings were erased keeps its id. Raises TypeError
    for a float.
    """
    if isinstance(value, dict):
        return {
            key: {"sha256": hashlib.sha256((salt + inner).encode()).hexdigest()}
            if key in VERBATIM and isinstance(inner, str)
            else inner
            if type(inner) in PLAIN
            else erased(inner, salt)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [erased(inner, salt) for inner in value]
    if isinstance(value, float):
        message = "a float, which JSON writers do not agree on: decimals are strings"
        raise TypeError(message)
    return value


def legible(value: Any) -> Any:
    """Put a string that holds the hash (see `streams.checks.ERASED`) in the place of each erased one.

    So that models can be made of an event whatever was erased from it; the rest stays as it is.
    """
    if isinstance(value, dict):
        return {
            key: ERASED + inner["sha256"] if key in VERBATIM and _is_hash(inner) else legible(inner)
            for key, inner in value.items()
        }
    return [legible(inner) for inner in value] if isinstance(value, list) else value


def _is_hash(value: Any) -> bool:
    digest = value.get("sha256") if isinstance(value, dict) and len(value) == 1 else None
    return isinstance(digest, str) and re.fullmatch(r"[0-9a-f]{64}", digest) is not None


def event_id(data: dict[str, Any]) -> str:
    """Compute the id of an event from its data as written (with or without `id`)."""
    rest = {key: value for key, value in data.items() if key != "id"}
    return hashlib.sha256(canonical(erased(rest, data["source"]["salt"]))).hexdigest()


def claim_id(document: str, data: dict[str, Any], parent: str | None) -> str:
    """Compute the id of a claim from the wire data of its event and the claim id of its parent.

    What counts: document, type, home, stage, modality, attribution, valid interval, slots (entities by
    id, quantities by value, quotes as written), parent. What does not: offsets, surfaces, revision,
    versions, confidence.
    """
    claim = {
        "document": document,
        "parent": parent,
        **{
            key: meaning(data.get(key))
            for key in ("type", "home", "stage", "modality", "attributed_to", "valid", "slots")
        },
    }
    return hashlib.sha256(canonical(claim)).hexdigest()


def meaning(value: Any, *, quotes: bool = True) -> Any:
    """Reduce slots to what they mean: an entity is its id, and how a value was written is left out.

    Quotes make a claim the claim it is, but take no part in the equality of values: leave them out there.
    So do the words of an interval or a quantity that the article does not settle.
    """
    if isinstance(value, dict):
        if "id" in value and "surface" in value:
            return value["id"]
        settled = any(key in value for key in ("from", "to", "low", "high"))
        left_out = ("surface", "quote") if not quotes else ("surface",) if settled else ()
        return {key: meaning(inner, quotes=quotes) for key, inner in value.items() if key not in left_out}
    return [meaning(inner, quotes=quotes) for inner in value] if isinstance(value, list) else value
