"""What a new revision of a document changes: the events that are new, and the retractions of what is gone.

Pure, and the only place where the events of a document are decided; the parse agent feeds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seeds.facts import Modality, Parsed, Rejected, Stage
from streams.codec import encode, wire
from streams.documents import Change, ParseRecord, Place, Status, StoredDocument
from streams.events import EVENT, SCHEMA_VERSION, AnyEvent
from streams.from_facts import events, source_of
from streams.ids import claim_id, event_id
from streams.slots import Cause

Live = Mapping[str, dict[str, Any]]
"""The living events of a document: claim id → wire data, in the order of publishing."""

STATUS = {
    Change.TEXT: Status.PARSED,
    Change.REINSTATED: Status.REINSTATED,
    Change.REPARSE: Status.REPARSED,
    Change.WITHDRAWN: Status.WITHDRAWN,
    Change.RETRACTION: Status.RETRACTED,
}
CAUSE = {
    Change.TEXT: Cause.SOURCE_CORRECTED,
    Change.REINSTATED: Cause.SOURCE_CORRECTED,
    Change.REPARSE: Cause.EXTRACTOR_BUG,
    Change.WITHDRAWN: Cause.SOURCE_WITHDRAWN,
}


def needs_parse(document: StoredDocument) -> bool:
    """Tell whether the answer to this revision depends on its text."""
    return document.change in (Change.TEXT, Change.REINSTATED, Change.REPARSE)


def answer(
    document: StoredDocument, place: Place, live: Live, parsed: Parsed, min_confidence: float
) -> ParseRecord:
    """Answer a `documents` record: new events, then retractions of what is gone and what follows from it."""
    if document.change is Change.RETRACTION:
        return _retract_one(document, place, live, parsed)
    known = {claim: data["id"] for claim, data in live.items()}
    if needs_parse(document):
        made = events(parsed, document, known, min_confidence)
        new, kept, rejected = made.new, made.kept, made.rejected
    else:
        new, kept, rejected = (), frozenset(), ()
    gone = {data["id"] for claim, data in live.items() if claim not in kept}
    taken_back = _retractions(document, live, gone, CAUSE[document.change])
    return _record(document, place, parsed, STATUS[document.change], [*new, *taken_back], rejected)


def unchanged(document: StoredDocument, place: Place, extractor: str, version: str) -> ParseRecord:
    """Answer a revision whose text is the living one's, read by the same extractor."""
    nothing = Parsed(extractor=extractor, version=version)
    return _record(document, place, nothing, Status.UNCHANGED, [], ())


def failed(document: StoredDocument, place: Place, extractor: str, version: str, error: str) -> ParseRecord:
    """Answer a revision that could not be parsed: what was known of the document stays."""
    nothing = Parsed(extractor=extractor, version=version)
    record = _record(document, place, nothing, Status.FAILED, [], ())
    return record.model_copy(update={"error": error[:1000]})


def apply(live: dict[str, dict[str, Any]], record: ParseRecord) -> None:
    """Bring the living events of a document up to date with an answer."""
    for data in record.events:
        if data["type"] == "retraction":
            target = data["slots"]["event"]
            if live.get(target["claim_id"], {}).get("id") == target["id"]:
                del live[target["claim_id"]]
        else:
            live[data["claim_id"]] = data


def retraction(target: dict[str, Any], cause: Cause, by: str, document: StoredDocument) -> AnyEvent:
    """Make the event that takes `target` back, with the whole of it inside; the same call, the same bytes."""
    request = document.request.id if document.request else None
    slots = {"event": target, "cause": cause, "by": by, **({"request": request} if request else {})}
    event = EVENT.validate_python(
        {
            "id": "0" * 64,
            "type": "retraction",
            "schema_version": SCHEMA_VERSION,
            "claim_id": "0" * 64,
            "home": target["home"],
            "stage": Stage.COMPLETED,
            "modality": Modality.ASSERTED,
            "slots": slots,
            "evidence": {},
            "source": source_of(document),
            "extraction": {"extractor": "khabar", "version": str(SCHEMA_VERSION), "rule": "retraction"},
            "confidence": "1",
            "origin": document.origin,
        }
    )
    claim = claim_id(document.document, wire(event), target["claim_id"])
    event = event.model_copy(update={"claim_id": claim})
    return event.model_copy(update={"id": event_id(wire(event))})


def _retract_one(document: StoredDocument, place: Place, live: Live, parsed: Parsed) -> ParseRecord:
    """Answer a request to retract one event; one that no longer lives makes a `failed` record."""
    request = document.request
    asked = request.event if request else None
    if request is None or asked is None or asked not in {data["id"] for data in live.values()}:
        error = f"event {asked} is not a living event of this document"
        return failed(document, place, parsed.extractor, parsed.version, error)
    cause = request.cause or Cause.EXTRACTOR_BUG
    taken_back = _retractions(document, live, {asked}, cause, request.by)
    return _record(document, place, parsed, Status.RETRACTED, taken_back, ())


def _retractions(
    document: StoredDocument, live: Live, gone: set[str], cause: Cause, by: str = "khabar"
) -> list[AnyEvent]:
    """Take back the events of these ids and all that follows from them, in the order of publishing."""
    gone = set(gone)
    while more := {d["id"] for d in live.values() if d.get("derived_from") in gone} - gone:
        gone |= more
    return [retraction(data, cause, by, document) for data in live.values() if data["id"] in gone]


def _record(
    document: StoredDocument,
    place: Place,
    parsed: Parsed,
    status: Status,
    made: list[AnyEvent],
    rejected: tuple[Rejected, ...],
) -> ParseRecord:
    for event in made:
        encode(event)  # what goes into the record can be published
    return ParseRecord(
        partition=place.partition,
        offset=place.offset,
        document=document.document,
        revision=document.revision,
        change=document.change,
        status=status,
        extractor=parsed.extractor,
        version=parsed.version,
        text_sha256=document.text_sha256,
        events=tuple(wire(event) for event in made),
        rejected=rejected,
    )
