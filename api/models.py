"""The shapes of answers and bodies, for the OpenAPI document. Answers are made of stored bytes, not of these.

`tests/integration/test_schemathesis.py` holds the answers to them.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.shapes import Shape
from api.time_models import AsOfView
from streams.events import AnyEvent


class Recorded(Shape):
    """When and where the log took an event; `cut` is null for the moment until one covers it."""

    at: str
    topic: str
    partition: int
    offset: int
    cut: int | None


class RecordedEvent(Shape):
    """An event as published (its id can be checked), its recorded time, and whether it was taken back."""

    event: AnyEvent
    recorded: Recorded
    retracted: bool
    possibly: bool | None = Field(
        default=None, description="with `valid_as_of`: the news leaves open whether it had happened by then"
    )


class EventPage(Shape):
    """Events, the last recorded first; `next` is the cursor of the next page, null on the last."""

    as_of: AsOfView
    events: list[RecordedEvent]
    next: str | None


class EntitySummary(Shape):
    """An entity; `events` says in how many it has a role."""

    id: str
    kind: str
    name: str
    name_ar: str | None
    resolved: bool
    events: int
    identifiers: dict[str, Any]


class EntityList(Shape):
    """What a search found, the best first."""

    as_of: AsOfView
    companies: list[EntitySummary]


class Step(BaseModel):
    """One thing that happened, told by several: `entry` is the preferred telling, `rivals` are the others."""

    date: str
    certain: str
    until: str
    type: str
    closing: bool
    weak: bool
    events: int
    origins: int
    entry: dict[str, Any]
    rivals: list[str]


class LineView(BaseModel):
    """A line: its timeline, and the step that holds on the day asked for.

    Where that is `possibly` so, `otherwise` is the step that holds if it is not.
    """

    line: str
    counterpart: str
    name: str | None
    current: Step | None
    possibly: bool
    otherwise: Step | None
    events: int
    retracted: int
    origins: int
    denied: int
    older: int
    steps: list[Step]


class DeadLetter(Shape):
    """A record that could not be used: where it stands, what was wrong with it, when the log took it."""

    topic: str
    partition: int
    offset: int
    kind: str
    at: str


class DeadLetters(Shape):
    """Records under the entity's key that could not be used, so that something may be missing here.

    `count` stops at 1,000; `latest` are the last few; `see` is the command that lists all, with reasons. One
    that was sent again and accepted is not counted.
    """

    count: int
    latest: list[DeadLetter]
    see: str


class Position(EntitySummary):
    """An entity with its lines by section, or a page of them.

    `lines` says how many there are in all (null for pages of a past moment); `next` is the cursor of the next
    page, null on the last. What fits on one page stands with the latest first, else by counterpart.
    """

    as_of: AsOfView
    generation: int | None
    dead_letters: DeadLetters | None
    lines: int | None
    sections: dict[str, list[LineView]]
    next: str | None
