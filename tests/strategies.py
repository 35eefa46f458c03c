"""Hypothesis strategies: valid events of every type, with ids that verify."""

from __future__ import annotations

import types
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from seeds.facts import Entity, EntityKind, Interval, Modality, Quantity, Span, Stage, Text, decimal_string
from streams.codec import wire
from streams.events import CATALOGUE, EVENT, AnyEvent
from streams.from_facts import home_of
from streams.ids import claim_id, event_id
from streams.slots import PairSlots, Slots

FACT_TYPES = [name for name in CATALOGUE if name != "retraction"]
ARABIC_AND_LATIN = st.characters(
    codec="utf-8", min_codepoint=32, blacklist_categories=("Cs", "Cc"), blacklist_characters="|"
)

words = st.text(ARABIC_AND_LATIN, min_size=1, max_size=20)
entity_ids = st.sampled_from([f"company-{n}" for n in range(6)] + ["unresolved-acme-0a1b2c3d"])
days = st.dates(date(2020, 1, 1), date(2026, 12, 31))
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)


def entities(ids: st.SearchStrategy[str] = entity_ids) -> st.SearchStrategy[Entity]:
    return st.builds(
        lambda id_, surface: Entity(
            id=id_, name=id_.title(), surface=surface, kind=EntityKind.ORG, resolved=not id_.startswith("u")
        ),
        ids,
        words,
    )


quantities = st.builds(
    lambda n, scale, unit, surface: Quantity(
        low=decimal_string(Decimal(n).scaleb(-scale)),
        high=decimal_string(Decimal(n).scaleb(-scale)),
        unit=unit,
        surface=surface,
    ),
    st.integers(0, 10**12),
    st.integers(0, 3),
    st.sampled_from([None, "USD", "SAR", "%"]),
    words,
)
intervals = st.builds(
    lambda start, length, surface: Interval(start=start, end=start + timedelta(days=length), surface=surface),
    days,
    st.integers(0, 400),
    words,
)
texts = st.builds(Text, quote=words, modality=st.none() | st.just(Modality.REPORTED))
spans = st.builds(
    lambda start, exact: Span(start=start, end=start + len(exact), exact=exact), st.integers(0, 1000), words
)
BASES: dict[Any, st.SearchStrategy[Any]] = {
    Entity: entities(),
    Quantity: quantities,
    Interval: intervals,
    Text: texts,
    bool: st.booleans(),
    str: words,
}


def of_type(annotation: Any) -> st.SearchStrategy[Any]:
    """Derive a strategy from the annotation of a slot, so that a new slot is generated at once."""
    origin = get_origin(annotation)
    if annotation in BASES:
        return BASES[annotation]
    if annotation is type(None):
        return st.none()
    if origin is Annotated:
        return of_type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return st.one_of([of_type(inner) for inner in get_args(annotation)])
    if origin is tuple:
        return st.lists(of_type(get_args(annotation)[0]), max_size=3).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from([member for member in annotation if member.value != "other"])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return models(annotation)
    raise NotImplementedError(annotation)


def models(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({n: of_type(f.annotation) for n, f in model.model_fields.items()}).map(
        lambda values: model(**values)
    )


def slots_of(model: type[Slots]) -> st.SearchStrategy[Any]:
    if not issubclass(model, PairSlots):
        return models(model)
    pair = st.lists(entity_ids, min_size=2, max_size=2, unique=True).flatmap(
        lambda ids: st.tuples(*(entities(st.just(id_)) for id_ in sorted(ids)))
    )
    fields = {n: of_type(f.annotation) for n, f in model.model_fields.items() if n != "parties"}
    return st.fixed_dictionaries({**fields, "parties": pair}).map(lambda values: model(**values))


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "document": f"https://news.example/{draw(st.integers(0, 20))}",
        "revision": "01J00000000000000000000000",
        "text_sha256": draw(hashes),
        "salt": draw(hashes)[:32],
        "language": draw(st.sampled_from(["ar", "en"])),
        "publisher": draw(st.none() | words),
        "published_at": draw(st.none() | days.map(date.isoformat)),
    }


@st.composite
def events(draw: st.DrawFn, types: list[str] | None = None) -> AnyEvent:
    """A valid fact event of one of the types (any, if none are given)."""
    event_type = draw(st.sampled_from(types or FACT_TYPES))
    return sealed(
        {
            "type": event_type,
            "stage": draw(of_type(Stage)),
            "modality": draw(of_type(Modality)),
            "attributed_to": draw(st.none() | entities()),
            "valid": draw(st.none() | intervals),
            "slots": draw(slots_of(CATALOGUE[event_type])),
            "evidence": {"trigger": (draw(spans),)},
            "source": draw(sources()),
            "extraction": {"extractor": "rules", "version": "1", "rule": "en.test"},
            "confidence": decimal_string(Decimal(draw(st.integers(0, 1000))).scaleb(-3)),
            "origin": draw(st.sampled_from([f"near:{n}" for n in range(5)])),
        }
    )


def sealed(data: dict[str, Any]) -> AnyEvent:
    """Make an event of its data: home, claim id and id follow."""
    zeros = "0" * 64
    event = EVENT.validate_python({**data, "id": zeros, "claim_id": zeros, "home": "-"})
    event = event.model_copy(update={"home": home_of(event)})
    claim = claim_id(event.source.document, wire(event), None)
    event = event.model_copy(update={"claim_id": claim})
    return event.model_copy(update={"id": event_id(wire(event))})
