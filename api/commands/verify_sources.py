"""Where `khabar verify` takes events and texts from: the data directory's files, or files that somebody gave.

Nothing here talks to a broker or a server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from api.errors import BadParameter, NotFound
from api.read_model import document_queries, event_queries
from api.read_model.reading import ReadModel
from seeds.document import Document

EVENT_ID = re.compile(r"[0-9a-f]{64}")


class Given(NamedTuple):
    """An event as written, and the headline and text of its revision; no text if there is none to be had."""

    event: dict[str, Any]
    headline: str | None
    text: str | None


def given(name: str, data: Path, document: Document | None) -> Given:
    """Find an event by its id in the data directory, or in a file; `document` is the text to check against.

    Raises NotFound, BadParameter, ReadModelMissing.
    """
    if EVENT_ID.fullmatch(name):
        found = _stored(name, data, document)
    elif Path(name).is_file():
        found = _in_file(Path(name), document)
    else:
        message = f"{name}: neither a file nor an event's id (64 hexadecimal digits)"
        raise NotFound(message)
    if found.text is None:
        message = f"{name}: the text that it was read from is not there; --document FILE gives it"
        raise NotFound(message)
    return found


def document_ids(data: Path) -> list[str]:
    """List the documents of the data directory that events were read from."""
    with closing(ReadModel(data)) as model, model.snapshot() as at:
        return document_queries.with_events(at.events)


def of_documents(data: Path, documents: list[str]) -> Iterator[list[Given]]:
    """Yield the events of each document with their texts; every document is read in a transaction of its own.

    So the reader may go on writing meanwhile: a long transaction would keep it from tidying its file.
    """
    with closing(ReadModel(data)) as model:
        for document in documents:
            with model.snapshot() as at:
                events = document_queries.events_of(at.events, document)
                texts: dict[str, tuple[str | None, str | None]] = {}
                found = []
                for event in map(orjson.loads, events):
                    revision = _fact(event)["source"]["revision"]
                    if revision not in texts:
                        texts[revision] = _text(document_queries.at_revision(at.events, document, revision))
                    found.append(Given(event, *texts[revision]))
            yield found


def _stored(event_id: str, data: Path, document: Document | None) -> Given:
    with closing(ReadModel(data)) as model, model.snapshot() as at:
        stored = event_queries.one(at.events, event_id)
        if stored is None:
            message = f"there is no event {event_id} in {data}"
            raise NotFound(message)
        event: dict[str, Any] = orjson.loads(stored.data)
        if document is not None:
            return Given(event, document.headline, document.text)
        source = _fact(event)["source"]
        record = document_queries.at_revision(at.events, source["document"], source["revision"])
        return Given(event, *_text(record))


def _in_file(path: Path, document: Document | None) -> Given:
    """Read `{"event", "headline", "text"}`, what the API answers (`{"event", …}`), or an event alone."""
    try:
        told = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        message = f"{path}: not a JSON file ({error})"
        raise BadParameter(message) from None
    event = told.get("event", told) if isinstance(told, dict) else None
    if not isinstance(event, dict) or not {"id", "type", "source"} <= set(event):
        message = f'{path}: no event in it; it is {{"event": …, "headline": …, "text": …}}, or an event alone'
        raise BadParameter(message)
    if document is not None:
        return Given(event, document.headline, document.text)
    headline, text = (told.get(name) if told is not event else None for name in ("headline", "text"))
    if not isinstance(headline, str | None) or not isinstance(text, str | None):
        message = f"{path}: headline and text are strings"
        raise BadParameter(message)
    return Given(event, headline, text)


def _fact(event: dict[str, Any]) -> dict[str, Any]:
    """Return the innermost event: its words stand in the text of its own revision."""
    while event["type"] == "retraction":
        event = event["slots"]["event"]
    return event


def _text(record: bytes | None) -> tuple[str | None, str | None]:
    if record is None:
        return None, None
    stored = orjson.loads(record)
    return stored.get("headline"), stored.get("text", "")
