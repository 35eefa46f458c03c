"""Read what older versions wrote: for each type, steps from the data of version N to that of N + 1.

Steps run on every read of an old event, so they are plain functions from dict to dict, without I/O. The id
is checked before, on the data as written, and stays in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.events import SCHEMA_VERSION

Step = Callable[[dict[str, Any]], dict[str, Any]]
Steps = Mapping[tuple[str, int], Step]

STEPS: Steps = {}
"""(type, version that the step reads) → the step. A version that did not change a type has no step for it."""


def upcast(data: dict[str, Any], steps: Steps = STEPS, newest: int = SCHEMA_VERSION) -> dict[str, Any]:
    """Bring an event's data from its schema version, at most `newest`, to the newest."""
    for number in range(data["schema_version"], newest):
        step = steps.get((data["type"], number))
        data = {**(step(data) if step else data), "schema_version": number + 1}
    return data
