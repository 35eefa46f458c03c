"""What a new revision of a document changes: the events that are new, and the retractions of what is gone.

Pure, and the only place where the events of a document are decided; the parse agent feeds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seeds.facts import Modality, Parsed, Rejected, Stage
from streams.codec import encode, wire
from streams.documents import Change, ParseRecord, Place, Status, StoredDocument
from streams.events import SCHEMA_VERSION, AnyEvent
from streams.from_facts import events, sealed, source_of
from streams.slots import Cause

Live = Mapping[str, dict[str, Any]]
"""What stands of a document: claim id → wire data, in the order of publishing.

That of the living event; or, where the event was taken back on request, of the retraction: as long as it
stands, the claim is not published again, whatever revision tells it.
"""

STATUS = {
    Change.TEXT: Status.PARSED,
    Change.REINSTATED: Status.REINSTATED,
    Change.REPARSE: Status.REPARSED,
    Change.WITHDRAWN: Status.WITHDRAWN,
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
    standing = {claim_of(data): data for data in live.values()}
    if document.change is Change.RETRACTION:
        return _retract_one(document, place, standing, parsed)
    if document.change not in STATUS:
        error = "this khabar does not know what happened to the document: update it"
        return failed(document, place, parsed.extractor, parsed.version, error)
    living = {claim: data for claim, data in standing.items() if data["type"] != "retraction"}
    new: tuple[AnyEvent, ...] = ()
    kept: frozenset[str] = frozenset()
    rejected: tuple[Rejected, ...] = ()
    if needs_parse(document):
        ids = {claim: data["id"] for claim, data in living.items()}
        made = events(parsed, document, ids, min_confidence, frozenset(standing.keys() - living.keys()))
        new, kept, rejected = made.new, made.kept, made.rejected
    gone = {data["id"] for claim, data in living.items() if claim not in kept}
    taken_back = _retractions(document, living, gone, CAUSE[document.change])
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
    """Bring what stands of a document up to date with an answer."""
    standing = {claim_of(data): data for data in live.values()}
    for data in record.events:
        if data["type"] != "retraction":
            standing[data["claim_id"]] = data
            continue
        target, claim = data["slots"]["event"], claim_of(data)
        if standing.get(claim, {}).get("id") != target["id"]:
            continue
        if target["type"] == "retraction":
            standing[claim] = target["slots"]["event"]  # what was taken back lives again
        elif record.change is Change.RETRACTION:
            standing[claim] = data
        else:
            del standing[claim]
    live.clear()
    live.update(standing)


def claim_of(data: dict[str, Any]) -> str:
    """Give the claim that an event makes, or that a retraction is about in the end."""
    while data["type"] == "retraction":
        data = data["slots"]["event"]
    return str(data["claim_id"])


def retraction(
    target: dict[str, Any],
    cause: Cause,
    by: str,
    document: StoredDocument,
    follows_from: AnyEvent | None = None,
) -> AnyEvent:
    """Make the event that takes `target` back, with the whole of it inside; the same call, the same bytes.

    `follows_from` is the retraction that entails this one. Strings of the target are hashed with its own
    salt here too, so that they can be erased in both. Raises Invalid.
    """
    told = target["source"]
    return sealed(
        {
            "type": "retraction",
            "stage": Stage.COMPLETED,
            "modality": Modality.ASSERTED,
            "slots": {
                "event": target,
                "cause": cause,
                "by": by,
                "request": document.request.id if document.request else None,
            },
            "evidence": {},
            "source": {**source_of(document, told["language"]), "salt": told["salt"]},
            "extraction": {"extractor": "khabar", "version": str(SCHEMA_VERSION), "rule": "retraction"},
            "confidence": "1",
            "origin": document.origin,
            "derived_from": follows_from.id if follows_from else None,
        },
        target["claim_id"],
    )


def _retract_one(document: StoredDocument, place: Place, standing: Live, parsed: Parsed) -> ParseRecord:
    """Answer a request to retract an event, or to take such a retraction back.

    What does not stand (any more) makes a `failed` record.
    """
    request = document.request
    asked = request.event if request else None
    target = next((data for data in standing.values() if data["id"] == asked), None)
    if request is None or target is None:
        error = f"event {asked} is not a living event of this document"
        return failed(document, place, parsed.extractor, parsed.version, error)
    undo = target["type"] == "retraction"
    among = {claim: data for claim, data in standing.items() if (data["type"] == "retraction") is undo}
    cause = request.cause or Cause.EXTRACTOR_BUG
    taken_back = _retractions(document, among, {target["id"]}, cause)
    return _record(document, place, parsed, Status.RETRACTED, taken_back, ())


def _retractions(document: StoredDocument, among: Live, gone: set[str], cause: Cause) -> list[AnyEvent]:
    """Take back the events of these ids and all that follows from them, parents first."""
    by = document.request.by if document.request else "khabar"
    made: dict[str, AnyEvent] = {}
    for data in among.values():  # in the order of publishing, where a parent stands before its children
        parent = made.get(data.get("derived_from", ""))
        if data["id"] in gone or parent is not None:
            made[data["id"]] = retraction(data, cause, by, document, parent)
    return list(made.values())


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
