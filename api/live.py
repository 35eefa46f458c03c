"""Positions as they are now, given again for as long as they are the same.

An answer is the same while nobody has written to the files; and, where somebody has, while no change that is
told of (`api.read_model.changes`) concerns it, on the same day and in the same files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from api.answers import RawHeaders, etag, found, of_body, standing
from api.as_of import NOW, day_number, resolve
from api.kept import KeptAnswers
from api.positions import entity_of, position_of
from api.read_model import changes
from api.read_model.position_queries import map_of
from api.read_model.reading import openings
from api.reader_status import now_ms
from streams.lines import Line, entities_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import Response

    from api.read_model.reading import Snapshot, Versions
    from api.service import Service

KEPT_BYTES_MAX = 128 << 20
"""Bodies, and what they depend on."""


@dataclass(frozen=True)
class Answer:
    """A position as it was answered."""

    body: bytes
    headers: RawHeaders
    tag: str
    day: int


class LivePositions:
    """Answers with positions of now, and keeps the last ones. One per process."""

    def __init__(self, service: Service, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._service = service
        self._kept: KeptAnswers[Answer] = KeptAnswers(bytes_max)
        self._versions: Versions | None = None
        """At which all that is kept is true."""
        self._read = 0, 0
        """Up to which row the changes of events and views were read then."""

    def bytes_kept(self) -> int:
        """Tell how many bytes are kept, about."""
        return self._kept.size

    def answer(self, company: str, asked: Iterable[tuple[bytes, bytes]]) -> Response:
        """Answer with a company's position; `asked` are the request's headers. Raises NotFound, Moved."""
        service = self._service
        versions = service.model.versions()
        kept = self._of_today(company) if versions == self._versions else None
        token = service.known_token(versions, of_views=True)
        if kept is None or token is None:
            with service.model.snapshot() as at:
                versions = service.model.versions()
                self._drop_changed(at, versions)
                kept = self._of_today(company) or self._made(at, company)
                token = service.token(at, of_views=True, versions=versions)
        return found(asked, standing(service, token), kept.tag, kept.headers, kept.body)

    def _of_today(self, company: str) -> Answer | None:
        kept = self._kept.get(company)
        return kept if kept is not None and kept.day == day_number(now_ms()) else None

    def _drop_changed(self, at: Snapshot, versions: Versions) -> None:
        """Drop what is not known to be true at a snapshot, whose versions these are."""
        before = self._versions
        if versions == before:
            return
        self._versions = None  # until all of it is done
        if before is None or openings(before) != openings(versions):
            self._kept.clear()
            self._read = changes.last(at.events), changes.last(at.views) if at.views else 0
        else:
            events = changes.since(at.events, self._read[0])
            views = changes.since(at.views, self._read[1]) if at.views else changes.NOTHING
            self._read = events.last, views.last
            for news in (events, views):
                self._kept.drop_changed(news.changed)
        self._versions = versions

    def _made(self, at: Snapshot, company: str) -> Answer:
        day = day_number(now_ms())  # before: what is made at midnight is made again, rather than kept
        as_of = resolve(at, NOW)
        position = position_of(at, entity_of(at, company, as_of), as_of)
        body = orjson.dumps(position)
        made = Answer(body, of_body(body), etag(at.generation, body), day)
        shown_as = map_of(at, None).sources(company) | {company}
        self._kept.keep(company, made, len(body), shown_as, _named_in(position))
        return made


def _named_in(position: dict[str, Any]) -> set[str]:
    """List the ids of which a position may say what they are called, besides its own."""
    return {
        one
        for section, lines in position["sections"].items()
        for line in lines
        for one in entities_of(Line(position["id"], section, line["counterpart"]))
    }
