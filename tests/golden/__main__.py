"""Write the golden files that are not there yet."""

import types
import typing
from datetime import date
from enum import StrEnum
from functools import partial

import orjson

from seeds.document import Document, document_id, text_hash
from seeds.facts import (
    Comparison,
    Entity,
    Interval,
    Investor,
    Previous,
    Quantity,
    Rejected,
    Span,
    Text,
    Value,
)
from streams import documents as records
from streams.codec import encode, wire
from streams.delta import retraction
from streams.documents import ParseRecord, Request, Status, StoredDocument
from streams.events import CATALOGUE, SCHEMA_VERSION
from streams.from_facts import sealed, source_of
from streams.schemas import as_file, schemas
from streams.slots import Cause
from tests.golden import FOLDER

INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS

ARTICLE = Document(
    headline="«رمال» تبني مصنعا — new plant 🏭",
    text="أعلنت «رمال» بناء مصنع قرب تبوك بقيمة ١٤٫٨ مليار ريال.",
    language="ar",
    url="https://news.example/rimal",
    publisher="صدى",
    published_at="2025-06-17T09:30:00+03:00",
)


def document(article, **more):
    return StoredDocument(
        document=document_id(article),
        revision="01JXY0000000000000000GDEN1",
        **article.model_dump(),
        fetched_at="2025-06-17T07:00:00Z",
        headline_sha256=text_hash(article.headline) if article.headline else None,
        text_sha256=text_hash(article.text),
        salt="00112233445566778899aabbccddeeff",
        origin="agency:reuters",
        **more,
    )


WHOLE = document(ARTICLE)
BARE = document(Document(text=ARTICLE.text, language="ar"))
FIRST, SECOND = (Entity(id=i, name=i.title(), surface=s) for i, s in (("rimal", "«رمال»"), ("sadaf", "صدف")))
LEAVES = {
    Entity: Entity(id="unresolved/tabuk-sons", name="Tabuk Sons", surface="أبناء تبوك", resolved=False),
    Quantity: Quantity(
        low="14800000000", high="14999999999.99", bound="at_least", unit="SAR", surface="١٤٫٨ مليار ريال"
    ),
    Interval: Interval(start=date(2025, 6, 1), end=date(2025, 6, 30), precision="month", surface="يونيو"),
    Text: Text(quote="بناء مصنع قرب تبوك", modality="reported"),
    bool: False,
}


def value(annotation, full):
    """A value of a slot; with every part of it, or as bare as it may be."""
    inside = typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return value(inside[0], full) if full else None
    if annotation == tuple[Entity, Entity]:
        return FIRST, SECOND
    if typing.get_origin(annotation) is tuple:
        return (value(inside[0], full),) if full else ()
    if issubclass(annotation, StrEnum):
        return next(iter(annotation))
    if annotation in (Investor, Previous, Comparison):
        return made(annotation, full)
    leaf = LEAVES[annotation]
    if full or not isinstance(leaf, Value):
        return leaf
    return annotation(**{n: getattr(leaf, n) for n, f in annotation.model_fields.items() if f.is_required()})


def made(model, full):
    return model(**{name: value(field.annotation, full) for name, field in model.model_fields.items()})


def fact(event_type, full):
    told = {
        "type": event_type,
        "stage": "agreed",
        "modality": "reported",
        "slots": made(CATALOGUE[event_type], full),
        "evidence": {"trigger": (Span(start=0, end=12, exact=ARTICLE.text[:12]),)},
        "source": source_of(WHOLE if full else BARE),
        "extraction": {"extractor": "rules", "version": "1", "rule": f"ar.{event_type}"},
        "confidence": "0.97",
        "origin": WHOLE.origin,
    }
    more = {"attributed_to": SECOND, "valid": LEAVES[Interval], "derived_from": "ab" * 32} if full else {}
    return sealed({**told, **more}, "cd" * 32 if full else None)


def examples(event_type):
    if event_type != "retraction":
        return [fact(event_type, full=True), fact(event_type, full=False)]
    asked = document(ARTICLE, request=Request(id="r-1", by="desk", cause=Cause.DUPLICATE))
    once = retraction(wire(fact("supply", full=True)), Cause.DUPLICATE, "desk", asked)
    return [
        retraction(wire(once), Cause.MERGE_UNDONE, "desk", asked),
        retraction(wire(fact("supply", False)), Cause.SOURCE_WITHDRAWN, "khabar", BARE),
    ]


def as_list(event_type):
    told = examples(event_type)
    for event in told:
        encode(event)
    return orjson.dumps([wire(event) for event in told], option=INDENTED)


def answer():
    return records.encode(
        ParseRecord(
            partition=3,
            offset=14,
            document=WHOLE.document,
            revision=WHOLE.revision,
            change=WHOLE.change,
            status=Status.PARSED,
            extractor="rules",
            version="1",
            text_sha256=WHOLE.text_sha256,
            events=(wire(fact("supply", full=True)), wire(examples("retraction")[0])),
            rejected=(Rejected(type="supply", rule="ar.supply", reason="no customer"),),
            error="none",
        )
    )


def add(path, make):
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())


def main():
    folder = FOLDER / f"v{SCHEMA_VERSION}"
    for event_type, schema in schemas().items():
        add(folder / "schemas" / f"{event_type}.json", partial(as_file, schema))
        add(folder / f"{event_type}.json", partial(as_list, event_type))
    add(folder / "records" / "document.json", partial(records.encode, WHOLE))
    add(folder / "records" / "parse.json", answer)


main()
