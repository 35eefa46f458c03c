"""The typed, immutable events: one envelope, one slots model per type, one discriminated union.

`CATALOGUE` is the closed list of types. The wire form and ids are in `streams.codec`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter

from seeds.facts import DecimalString, Entity, Interval, Modality, Span, Stage, Value
from streams import slots as s

SCHEMA_VERSION = 1

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _there_is_such(moment: str) -> str:
    """Refuse what only has the shape: 30 February, 25 o'clock, digits that are not ASCII."""
    if not moment.isascii():
        msg = "digits are ASCII"
        raise ValueError(msg)
    datetime.fromisoformat(moment)
    return moment


Moment = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?$"),
    AfterValidator(_there_is_such),
]
"""An ISO 8601 day, or a time with its zone: as precise as the outlet told it."""

TypeT = TypeVar("TypeT", bound=str)
SlotsT = TypeVar("SlotsT", bound=s.Slots)


class Source(Value):
    """The revision of the document that an event was read from.

    `text_sha256` and `headline_sha256` name the stored strings that the evidence spans count in.
    `salt` enters the hash of every verbatim string of the event (see `streams.codec.event_id`).
    """

    document: str = Field(min_length=1, max_length=2048)
    revision: str = Field(min_length=26, max_length=26)
    text_sha256: Sha256
    headline_sha256: Sha256 | None = None
    salt: str = Field(min_length=16, max_length=64)
    language: str = Field(min_length=2, max_length=8)
    publisher: str | None = Field(default=None, max_length=300)
    url: str | None = Field(default=None, max_length=2048)
    published_at: Moment | None = None


class Extraction(Value):
    """What found the fact: extractor, its version, the rule."""

    extractor: str
    version: str
    rule: str


class Event(Value, Generic[TypeT, SlotsT]):
    """One immutable past-tense record of a fact, or of its retraction."""

    id: Sha256
    type: TypeT
    schema_version: int = SCHEMA_VERSION
    claim_id: Sha256
    home: str = Field(min_length=1, max_length=2048)
    stage: Stage
    modality: Modality
    attributed_to: Entity | None = None
    valid: Interval | None = None
    slots: SlotsT
    evidence: dict[str, tuple[Span, ...]]
    source: Source
    extraction: Extraction
    confidence: DecimalString
    origin: str = Field(min_length=1, max_length=300)
    derived_from: Sha256 | None = None


Investment = Event[Literal["investment"], s.InvestmentSlots]
Acquisition = Event[Literal["acquisition"], s.AcquisitionSlots]
Valuation = Event[Literal["valuation"], s.ValuationSlots]
Appointment = Event[Literal["appointment"], s.AppointmentSlots]
Departure = Event[Literal["departure"], s.DepartureSlots]
CustomerPullback = Event[Literal["customer_pullback"], s.CustomerPullbackSlots]
Supply = Event[Literal["supply"], s.SupplySlots]
Partnership = Event[Literal["partnership"], s.PartnershipSlots]
Rivalry = Event[Literal["rivalry"], s.RivalrySlots]
CapexPlan = Event[Literal["capex_plan"], s.CapexPlanSlots]
InfrastructureBuild = Event[Literal["infrastructure_build"], s.InfrastructureBuildSlots]
Product = Event[Literal["product"], s.ProductSlots]
Concern = Event[Literal["concern"], s.ConcernSlots]
SurveyStatistic = Event[Literal["survey_statistic"], s.SurveyStatisticSlots]
Forecast = Event[Literal["forecast"], s.ForecastSlots]
Layoff = Event[Literal["layoff"], s.LayoffSlots]
FinancialResult = Event[Literal["financial_result"], s.FinancialResultSlots]
Retraction = Event[Literal["retraction"], s.RetractionSlots]

AnyEvent = (
    Investment
    | Acquisition
    | Valuation
    | Appointment
    | Departure
    | CustomerPullback
    | Supply
    | Partnership
    | Rivalry
    | CapexPlan
    | InfrastructureBuild
    | Product
    | Concern
    | SurveyStatistic
    | Forecast
    | Layoff
    | FinancialResult
    | Retraction
)

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="type")])

CATALOGUE: dict[str, type[s.Slots]] = {
    model.type: model
    for model in (
        s.InvestmentSlots,
        s.AcquisitionSlots,
        s.ValuationSlots,
        s.AppointmentSlots,
        s.DepartureSlots,
        s.CustomerPullbackSlots,
        s.SupplySlots,
        s.PartnershipSlots,
        s.RivalrySlots,
        s.CapexPlanSlots,
        s.InfrastructureBuildSlots,
        s.ProductSlots,
        s.ConcernSlots,
        s.SurveyStatisticSlots,
        s.ForecastSlots,
        s.LayoffSlots,
        s.FinancialResultSlots,
        s.RetractionSlots,
    )
}


def entities_in(value: Any) -> list[Entity]:
    """List every entity mentioned in an event or a slot value, in order of appearance."""
    if isinstance(value, Entity):
        return [value]
    if isinstance(value, Value):
        return [e for name in type(value).model_fields for e in entities_in(getattr(value, name))]
    if isinstance(value, tuple):
        return [e for item in value for e in entities_in(item)]
    return []
