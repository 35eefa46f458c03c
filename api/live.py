"""Positions as they are now, given again for as long as they are the same.

An answer is the same while nobody has written to the files; and, where somebody has, while every statement
that it was made of gives the same rows (`api.read_model.noted`), on the same day and in the same generation.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from api.answers import RawHeaders, etag, found, of_body, standing
from api.as_of import NOW, AsOf, day_of, resolve
from api.positions import entity_of, position_of
from api.read_model.noted import Noted
from api.reader_status import now_ms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from fastapi import Response

    from api.read_model.reading import Snapshot, Versions
    from api.service import Service

KEPT_BYTES_MAX = 128 << 20
"""Bodies, and the rows that they were made of."""

ONE_BYTES_MAX = 8 << 20
"""What takes more is made anew each time, rather than that it drives out hundreds of others."""


@dataclass
class Kept:
    """A position as it was last answered; `versions` of the files at which it was found to be so."""

    body: bytes
    headers: RawHeaders
    tag: str
    day: date
    generation: int
    versions: Versions
    noted: Noted
    size: int


class LivePositions:
    """Answers with positions of now, and keeps the last ones. One per process."""

    def __init__(self, service: Service, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._service = service
        self._bytes_max = bytes_max
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0

    def bytes_kept(self) -> int:
        """Tell how many bytes are kept, about."""
        return self._bytes

    def answer(self, company: str, asked: Iterable[tuple[bytes, bytes]]) -> Response:
        """Answer with a company's position; `asked` are the request's headers. Raises NotFound, Moved."""
        service = self._service
        versions = service.model.versions()
        kept, token = self._unchanged(company, versions), service.known_token(versions, of_views=True)
        if kept is None or token is None:
            with service.model.snapshot() as at:
                versions = service.model.versions()
                kept = self._of(at, versions, company)
                token = service.token(at, of_views=True, versions=versions)
        return found(asked, standing(service, token), kept.tag, kept.headers, kept.body)

    def _unchanged(self, company: str, versions: Versions) -> Kept | None:
        """Give what was answered, if nobody has written to the files since, and it is the same day."""
        kept = self._kept.get(company)
        if kept is None or kept.versions != versions or kept.day != day_of(now_ms()):
            return None
        self._kept.move_to_end(company)
        return kept

    def _of(self, at: Snapshot, versions: Versions, company: str) -> Kept:
        as_of = resolve(at, NOW)
        kept = self._kept.pop(company, None)
        if kept is not None:
            self._bytes -= kept.size
        same = kept is not None and (kept.day, kept.generation) == (as_of.day, at.generation)
        if kept is None or not same or not kept.noted.hold(at):
            kept = self._made(at, versions, company, as_of)
        kept.versions = versions
        self._keep(company, kept)
        return kept

    def _made(self, at: Snapshot, versions: Versions, company: str, as_of: AsOf) -> Kept:
        noted = Noted()
        noting = noted.of(at)
        body = orjson.dumps(position_of(noting, entity_of(noting, company, as_of), as_of))
        return Kept(
            body=body,
            headers=of_body(body),
            tag=etag(at.generation, body),
            day=as_of.day,
            generation=at.generation,
            versions=versions,
            noted=noted,
            size=noted.size() + len(body),
        )

    def _keep(self, company: str, kept: Kept) -> None:
        """Keep the last answers, within bounds."""
        if kept.size > ONE_BYTES_MAX:
            return
        self._kept[company] = kept
        self._bytes += kept.size
        while self._bytes > self._bytes_max:
            self._bytes -= self._kept.popitem(last=False)[1].size
