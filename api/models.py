"""The shapes of answers and bodies, for the OpenAPI document. Answers are made of stored bytes, not of these.

`tests/integration/test_schemathesis.py` holds the answers to them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes import Shape
from api.time_models import AsOfView
from seeds.document import HEADLINE_MAX
from seeds.facts import Span
from streams.documents import REASON_MAX
from streams.events import AnyEvent, Extraction
from streams.slots import Cause


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


class Position(EntitySummary):
    """An entity with its lines by section."""

    as_of: AsOfView
    generation: int | None
    sections: dict[str, list[LineView]]


class Revision(Shape):
    """A change of a document and what came of it; `status` is null until it is answered.

    `by`, `reason` and `cause` are of whoever asked for it, `event` is the one that was to be retracted.
    """

    revision: str
    change: str
    recorded_at: str
    by: str | None
    reason: str | None
    cause: str | None
    event: str | None
    status: str | None
    error: str | None


class DocumentFact(Shape):
    """A fact of a document, what found it, and its evidence.

    Spans count in the text whose hash is `text_sha256`.
    """

    event: str
    type: str
    stage: str
    modality: str
    retracted: bool
    revision: str
    text_sha256: str
    extraction: Extraction
    evidence: dict[str, list[Span]]


class DocumentView(Shape):
    """A document: its last text, its revisions, its facts."""

    document: str
    revision: str
    change: str
    status: str
    withdrawn: bool
    headline: str | None
    text: str | None
    language: str | None
    url: str | None
    publisher: str | None
    published_at: str | None
    fetched_at: str | None
    text_sha256: str | None
    revisions: list[Revision]
    facts: list[DocumentFact]


class NewDocument(Shape):
    """An article to be read. Its id is its canonical URL, or the hash of its text."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "headline": "Najd Grid buys a stake in Falak Robotics",
                "text": "Najd Grid has acquired a 30% stake in Falak Robotics for $45 million.",
                "language": "en",
                "url": "https://news.example/najd-grid-falak",
                "publisher": "Example News",
                "published_at": "2025-06-17",
            }
        },
    )

    text: str = Field(min_length=1, description="at most 1 MiB of UTF-8")
    headline: str | None = Field(default=None, max_length=HEADLINE_MAX)
    language: str | None = Field(default=None, max_length=8, description="ar or en")
    url: str | None = Field(default=None, max_length=2048, pattern=r"^https?://[^\s/]+")
    publisher: str | None = Field(default=None, max_length=300)
    published_at: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$",
        description="an ISO 8601 day, or a time with its zone",
    )


class NewRetraction(Shape):
    """Why an event is taken back, and who says so."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "cause": "extractor_bug",
                "by": "desk@example.org",
                "reason": "the amount is that of another deal",
            }
        },
    )

    cause: Literal["source_corrected", "source_withdrawn", "extractor_bug", "merge_undone", "duplicate"] = (
        Field(description=f"{Cause.__doc__}")
    )
    by: str = Field(default="api", min_length=1, max_length=200)
    reason: str | None = Field(default=None, max_length=REASON_MAX, description="in words, for people")


class NewWithdrawal(Shape):
    """Why an article is withdrawn, and who says so."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "the outlet took it down", "by": "desk@example.org"}},
    )

    reason: str = Field(min_length=1, max_length=REASON_MAX, description="in words, for people")
    by: str = Field(default="api", min_length=1, max_length=200)


class NewReinstatement(Shape):
    """Why a withdrawn article stands again, and who says so."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "withdrawn by mistake", "by": "desk@example.org"}},
    )

    reason: str | None = Field(default=None, max_length=REASON_MAX, description="in words, for people")
    by: str = Field(default="api", min_length=1, max_length=200)


class Accepted(Shape):
    """A record is in the log; with `min_token` a GET waits for what comes of it."""

    document: str
    revision: str
    token: str


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
