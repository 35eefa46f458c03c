"""What a run found, for the table and the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kill:
    """One kill: how long until the process was up again, and until what came after it was served."""

    step: int
    target: str
    up_seconds: float | None
    served_seconds: float | None


@dataclass
class Outcome:
    """What a scenario found; empty `differences` mean that all held."""

    name: str
    seed: int
    differences: list[str] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
