"""Hypothesis strategies of documents, facts and events: valid, with right ids, and few enough entities
that events meet on the same lines. Strategies are cached: Hypothesis takes longer to make than to draw them.

Slots are drawn by their annotations, so that a new event type is covered without a line here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from hypothesis import strategies as st

from seeds.document import Document, document_id, text_hash
from seeds.facts import (
    Bound,
    Comparison,
    Entity,
    EntityKind,
    Fact,
    Interval,
    Investor,
    Modality,
    Parsed,
    Precision,
    Previous,
    Quantity,
    Span,
    Stage,
    Text,
)
from seeds.origin import origin
from streams.codec import wire
from streams.delta import retraction
from streams.documents import Change, StoredDocument
from streams.events import CATALOGUE, AnyEvent
from streams.from_facts import sealed, source_of
from streams.slots import Cause, Slots

__all__ = ["documents", "events", "facts", "histories", "parses", "retractions", "sealed", "slots"]

FACT_TYPES = [name for name in CATALOGUE if name != "retraction"]
HEADLINE = "تبني المجموعة مصنعا — new plant 🏭 for Rimal"
TEXTS = (
    "Rimal Cement will build a plant near Tabuk, people familiar with the matter said on Tuesday.",
    "أعلنت «رمال» بناء مصنع قرب تبوك بقيمة ١٤٫٨ مليار ريال، وقالت إن العمل يبدأ في يونيو/حزيران المقبل.",
    "Néant & fils\u00a0— 𝄞 «ok»\u200f … 49% of \U0001f3ed\r\n\tthe stake",
)

ORGS = [("rimal", "Rimal"), ("sadaf", "Sadaf"), ("a", "A"), ("unresolved/najd-grid", "نجد")]
PEOPLE = [("layla-h", "Layla H."), ("omar-k", "عمر ك.")]
PRODUCTS = [("sadaf-cloud", "Sadaf Cloud"), ("rimal-9", "رمال 9")]
PLACES = [("tabuk", "تبوك"), ("texas", "Texas")]
GROUPS = [("group/industry-experts", "industry experts")]
POOLS = {
    "person": (PEOPLE, EntityKind.PERSON),
    "predecessor": (PEOPLE, EntityKind.PERSON),
    "product": (PRODUCTS, EntityKind.PRODUCT),
    "place": (PLACES, EntityKind.PLACE),
    "holder": (GROUPS + PEOPLE, EntityKind.GROUP),
    "forecaster": (ORGS + GROUPS, EntityKind.ORG),
}
UNITS = {"percent": ["%"], "stake_percent": ["%"], "power": ["GW", "MW"], "age": ["years"], "ratio": ["x"]}


@cache
def words() -> st.SearchStrategy[str]:
    """Short stretches of text as articles have them: Arabic, Latin, marks, astral letters."""
    return st.text(alphabet='ab é«»ابتةى\u064b\u200f١٤٫،%𝄞\n"\\', min_size=1, max_size=12)


@cache
def entities(slot: str = "") -> st.SearchStrategy[Entity]:
    """An entity such as this slot holds."""
    pool, kind = POOLS.get(slot, (ORGS, EntityKind.ORG))
    return st.builds(
        lambda pair, surface: Entity(
            id=pair[0],
            name=pair[1],
            surface=surface,
            kind=kind,
            resolved=not pair[0].startswith("unresolved"),
        ),
        st.sampled_from(pool),
        words(),
    )


@cache
def pairs() -> st.SearchStrategy[tuple[Entity, ...]]:
    """Two different entities in the order of their ids."""
    two = st.lists(entities(), min_size=2, max_size=2, unique_by=lambda entity: entity.id)
    return two.map(lambda both: tuple(sorted(both, key=lambda entity: entity.id)))


@cache
def quantities(slot: str = "") -> st.SearchStrategy[Quantity]:
    """A quantity, settled or open at one end."""
    number = st.none() | st.decimals(0, 10**13, places=2) | st.integers(0, 99)
    return st.builds(
        Quantity,
        low=number,
        high=number,
        bound=_members(Bound),
        unit=st.none() | st.sampled_from(UNITS.get(slot, ["USD", "SAR", "AED"])),
        surface=words(),
    )


@cache
def days() -> st.SearchStrategy[date]:
    """Days within two years, so that steps form and part."""
    return st.integers(0, 730).map(lambda n: date(2024, 7, 1) + timedelta(days=n))


@cache
def intervals() -> st.SearchStrategy[Interval]:
    """A stretch of days; sometimes only its surface is known."""
    settled = st.builds(
        lambda start, length, precision, surface: Interval(
            start=start, end=start + timedelta(days=length), precision=precision, surface=surface
        ),
        days(),
        st.sampled_from([0, 0, 6, 29, 364]),
        _members(Precision),
        st.none() | words(),
    )
    return settled | st.builds(Interval, precision=_members(Precision), surface=words())


@cache
def texts() -> st.SearchStrategy[Text]:
    """A verbatim quote."""
    return st.builds(Text, quote=words(), modality=st.none() | _members(Modality))


@cache
def _members(enum: type[StrEnum]) -> st.SearchStrategy[Any]:
    """What a writer may say: all but `other`."""
    return st.sampled_from([member for member in enum if member != "other"])


@cache
def _value(annotation: Any, slot: str) -> st.SearchStrategy[Any]:
    """Draw a value of a slot by the slot's annotation."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return st.one_of([st.none() if a is type(None) else _value(a, slot) for a in arguments])
    if annotation == tuple[Entity, Entity]:
        return pairs()
    if typing.get_origin(annotation) is tuple:
        item = _value(arguments[0], slot)
        return st.lists(item, max_size=3, unique_by=_id_of).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _members(annotation)
    made: dict[Any, st.SearchStrategy[Any]] = {
        Entity: entities(slot),
        Quantity: quantities(slot),
        Interval: intervals(),
        Text: texts(),
        bool: st.booleans(),
        Investor: st.builds(
            Investor,
            entity=entities(),
            amount=st.none() | quantities(),
            lead=st.none() | st.booleans(),
        ),
        Previous: st.builds(Previous, role=st.none() | texts(), organisation=st.none() | entities()),
        Comparison: st.builds(Comparison, period=intervals(), ratio=quantities("ratio")),
    }
    return made[annotation]


def _id_of(item: Entity | Investor) -> str:
    return item.id if isinstance(item, Entity) else item.entity.id


@cache
def slots(event_type: str) -> st.SearchStrategy[Slots]:
    """The slots of one event type."""
    model = CATALOGUE[event_type]
    drawn = {
        name: _value(typing.cast(Any, field.annotation), name)
        for name, field in model.model_fields.items()
        if name != "event"
    }
    return st.builds(model, **drawn)


@cache
@st.composite
def documents(draw: st.DrawFn) -> StoredDocument:
    """A first revision of one of a few articles, published on some day or without a date."""
    document = Document(
        headline=draw(st.none() | st.just(HEADLINE)),
        text=draw(st.sampled_from(TEXTS)),
        language=draw(st.sampled_from(["ar", "en"])),
        url=draw(st.none() | st.sampled_from([f"https://news.example/{n}" for n in range(5)])),
        publisher=draw(st.none() | st.sampled_from(["Gulf Wire", "صدى"])),
        published_at=draw(st.none() | days().map(str)),
    )
    return StoredDocument(
        document=document_id(document),
        revision=draw(st.sampled_from("ABCD")) * 26,
        **document.model_dump(),
        fetched_at="2025-07-01T08:00:00Z",
        headline_sha256=text_hash(document.headline) if document.headline is not None else None,
        text_sha256=text_hash(document.text),
        salt=draw(st.sampled_from(["0123456789abcdef", "fedcba9876543210"])),
        origin=draw(st.sampled_from(["agency:reuters", origin(document)])),
        change=Change.TEXT,
    )


@st.composite
def spans(draw: st.DrawFn, document: StoredDocument) -> Span:
    """A span of the document, with what stands there."""
    part = draw(st.sampled_from(["text", "headline"] if document.headline else ["text"]))
    string = document.headline if part == "headline" and document.headline else document.text
    start = draw(st.integers(0, len(string) - 1))
    end = draw(st.integers(start + 1, min(len(string), start + 30)))
    return Span(part=part, start=start, end=end, exact=string[start:end])


@st.composite
def facts(draw: st.DrawFn, document: StoredDocument, fact_types: Sequence[str] = FACT_TYPES) -> Fact:
    """A fact as an extractor gives it, with evidence that stands in the document."""
    event_type = draw(st.sampled_from(fact_types))
    made = draw(slots(event_type))
    filled = {name: value for name in type(made).model_fields if (value := getattr(made, name)) is not None}
    paths = draw(st.sets(st.sampled_from(["trigger", *sorted(filled)]), max_size=3)) | {"trigger"}
    some = st.lists(spans(document), min_size=1, max_size=2).map(tuple)
    return Fact(
        type=event_type,
        stage=draw(_members(Stage)),
        modality=draw(_members(Modality)),
        attributed_to=draw(st.none() | entities("forecaster")),
        valid=draw(st.none() | intervals()),
        slots=filled,
        evidence={path: draw(some) for path in sorted(paths)},
        rule=f"en.{event_type}.drawn",
        confidence=draw(st.sampled_from(["1", "0.97", "0.8", "0.5"])),
    )


@st.composite
def parses(draw: st.DrawFn, document: StoredDocument, facts_max: int = 6) -> Parsed:
    """What an extractor found in the document; some facts follow from others."""
    found = draw(st.lists(facts(document), max_size=facts_max))
    for number in range(1, len(found)):
        if draw(st.booleans()):
            found[number] = found[number].model_copy(
                update={"derived_from": draw(st.integers(0, number - 1))}
            )
    return Parsed(extractor="rules", version="1", facts=tuple(found))


@st.composite
def events(draw: st.DrawFn, event_types: Sequence[str] = FACT_TYPES) -> AnyEvent:
    """A valid fact of one of these types."""
    document = draw(documents())
    fact = draw(facts(document, event_types))
    return sealed(
        {
            **{name: getattr(fact, name) for name in ("type", "stage", "modality", "attributed_to", "valid")},
            **{name: getattr(fact, name) for name in ("slots", "evidence", "confidence")},
            "source": source_of(document),
            "extraction": {"extractor": "rules", "version": "1", "rule": fact.rule},
            "origin": document.origin,
        }
    )


@st.composite
def retractions(draw: st.DrawFn, of: st.SearchStrategy[AnyEvent] | None = None) -> AnyEvent:
    """A retraction of an event, of any fact if `of` is not given."""
    target = draw(of if of is not None else events())
    document = draw(documents()).model_copy(update={"document": target.source.document})
    return retraction(wire(target), draw(_members(Cause)), draw(words()), document)


@st.composite
def histories(draw: st.DrawFn, facts_max: int = 8, event_types: Sequence[str] = FACT_TYPES) -> list[AnyEvent]:
    """Some facts, retractions of some of them, and retractions of some of those, in any order."""
    told = draw(st.lists(events(event_types), min_size=1, max_size=facts_max))
    first = [draw(retractions(st.just(e))) for e in told if draw(st.integers(0, 3)) == 0]
    second = [draw(retractions(st.just(e))) for e in first if draw(st.integers(0, 2)) == 0]
    return draw(st.permutations(told + first + second))
