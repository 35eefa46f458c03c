"""Checks an event against the text that it was read from: pure, so that anybody can do it, anywhere.

Its id is the hash of its content, the text is the one that it names, every span says what it quotes, and
every value is what its span says when the grammar reads it again (`streams.agree`). No log, no service and
no network takes part: whoever has the event and the text needs nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from seeds.document import text_hash
from streams.agree import agreements
from streams.checks import Check, same
from streams.codec import decode, event_id
from streams.errors import CodecError
from streams.events import AnyEvent
from streams.ids import canonical, claim_id, legible, meaning
from streams.reread import claimed, claims_again
from streams.slots import RetractionSlots


def verify(event: dict[str, Any], headline: str | None, text: str) -> list[Check]:
    """Check an event (as written) against the headline and text of the revision that it was read from.

    Of a retraction, what it takes back is checked against them. Strings that were erased from the event are
    checked by their hash. If the event is none that this version reads, the checks end there.
    """
    return list(_checks(event, headline, text))


def _checks(event: dict[str, Any], headline: str | None, text: str) -> Iterator[Check]:
    own = _own_id(event)
    if own is None:
        yield Check("id", "id", False, "not an event: there is nothing that an id could be the hash of")
        return
    stated = str(event.get("id"))
    honest = own == stated
    told = "is the hash of the content" if honest else f"{stated[:64]} is not {own}, the hash of the content"
    yield Check("id", "id", honest, told)
    try:
        read = decode(canonical(_sealed_again(event)))
    except (CodecError, TypeError, RecursionError) as error:
        yield Check("schema", "schema_version", False, str(error))
        return
    yield Check(
        "schema", "schema_version", True, f"a valid {read.type}, schema version {read.schema_version}"
    )
    if isinstance(read.slots, RetractionSlots):
        yield from _retraction(event, read, headline, text)
        return
    yield from _claim(event, None)
    yield from _source(read, headline, text)
    yield from _spans(read, headline, text)
    yield from agreements(read, headline, text)
    yield _told_again(event, read, headline, text)


def _retraction(event: dict[str, Any], read: AnyEvent, headline: str | None, text: str) -> Iterator[Check]:
    """Check what is taken back; the retraction itself names the revision that led to it, often a later."""
    target = event["slots"]["event"]
    yield from _claim(event, target["claim_id"])
    same_document = read.source.document == target["source"]["document"]
    told = (
        "takes back an event of its own document" if same_document else "takes back another document's event"
    )
    yield Check("source", "source.document", same_document, told)
    for check in _checks(target, headline, text):
        yield replace(check, path=f"event.{check.path}")


def _claim(event: dict[str, Any], parent: str | None) -> Iterator[Check]:
    """Check the id of the claim, which is that of what is told whatever the revision.

    What follows from another event has that one's claim in it, which does not stand in the event.
    """
    if event["type"] != "retraction" and "derived_from" in event:
        return
    hashed = meaning({key: event.get(key) for key in ("valid", "slots")})
    if legible(hashed) != hashed:
        told = "cannot be computed any more, since strings were erased"
        yield Check("claim", "claim_id", True, told, note=True)
        return
    right = claim_id(event["source"]["document"], event, parent) == event["claim_id"]
    told = "is the hash of what is claimed" if right else "is not the hash of what is claimed"
    yield Check("claim", "claim_id", right, told)


def _source(event: AnyEvent, headline: str | None, text: str) -> Iterator[Check]:
    """Check that the strings given are those that the spans count in."""
    given = {"headline": text_hash(headline) if headline is not None else None, "text": text_hash(text)}
    named = {"headline": event.source.headline_sha256, "text": event.source.text_sha256}
    for part, digest in given.items():
        if digest is None and named[part] is None:
            continue
        told = f"the {part} is the one that was read (sha256 {str(digest)[:12]}…)"
        if named[part] is None:
            told = f"a {part} is given, but the event was read from a document without one"
        elif digest is None:
            told = f"no {part} is given, but the event was read from a document with one"
        elif digest != named[part]:
            told = f"the {part} given is not the one that was read (sha256 {digest[:12]}…)"
        yield Check(part, f"source.{part}_sha256", digest == named[part], told)


def _spans(event: AnyEvent, headline: str | None, text: str) -> Iterator[Check]:
    """Check that every quote is what stands at its place, in code points."""
    parts = {"headline": headline or "", "text": text}
    for path, spans in event.evidence.items():
        for number, span in enumerate(spans):
            where = f"{span.part} [{span.start}, {span.end})"
            name = path if len(spans) == 1 else f"{path}[{number}]"
            stands = parts[span.part][span.start : span.end]
            if not span.start < span.end <= len(parts[span.part]):
                told = f"{where} is not in the {span.part}, which has {len(parts[span.part])} characters"
                yield Check("span", name, False, told)
            elif same(span.exact, stands, event.source.salt):
                erased = "the erased quote is by its hash what stands" if span.exact != stands else "stands"
                yield Check("span", name, True, f"{erased} at {where}", span=span)
            else:
                told = f"at {where} stands “{stands}”, not “{span.exact}”"
                yield Check("span", name, False, told, span=span)


def _told_again(event: dict[str, Any], read: AnyEvent, headline: str | None, text: str) -> Check:
    """Say whether today's rules make the same claim of the text, with its stage, modality and references.

    Other rules than those that wrote the event may well read it otherwise, so this speaks against nothing.
    """
    again = claims_again(headline, text, read.source).get(read.claim_id)
    if again == claimed(event, read.source.salt):
        return Check("rules", "claim_id", True, "today's rules make the same claim of this text")
    told = "today's rules do not make this claim of this text: for its stage and modality there is no witness"
    return Check("rules", "claim_id", True, told, note=True)


def _own_id(event: Any) -> str | None:
    try:
        return event_id(event)
    except (TypeError, KeyError, AttributeError, RecursionError):
        return None


def _sealed_again(event: dict[str, Any]) -> dict[str, Any]:
    """Give an event the id of what it holds, so that its schema is checked whatever became of its id."""
    data = event
    if data.get("type") == "retraction" and isinstance(data.get("slots"), dict):
        target = data["slots"].get("event")
        if isinstance(target, dict) and _own_id(target) is not None:
            data = {**data, "slots": {**data["slots"], "event": _sealed_again(target)}}
    return {**data, "id": event_id(data)}
