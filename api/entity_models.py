"""Shapes of bodies and answers about entities and their changes."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from api.models import EntitySummary
from api.parameters import ENTITY, EVENT_ID
from api.shapes import Shape
from streams.entity_changes import EVENTS_MAX

KINDS = ("merge", "split", "rename", "distinct", "undo")
AnId = Field(default=None, pattern=ENTITY, max_length=200)
AName = Field(default=None, min_length=1, max_length=300)


class NewEntityChange(Shape):
    """A change of entities: which fields it has depends on its kind.

    merge: `entity` is `into` · split: `events` of `entity` are about `into` · rename: `entity` is called
    `name` (`name_ar`) · distinct: `entity` is not `into` · undo: the change `undoes` was wrong.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "distinct", "entity": "meta-platforms", "into": "scale-ai",
                "by": "desk@example.org", "reason": "two firms",
            }
        },
    )  # fmt: skip

    kind: Literal["merge", "split", "rename", "distinct", "undo"]
    entity: str | None = AnId
    into: str | None = AnId
    events: list[str] = Field(default=[], max_length=EVENTS_MAX, description="Ids of events.")
    name: str | None = AName
    name_ar: str | None = AName
    undoes: str | None = Field(default=None, pattern=EVENT_ID, description="Id of an earlier change.")
    reason: str = Field(min_length=1, max_length=300, description="in words, for people")
    by: str = Field(default="api", min_length=1, max_length=200)


class AcceptedChange(Shape):
    """A change is in the log; with `min_token` a GET waits until it is applied."""

    change: str
    token: str


class EntityChangeView(Shape):
    """A change as it stands in the log; where it has no effect, `why_not` says why."""

    id: str
    kind: str
    entity: str | None
    into: str | None
    events: list[str]
    name: str | None
    name_ar: str | None
    undoes: str | None
    by: str
    reason: str
    at: str
    recorded_at: str
    offset: int
    in_force: bool
    why_not: str | None


class EntityChangeList(Shape):
    """Changes of entities, the last first."""

    changes: list[EntityChangeView]
    next: int | None


class MergedEntity(Shape):
    """What was merged into an entity, in one step or several."""

    id: str
    kind: str
    name: str
    resolved: bool
    changes: list[str]


class EntityView(EntitySummary):
    """An entity as it stands now; `names` are those by which it is found, folded."""

    names: list[str]
    merged: list[MergedEntity]
    distinct: list[str]


class ExampleEvent(Shape):
    """An event, and the words on which it rests."""

    event: str
    type: str
    document: str
    quote: str | None


class SuggestedEntity(Shape):
    """One of two entities that look alike; `example` is the last event in which it has a role."""

    id: str
    name: str
    name_ar: str | None
    known: bool
    events: int
    example: ExampleEvent | None


class Suggestion(Shape):
    """Two entities that may be one, never merged by itself: `entity` would be merged into `into`.

    `alike` are the two names, folded, that look alike; `score` says how much, 100 at most.
    """

    score: float
    kind: str
    alike: list[str]
    entity: SuggestedEntity
    into: SuggestedEntity


class SuggestionList(Shape):
    """Pairs, those with a known entity first, then the most alike; `complete` if these are all there are."""

    suggestions: list[Suggestion]
    complete: bool
