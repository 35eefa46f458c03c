"""The shapes of answers and bodies about documents: what came in, what was read in it, what became of it."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from api.shapes import Shape
from seeds.document import HEADLINE_MAX
from seeds.facts import Span
from streams.documents import REASON_MAX
from streams.events import Extraction
from streams.slots import Cause


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
