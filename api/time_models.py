"""The shapes of answers about time: what an answer is as of, what changed, why a line says what it says."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from api.shapes import Shape


class RecordedMoment(Shape):
    """A moment of the log: the cut that it means. A `final` answer never changes."""

    at: str
    cut: int
    final: bool


class AsOfView(Shape):
    """What an answer is about: a day, and the moment up to which the log was looked at (null: now)."""

    valid: str
    recorded: RecordedMoment | None


class ValueView(BaseModel):
    """What a line says on a day; `event` is the one that it rests on."""

    type: str
    date: str
    certain: str
    possibly: bool
    closing: bool
    weak: bool
    stage: str
    modality: str
    event: str
    events: int
    origins: int
    slots: dict[str, Any]


class ChangeOfLine(Shape):
    """The value of a line before and after, and the events and changes of entities that made it so."""

    line: str
    company: str
    section: str
    counterpart: str
    name: str | None
    before: ValueView | None
    after: ValueView | None
    events: list[str]
    entity_changes: list[str]


class ChangeView(ChangeOfLine):
    """A change at a moment: of a cut on the recorded axis, a day on the valid axis."""

    at: str
    cut: int | None


class Stretch(BaseModel):
    """Two points, and the axis along which they lie."""

    axis: Literal["recorded", "valid"]


class HistoryPage(Stretch):
    """Changes in their order; `next` is the cursor of the next page, null on the last."""

    changes: list[ChangeView]
    next: str | None


class DifferenceView(Stretch):
    """The lines that are not the same at both ends."""

    lines: list[ChangeOfLine]


class Point(BaseModel):
    """A step of a line as a point of a series; it has the slots of its series besides."""

    date: str
    certain: str
    counterpart: str
    name: str | None
    type: str
    event: str


class TimelinesView(Shape):
    """Series over time: valuation, stakes, leadership, capital spending."""

    as_of: AsOfView
    series: dict[str, list[Point]]


class PlaceView(Shape):
    """Where and when the log took an event: any Kafka client can read it there again."""

    at: str
    topic: str
    partition: int
    offset: int
    cut: int | None


class Telling(BaseModel):
    """An event behind a line: who says so, in which words, found by what, recorded where."""

    event: str
    type: str
    stage: str
    modality: str
    confidence: str
    origin: str
    slots: dict[str, Any]
    evidence: dict[str, Any]
    source: dict[str, Any]
    extraction: dict[str, Any]
    recorded: PlaceView


class Rival(Telling):
    """A telling that does not stand for its step, and by what it lost."""

    lost_by: str


class ExplainedStep(BaseModel):
    """A step with everything behind it; `single_source` if all of it has one origin.

    `independent` counts the origins; 100 of them are named. `more` is the cursor of further rivals.
    """

    date: str
    certain: str
    type: str
    closing: bool
    weak: bool
    tellings: int
    independent: int
    origins: list[str]
    single_source: bool
    preferred: Telling
    rivals: list[Rival]
    more: str | None


class Withdrawal(Shape):
    """A retraction that stands."""

    event: str
    cause: str
    by: str


class Retracted(Telling):
    """A telling that was taken back, by what."""

    retracted_by: list[Withdrawal]


class ExplainView(Shape):
    """Why a line says what it says. `next`: cursor of earlier steps; `next_retracted`: of what else went."""

    line: str
    as_of: AsOfView
    older: int
    steps: list[ExplainedStep]
    retracted: list[Retracted]
    next: str | None
    next_retracted: str | None
