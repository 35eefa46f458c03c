"""What the exported files hold, as data: schemas, README and Parquet types are all made of these tables.

Every row has every column; what is not known is null. Both formats have the same columns.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

Row = dict[str, Any]
"""One row: column → a value as JSON has it."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DAY = "day"  # "2025-06-17"
    MOMENT = "moment"  # "2025-06-17T09:30:00.000Z"
    FLAG = "flag"
    COUNT = "count"
    NUMBER = "number"  # a float64
    TEXTS = "texts"  # a list
    JSON = "json"  # text


class Column(NamedTuple):
    """One column; `always` ones are never null."""

    name: str
    kind: Kind
    told: str
    always: bool = False


AMOUNTS = (
    Column(
        "amount_low", Kind.NUMBER, "`amount` (else the only investor's; of a layoff: `count`), lower bound"
    ),
    Column("amount_high", Kind.NUMBER, "Upper bound; equal to the lower one where one number was told"),
    Column("amount_low_exact", Kind.TEXT, "The lower bound as an exact decimal"),
    Column("amount_high_exact", Kind.TEXT, "The upper bound as an exact decimal"),
    Column("amount_unit", Kind.TEXT, "ISO 4217 code, `%`, `GW` …; null where the article does not settle it"),
    Column("percent_low", Kind.NUMBER, "`stake_percent`, `change_percent` or `percent`, lower bound"),
    Column("percent_high", Kind.NUMBER, "Upper bound"),
)

EVENTS = (
    Column("id", Kind.TEXT, "SHA-256 of what the event says", always=True),
    Column("type", Kind.TEXT, "`investment`, `supply` …; a `retraction` is an event too", always=True),
    Column("schema_version", Kind.COUNT, "Version of the schema of `data`", always=True),
    Column(
        "claim_id", Kind.TEXT, "The same over revisions of the article and versions of the rules", always=True
    ),
    Column("stage", Kind.TEXT, "What has happened: `considering` … `completed`, `ended`", always=True),
    Column(
        "modality", Kind.TEXT, "How it is told: `asserted`, `reported`, `possible`, `denied`", always=True
    ),
    Column("home", Kind.TEXT, "Key in the log, as published: an entity or a document", always=True),
    Column(
        "entities", Kind.TEXTS, "Entities with a role in it, as merged and split at the moment", always=True
    ),
    Column(
        "day", Kind.DAY, "When it took effect, at the earliest; the day used where none was told", always=True
    ),
    Column("certain", Kind.DAY, "When it took effect in any case", always=True),
    Column("valid_from", Kind.DAY, "First day of the time that the article tells"),
    Column("valid_to", Kind.DAY, "Last day of it"),
    Column("precision", Kind.TEXT, "How precisely it tells that: `day`, `month`, `quarter` …"),
    Column(
        "published_at", Kind.TEXT, "When the outlet published it: a day or a time, as precise as it was told"
    ),
    Column("recorded_at", Kind.MOMENT, "When the log took it: nobody knew it here before", always=True),
    Column("cut", Kind.COUNT, "Number of the cut that recorded it; null beyond the export's own cut"),
    Column("retracted", Kind.FLAG, "Taken back, as far as the log knew at the moment", always=True),
    Column("retraction_cause", Kind.TEXT, "Why: `source_corrected`, `extractor_bug` …"),
    Column("retracted_by", Kind.TEXT, "Id of the retraction that counts"),
    Column("retracted_at", Kind.MOMENT, "When the log took that"),
    Column("retracts", Kind.TEXT, "Of a retraction: id of the event that it takes back"),
    Column("document", Kind.TEXT, "Id of the article", always=True),
    Column("publisher", Kind.TEXT, "Its outlet"),
    Column("url", Kind.TEXT, "Its address"),
    Column("language", Kind.TEXT, "Its language", always=True),
    Column("origin", Kind.TEXT, "Who first said so: copies of one piece share it", always=True),
    Column("attributed_to", Kind.TEXT, "Entity that the article lets say it"),
    Column("confidence", Kind.NUMBER, "From 0 to 1: how sure the rule is of its reading", always=True),
    Column("extractor", Kind.TEXT, "What found it", always=True),
    Column("version", Kind.TEXT, "Version of that", always=True),
    Column("rule", Kind.TEXT, "Its rule", always=True),
    *AMOUNTS,
    Column("data", Kind.JSON, "The whole event as published, for `khabar verify`", always=True),
)

LINES = (
    Column("company", Kind.TEXT, "Whose line it is: id of an entity", always=True),
    Column("company_name", Kind.TEXT, "Its name"),
    Column("section", Kind.TEXT, "`investors`, `customers`, `valuation` …", always=True),
    Column(
        "counterpart", Kind.TEXT, "The other side: an entity, `kind+entity`, a period, or `-`", always=True
    ),
    Column("name", Kind.TEXT, "Name of the entity in the counterpart"),
    Column("date", Kind.DAY, "First day on which the step may hold", always=True),
    Column("certain", Kind.DAY, "From then on it is sure", always=True),
    Column("until", Kind.DAY, "Last day that a telling of the step gives for it", always=True),
    Column("precision", Kind.TEXT, "How precisely `date` was told", always=True),
    Column("type", Kind.TEXT, "Event type of the preferred telling", always=True),
    Column("stage", Kind.TEXT, "Its stage", always=True),
    Column("modality", Kind.TEXT, "Its modality", always=True),
    Column("attributed_to", Kind.TEXT, "Entity that it lets say so"),
    Column("weak", Kind.FLAG, "No more than talk: planned, possible, denied", always=True),
    Column("closing", Kind.FLAG, "The step ends what was: a departure, a pullback", always=True),
    Column("is_current", Kind.FLAG, "The step that holds on the export's day", always=True),
    Column(
        "possibly", Kind.FLAG, "It holds only possibly on that day: its date is not that precise", always=True
    ),
    Column(
        "is_otherwise",
        Kind.FLAG,
        "What holds if the `possibly` current step had not happened yet",
        always=True,
    ),
    Column("events", Kind.COUNT, "Events that tell the step", always=True),
    Column("origins", Kind.COUNT, "Independent origins among them", always=True),
    Column("event", Kind.TEXT, "Id of the preferred telling, in the events file", always=True),
    Column("recorded_at", Kind.MOMENT, "When the log took that", always=True),
    Column("confidence", Kind.NUMBER, "Its confidence", always=True),
    *AMOUNTS,
    Column("steps_left_out", Kind.COUNT, "Older steps of the line that are only counted", always=True),
    Column("slots", Kind.JSON, "What the preferred telling says", always=True),
)

ENTITIES = (
    Column("id", Kind.TEXT, "As published in events", always=True),
    Column("shown_as", Kind.TEXT, "What it was merged into at the moment; else its own id", always=True),
    Column("kind", Kind.TEXT, "`org`, `person`, `product`, `place`, `group`; null if no event names it"),
    Column("name", Kind.TEXT, "Its name"),
    Column("name_ar", Kind.TEXT, "Its Arabic name"),
    Column("resolved", Kind.FLAG, "Known by more than the words of one article", always=True),
    Column("events", Kind.COUNT, "Events that are shown under it, up to the moment", always=True),
    Column("identifiers", Kind.JSON, "Tickers, LEI …", always=True),
)

TABLES = {"events": EVENTS, "lines": LINES, "entities": ENTITIES}


def amounts(slots: dict[str, Any]) -> Row:
    """Flatten what an event counts: found by the names that slots have in every type."""
    investors: list[dict[str, Any]] = slots.get("investors") or []
    only = (
        investors[0].get("amount") if len(investors) == 1 else None
    )  # what the only one puts in is all of it
    amount = slots.get("amount") or slots.get("count") or only or {}
    percent: dict[str, Any] = next(
        (slots[n] for n in ("stake_percent", "change_percent", "percent") if slots.get(n)), {}
    )
    return {
        "amount_low": _number(amount.get("low")),
        "amount_high": _number(amount.get("high")),
        "amount_low_exact": amount.get("low"),
        "amount_high_exact": amount.get("high"),
        "amount_unit": amount.get("unit"),
        "percent_low": _number(percent.get("low")),
        "percent_high": _number(percent.get("high")),
    }


def _number(decimal: str | None) -> float | None:
    return float(decimal) if decimal is not None else None
