"""The one crossing from facts to events: homes, ids, claim ids, what follows from what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from seeds.errors import UnsupportedLanguage
from seeds.facts import Fact, Parsed, Rejected, Span
from seeds.language import language_of
from streams.codec import encode, first_complaint, wire
from streams.documents import StoredDocument
from streams.errors import CodecError, Invalid
from streams.events import CATALOGUE, EVENT, SCHEMA_VERSION, AnyEvent
from streams.homes import home_of
from streams.ids import claim_id, event_id

EVENTS_MAX = 200  # a document
UNDETERMINED = "und"  # ISO 639-2
NO_ID = "0" * 64  # stands in an event until its own is known


@dataclass(frozen=True)
class Made:
    """What became of the facts of a parse: events new to the log, claims already live, and the rest."""

    new: tuple[AnyEvent, ...]
    kept: frozenset[str]
    rejected: tuple[Rejected, ...]


class Refused(Exception):
    """When a fact cannot become an event; the message is the reason for the rejected candidate."""


def events(
    parsed: Parsed,
    document: StoredDocument,
    live: Mapping[str, str],
    min_confidence: float = 0.0,
    retracted: frozenset[str] = frozenset(),
) -> Made:
    """Make events of the facts. `live` maps the claim ids of the document's living events to their ids.

    A claim that is live already makes no new event, and what is derived from it points at the living one.
    A claim in `retracted` was taken back on request: it makes none either, nor does what follows from it.
    The result depends on the arguments alone, so doing it again gives the same bytes.
    """
    source = source_of(document, _language(document))
    made: dict[int, tuple[str, str]] = {}  # number of the fact → its event's id and claim id
    new: dict[str, AnyEvent] = {}  # by claim id
    kept: set[str] = set()
    rejected = list(parsed.rejected)
    for number in _parents_first(parsed.facts):
        fact = parsed.facts[number]
        try:
            event = _event(fact, parsed, document, source, made, min_confidence)
            claim = event.claim_id
            if claim in retracted:
                msg = "retracted on request"
                raise Refused(msg)
            if claim in live:
                kept.add(claim)
                made[number] = live[claim], claim
                continue
            if claim in new:
                made[number] = new[claim].id, claim
                msg = "the same claim was found before"
                raise Refused(msg)
            if len(new) + len(kept) >= EVENTS_MAX:
                msg = f"limit: more than {EVENTS_MAX} events in one document"
                raise Refused(msg)
            encode(event)
        except (Refused, CodecError) as error:
            rejected.append(_refuse(fact, str(error)))
            continue
        new[claim] = event
        made[number] = event.id, claim
    return Made(tuple(new.values()), frozenset(kept), tuple(rejected))


def _event(
    fact: Fact,
    parsed: Parsed,
    document: StoredDocument,
    source: dict[str, Any],
    made: Mapping[int, tuple[str, str]],
    min_confidence: float,
) -> AnyEvent:
    if fact.type not in CATALOGUE or fact.type == "retraction":
        msg = f"no event type {fact.type}"
        raise Refused(msg)
    if Decimal(fact.confidence) < Decimal(str(min_confidence)):
        msg = f"confidence {fact.confidence} is below {min_confidence}"
        raise Refused(msg)
    if fact.derived_from is not None and fact.derived_from not in made:
        msg = "what it follows from was rejected"
        raise Refused(msg)
    _check_evidence(fact, document)
    parent = made[fact.derived_from] if fact.derived_from is not None else None
    slots, evidence = _pair_in_order(dict(fact.slots), dict(fact.evidence))
    data = {
        "type": fact.type,
        "stage": fact.stage,
        "modality": fact.modality,
        "attributed_to": fact.attributed_to,
        "valid": fact.valid,
        "slots": slots,
        "evidence": evidence,
        "source": source,
        "extraction": {"extractor": parsed.extractor, "version": parsed.version, "rule": fact.rule},
        "confidence": fact.confidence,
        "origin": document.origin,
        "derived_from": parent[0] if parent else None,
    }
    return sealed(data, parent[1] if parent else None)


def sealed(data: dict[str, Any], parent_claim: str | None = None) -> AnyEvent:
    """Make an event of all but its home and ids, which follow from the rest. Raises Invalid."""
    unnamed = {"id": NO_ID, "claim_id": NO_ID, "home": "-", "schema_version": SCHEMA_VERSION}
    try:
        event = EVENT.validate_python({**data, **unnamed})
    except ValidationError as error:
        raise Invalid(first_complaint(error)) from error
    event = event.model_copy(update={"home": home_of(event)})
    claim = claim_id(event.source.document, wire(event), parent_claim)
    event = event.model_copy(update={"claim_id": claim})
    return event.model_copy(update={"id": event_id(wire(event))})


def source_of(document: StoredDocument, language: str | None = None) -> dict[str, Any]:
    """Name the revision of the document that an event was read from."""
    return {
        "document": document.document,
        "revision": document.revision,
        "text_sha256": document.text_sha256,
        "headline_sha256": document.headline_sha256,
        "salt": document.salt,
        "language": language or document.language or UNDETERMINED,
        "publisher": document.publisher,
        "url": document.url,
        "published_at": document.published_at,
    }


def _language(document: StoredDocument) -> str:
    """Give the language that the document was read in, which it may not name itself."""
    try:
        return language_of(document.as_document())
    except UnsupportedLanguage:
        return UNDETERMINED


def _check_evidence(fact: Fact, document: StoredDocument) -> None:
    """Refuse a fact whose quotes are not what stands in the document: nobody could check them."""
    parts = {"headline": document.headline or "", "text": document.text}
    for path, spans in fact.evidence.items():
        for span in spans:
            if parts[span.part][span.start : span.end] != span.exact:
                msg = f"evidence of {path} is not what stands at [{span.start}, {span.end})"
                raise Refused(msg)


def _pair_in_order(
    slots: dict[str, Any], evidence: dict[str, tuple[Span, ...]]
) -> tuple[dict[str, Any], dict[str, tuple[Span, ...]]]:
    """Put the two parties of a pair in the order of their ids, and their evidence with them."""
    parties = slots.get("parties")
    if isinstance(parties, tuple) and len(parties) == 2 and parties[0].id > parties[1].id:
        slots["parties"] = parties[::-1]
        swap = {"parties.0": "parties.1", "parties.1": "parties.0"}
        evidence = {swap.get(path, path): spans for path, spans in evidence.items()}
    return slots, evidence


def _parents_first(facts: tuple[Fact, ...]) -> list[int]:
    """Order the numbers of the facts so that what another follows from comes before it."""
    order: list[int] = []
    for number in range(len(facts)):
        chain: list[int] = []
        at: int | None = number
        while at is not None and at not in order and at not in chain and 0 <= at < len(facts):
            chain.append(at)
            at = facts[at].derived_from
        order.extend(reversed(chain))
    return order


def _refuse(fact: Fact, reason: str) -> Rejected:
    spans = fact.evidence.get("trigger") or next(iter(fact.evidence.values()), ())
    return Rejected(type=fact.type, rule=fact.rule, reason=reason[:500], spans=spans)
