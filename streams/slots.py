"""The event catalogue: one model of slots per event type.

A new event type is one class here, one rule file per language in `seeds/rules`, and one entry in
`streams.lines`. `home` names the slot whose entity id is the partition key.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator

from seeds.facts import Comparison, Entity, Interval, Investor, OpenEnum, Previous, Quantity, Text, Value


class Slots(Value):
    """Base of the slots of one event type."""

    type: ClassVar[str]
    home: ClassVar[str]  # the slot whose id is the key; "parties" means the smaller id, "" the document


class Offer(OpenEnum):
    """How an acquirer offers."""

    FRIENDLY = "friendly"
    HOSTILE = "hostile"
    TENDER = "tender"
    OTHER = "other"


class Extent(OpenEnum):
    """How far a customer pulls back."""

    REDUCING = "reducing"
    ENDED = "ended"
    CONSIDERING = "considering"
    OTHER = "other"


class PartnershipKind(OpenEnum):
    """What two parties make together."""

    ALLIANCE = "alliance"
    JOINT_VENTURE = "joint_venture"
    AGREEMENT = "agreement"
    LICENSING = "licensing"
    DISTRIBUTION = "distribution"
    RESEARCH = "research"
    OTHER = "other"


class BuildKind(OpenEnum):
    """What is built."""

    DATA_CENTRE = "data_centre"
    FACTORY = "factory"
    LINE = "line"
    COMPUTING = "computing"
    POWER_PLANT = "power_plant"
    NETWORK = "network"
    PORT = "port"
    STORE = "store"
    RESEARCH_CENTRE = "research_centre"
    PROPERTY = "property"
    OTHER = "other"


class ProductStatus(OpenEnum):
    """Where a product stands."""

    ANNOUNCED = "announced"
    LAUNCHED = "launched"
    DELAYED = "delayed"
    UNRELEASED = "unreleased"
    CANCELLED = "cancelled"
    RECALLED = "recalled"
    OTHER = "other"


class ConcernKind(OpenEnum):
    """What a concern is about."""

    REGULATORY = "regulatory"
    COMPETITIVE = "competitive"
    SPENDING = "spending"
    CAPABILITY = "capability"
    DATA_ACCESS = "data_access"
    OTHER = "other"


class Metric(OpenEnum):
    """What a financial result or a forecast measures."""

    REVENUE = "revenue"
    NET_PROFIT = "net_profit"
    NET_LOSS = "net_loss"
    OPERATING_PROFIT = "operating_profit"
    OPERATING_LOSS = "operating_loss"
    PRETAX_PROFIT = "pretax_profit"
    GROSS_PROFIT = "gross_profit"
    EBITDA = "ebitda"
    EARNINGS_PER_SHARE = "earnings_per_share"
    ASSETS = "assets"
    DEPOSITS = "deposits"
    DEBT = "debt"
    CASH_FLOW = "cash_flow"
    SALES_VOLUME = "sales_volume"
    SUBSCRIBERS = "subscribers"
    PRODUCTION = "production"
    GROWTH = "growth"
    OTHER = "other"


class Cause(OpenEnum):
    """Why an event is taken back; what the world changed is a new event, never a retraction."""

    SOURCE_CORRECTED = "source_corrected"
    SOURCE_WITHDRAWN = "source_withdrawn"
    EXTRACTOR_BUG = "extractor_bug"
    MERGE_UNDONE = "merge_undone"
    DUPLICATE = "duplicate"
    OTHER = "other"


class InvestmentSlots(Slots):
    """Money for a share of a company."""

    type: ClassVar[str] = "investment"
    home: ClassVar[str] = "target"
    target: Entity
    investors: tuple[Investor, ...] = ()
    amount: Quantity | None = None
    stake_percent: Quantity | None = None
    voting: bool | None = None
    valuation: Quantity | None = None
    round: Text | None = None
    seller: Entity | None = None


class AcquisitionSlots(Slots):
    """A company, or an asset of one, changes its owner. The target of an asset deal is `seller/asset`."""

    type: ClassVar[str] = "acquisition"
    home: ClassVar[str] = "target"
    target: Entity
    acquirers: tuple[Entity, ...] = ()
    seller: Entity | None = None
    asset: Text | None = None
    amount: Quantity | None = None
    stake_percent: Quantity | None = None
    price_per_share: Quantity | None = None
    offer: Offer | None = None
    expected_close: Interval | None = None


class ValuationSlots(Slots):
    """What a company is held to be worth."""

    type: ClassVar[str] = "valuation"
    home: ClassVar[str] = "company"
    company: Entity
    amount: Quantity


class AppointmentSlots(Slots):
    """A person takes a role."""

    type: ClassVar[str] = "appointment"
    home: ClassVar[str] = "organisation"
    organisation: Entity
    person: Entity
    unit: Text | None = None
    role: Text | None = None
    age: Quantity | None = None
    previous: Previous | None = None
    predecessor: Entity | None = None


class DepartureSlots(Slots):
    """A person leaves a role."""

    type: ClassVar[str] = "departure"
    home: ClassVar[str] = "organisation"
    organisation: Entity
    person: Entity
    role: Text | None = None
    reason: Text | None = None


class CustomerPullbackSlots(Slots):
    """A customer takes less from a supplier, or thinks of it."""

    type: ClassVar[str] = "customer_pullback"
    home: ClassVar[str] = "supplier"
    supplier: Entity
    customer: Entity
    extent: Extent
    reason: Text | None = None


class SupplySlots(Slots):
    """A supplier serves a customer."""

    type: ClassVar[str] = "supply"
    home: ClassVar[str] = "supplier"
    supplier: Entity
    customer: Entity
    product: Text | None = None


class PairSlots(Slots):
    """Two parties as equals; they stand in the order of their ids, so that one pair is one home."""

    home: ClassVar[str] = "parties"
    parties: tuple[Entity, Entity]

    @field_validator("parties")
    @classmethod
    def _in_order(cls, parties: tuple[Entity, Entity]) -> tuple[Entity, Entity]:
        if parties[0].id >= parties[1].id:
            msg = f"parties must be two, in the order of their ids, not {parties[0].id}, {parties[1].id}"
            raise ValueError(msg)
        return parties


class PartnershipSlots(PairSlots):
    """Two parties do something together."""

    type: ClassVar[str] = "partnership"
    kind: PartnershipKind | None = None
    matter: Text | None = None
    venture: Entity | None = None


class RivalrySlots(PairSlots):
    """Two parties compete."""

    type: ClassVar[str] = "rivalry"
    field: Text | None = None


class CapexPlanSlots(Slots):
    """What a company spends, or means to, on its own capacity."""

    type: ClassVar[str] = "capex_plan"
    home: ClassVar[str] = "company"
    company: Entity
    amount: Quantity
    period: Interval | None = None
    purpose: Text | None = None
    compared_with: Comparison | None = None


class InfrastructureBuildSlots(Slots):
    """A company builds a site or puts up capacity."""

    type: ClassVar[str] = "infrastructure_build"
    home: ClassVar[str] = "company"
    company: Entity
    kind: BuildKind
    power: Quantity | None = None
    units: Quantity | None = None
    amount: Quantity | None = None
    due: Interval | None = None
    place: Entity | None = None


class ProductSlots(Slots):
    """A product is announced, launched, delayed …."""

    type: ClassVar[str] = "product"
    home: ClassVar[str] = "company"
    company: Entity
    product: Entity
    status: ProductStatus
    when: Interval | None = None
    reception: Text | None = None
    reason: Text | None = None


class ConcernSlots(Slots):
    """Somebody worries about something of a company."""

    type: ClassVar[str] = "concern"
    home: ClassVar[str] = "company"
    company: Entity
    kind: ConcernKind
    holder: Entity | None = None
    matter: Text | None = None


class SurveyStatisticSlots(Slots):
    """A share of a population says or does something; it belongs to no company."""

    type: ClassVar[str] = "survey_statistic"
    home: ClassVar[str] = ""
    percent: Quantity
    population: Text | None = None
    claim: Text | None = None


class ForecastSlots(Slots):
    """Somebody says what will be. Without an entity that it is about, the document is its home."""

    type: ClassVar[str] = "forecast"
    home: ClassVar[str] = "about"
    about: Entity | None = None
    forecaster: Entity | None = None
    metric: Metric | None = None
    amount: Quantity | None = None
    period: Interval | None = None
    claim: Text | None = None


class LayoffSlots(Slots):
    """A company cuts jobs."""

    type: ClassVar[str] = "layoff"
    home: ClassVar[str] = "company"
    company: Entity
    count: Quantity | None = None
    percent: Quantity | None = None
    unit: Text | None = None


class FinancialResultSlots(Slots):
    """A figure that a company reports for a period."""

    type: ClassVar[str] = "financial_result"
    home: ClassVar[str] = "company"
    company: Entity
    metric: Metric
    amount: Quantity
    unit: Text | None = None
    period: Interval | None = None
    prior: Quantity | None = None
    change_percent: Quantity | None = None


class RetractionSlots(Slots):
    """An event is taken back, and stands in this one whole (its wire form, of whatever version)."""

    type: ClassVar[str] = "retraction"
    home: ClassVar[str] = ""
    event: dict[str, Any]
    cause: Cause
    by: str = Field(max_length=200)
    request: str | None = Field(default=None, max_length=200)
