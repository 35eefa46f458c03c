"""What a check of an event says, and how a string is compared that may have been erased."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from seeds.facts import Span

ERASED = "\0sha256:"
"""Stands before the hash of a string that was erased, where a model of an event wants a string."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    `what` is its kind: id, schema, claim, source, headline, text, span, evidence, entity, quantity, interval,
    quote, choice, rules. `path` is where in the event it is, `told` one line for a person. With `note`,
    nothing speaks against the event, but there is something to know. `span` is the place in the text, if any.
    """

    what: str
    path: str
    ok: bool
    told: str
    note: bool = False
    span: Span | None = None


def same(said: str, stands: str, salt: str) -> bool:
    """Tell whether a string of an event, or its hash if it was erased, is what stands in the text."""
    if said.startswith(ERASED):
        digest = hashlib.sha256((salt + stands).encode("utf-8", "surrogatepass")).hexdigest()
        return said == ERASED + digest
    return said == stands


def is_erased(said: str | None) -> bool:
    """Tell whether a string was erased."""
    return said is not None and said.startswith(ERASED)
