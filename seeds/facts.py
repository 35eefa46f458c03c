"""The values that a fact is made of, and the fact itself.

Events on the wire are made of the same values, so they are frozen pydantic models with closed schemas.
Strings copied from the article stand only under the keys `surface`, `quote` and `exact`: that is how a
hash can treat them apart, and how they can be erased later without touching the rest.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

QUOTE_MAX = 300  # code points of a verbatim text slot


class Value(BaseModel):
    """Base of everything that stands in a fact: frozen, and closed for writers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenEnum(StrEnum):
    """A closed list for writers; a reader takes a value that a newer version wrote as `other`."""

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        return cls("other") if isinstance(value, str) and value != "other" else None


class Stage(OpenEnum):
    """What has happened to the event itself."""

    CONSIDERING = "considering"
    PLANNED = "planned"
    AGREED = "agreed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ENDED = "ended"
    OTHER = "other"


class Modality(OpenEnum):
    """How the event is told."""

    ASSERTED = "asserted"
    REPORTED = "reported"
    POSSIBLE = "possible"
    DENIED = "denied"
    OTHER = "other"


class Bound(OpenEnum):
    """How a quantity limits what it counts."""

    EXACT = "exact"
    ABOUT = "about"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    OTHER = "other"


class EntityKind(OpenEnum):
    """What an entity is; a `group` is described, not named ("industry experts")."""

    ORG = "org"
    PERSON = "person"
    PRODUCT = "product"
    PLACE = "place"
    GROUP = "group"
    OTHER = "other"


class Precision(OpenEnum):
    """How precisely the article told a stretch of days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    OTHER = "other"


EntityId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s|/]+(/[^\s|/]+)?$")]
DecimalString = Annotated[str, StringConstraints(pattern=r"^-?(0|[1-9]\d*)(\.\d*[1-9])?$", max_length=40)]


def decimal_string(value: Decimal | int | str) -> str:
    """Write a decimal without exponent and trailing zeros: `Decimal("1.480E10")` is "14800000000"."""
    text = format(Decimal(value), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


class Span(Value):
    """Where the article says so: zero-based, half-open, in Unicode code points of `part` as stored."""

    part: Literal["headline", "text"] = "text"
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    exact: str = Field(min_length=1)


class Entity(Value):
    """A mention (`surface`, as written) and the entity that it resolved to."""

    id: EntityId
    name: str = Field(min_length=1, max_length=300)
    surface: str = Field(min_length=1, max_length=300)
    kind: EntityKind = EntityKind.ORG
    resolved: bool = True


class Quantity(Value):
    """An amount of money, a percentage, power or a count; either bound may be open.

    `unit` is an ISO 4217 code, "%", "GW", "GPU" …, or null where the article does not settle it.
    """

    low: DecimalString | None = None
    high: DecimalString | None = None
    bound: Bound = Bound.EXACT
    unit: str | None = Field(default=None, max_length=20)
    surface: str = Field(min_length=1, max_length=300)

    @field_validator("low", "high", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return (
            decimal_string(value)
            if isinstance(value, Decimal | int) and not isinstance(value, bool)
            else value
        )


def _iso_day(value: object) -> object:
    """Refuse what pydantic would take for a day besides: numbers, times at midnight."""
    if type(value) is date or (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        return value
    msg = "is no ISO day (2025-06-17)"
    raise ValueError(msg)


Day = Annotated[date, BeforeValidator(_iso_day)]


class Interval(Value):
    """A stretch of days, both ends included, and how precisely the article told it.

    Without a publication date, a date without a year keeps its surface and has no ends.
    """

    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")
    precision: Precision = Precision.DAY
    surface: str | None = Field(default=None, max_length=300)

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Text(Value):
    """A verbatim quote, never translated; it may be told in another way than the fact that it stands in."""

    quote: str = Field(min_length=1, max_length=QUOTE_MAX)
    modality: Modality | None = None


class Investor(Value):
    """One of the investors of a deal, with its own share of it if the article tells."""

    entity: Entity
    amount: Quantity | None = None
    lead: bool | None = None


class Previous(Value):
    """What an appointed person was before."""

    role: Text | None = None
    organisation: Entity | None = None


class Comparison(Value):
    """An amount told by its relation to another period's."""

    period: Interval
    ratio: Quantity


SlotValue = (
    Entity
    | Quantity
    | Interval
    | Text
    | Investor
    | Previous
    | Comparison
    | str
    | bool
    | tuple[Entity, ...]
    | tuple[Investor, ...]
)


class Fact(Value):
    """One claim of an article with its evidence.

    `slots` holds the slots of its type (see the event catalogue), the home slot under its own name.
    `evidence` maps the path of a slot (`amount`, `previous.role`, `investors.0`) to spans; the path
    `trigger` points at the words that tell the event. `derived_from` is the index, in the same parse,
    of the fact that this one follows from. `confidence` is a decimal string in [0, 1].
    """

    type: str
    stage: Stage
    modality: Modality
    attributed_to: Entity | None = None
    valid: Interval | None = None
    slots: dict[str, SlotValue]
    evidence: dict[str, tuple[Span, ...]]
    rule: str
    confidence: DecimalString
    derived_from: int | None = None


class Rejected(Value):
    """A candidate that did not become a fact, and why."""

    type: str
    rule: str
    reason: str = Field(max_length=500)
    spans: tuple[Span, ...] = ()


class Parsed(Value):
    """All that an extractor found in one document."""

    extractor: str
    version: str
    facts: tuple[Fact, ...] = ()
    rejected: tuple[Rejected, ...] = ()
