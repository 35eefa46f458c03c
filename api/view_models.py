"""The shapes of answers about the views themselves: generations, proof, replays, health."""

from __future__ import annotations

from typing import Any, Literal

from api.shapes import Shape


class ReplayView(Shape):
    """A replay; `result` is what `khabar replay --json` told."""

    id: str
    state: Literal["running", "done", "failed"]
    started_at: str
    ended_at: str | None
    result: dict[str, Any] | None
    error: str | None


class ReplayList(Shape):
    """The replays that were asked for here, the last first."""

    replays: list[ReplayView]


class Difference(Shape):
    """Where what was posted is not what the log says; a bucket has no line, a line no event."""

    kind: str
    partition: int
    bucket: int | None
    line: str | None
    event: str | None
    found_at: str
    settled_at: str | None
    republished: bool


class Proof(Shape):
    """The two digests of a generation; `proven` where they are equal and no difference is open."""

    proven: bool
    posted: str
    log: str
    alarms: int
    differences: list[Difference]


class GenerationView(Shape):
    """A generation of the views; what the reader does not follow has no proof."""

    generation: int
    state: str
    live: bool
    served: bool
    entries_version: int
    created_at: str
    note: str | None
    behind: int | None
    vector: dict[str, dict[str, int]] | None
    proof: Proof | None


class ViewsView(Shape):
    """The generations of the positions."""

    live: int
    served: int
    generations: list[GenerationView]


class Health(Shape):
    """How the service is."""

    ok: bool
    phase: str
    behind: int
    stale_seconds: int
    said: str
