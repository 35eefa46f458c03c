"""A walk through the changes of positions, cut by cut: the same on every replica, resumed anywhere.

Cuts are the same everywhere, and the versions of lines at a cut are written once; so a place in the walk is
a log token, and within a cut the last line that was seen.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from api.errors import BadParameter, TokenGone, ViewBehind
from api.freshness import decode
from api.read_model import store
from api.read_model.change_queries import recorded_changes
from api.read_model.places import read_cut
from api.read_model.position_queries import Names
from api.service import Service
from streams.lines import Line
from streams.tokens import Token

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

BATCH = 500  # versions looked at between two looks at the client
MARK = "~"
END = "\U0010ffff"  # sorts behind every company
Point = tuple[int, str, str, str]


@dataclass
class PositionWalk:
    """Where a walk stands: behind a point (cut, company, section, counterpart) in the order of versions."""

    log: str
    company: str | None
    sections: frozenset[str]
    point: Point

    def id(self) -> str:
        """Give the id to go on from."""
        cut, *name = self.point
        token = Token(self.log, cut).encode()
        if name[0] == END:
            return token
        return token + MARK + base64.urlsafe_b64encode(str(Line(*name)).encode()).rstrip(b"=").decode()


def start(at: Snapshot, company: str | None, sections: frozenset[str], where: str) -> PositionWalk:
    """Begin at `beginning`, `now`, behind a token or an id of this stream. Raises BadParameter, TokenGone."""
    log = Service.log_id(at)
    if where in ("now", "beginning"):
        cut = _settled(at) if where == "now" else 0
        return PositionWalk(log, company, sections, (cut, END, "", ""))
    text, _, line = where.partition(MARK)
    token = decode(text)
    if token.log != log:
        message = "the token is of another log: take one from the Khabar-Token header of an answer"
        raise TokenGone(message)
    if read_cut(at.events, token.cut) is None:
        message = "this server has not come as far as the token yet: ask again"
        raise ViewBehind(message)
    return PositionWalk(log, company, sections, (token.cut, *(_line(line) if line else (END, "", ""))))


def go_on(at: Snapshot, walk: PositionWalk) -> tuple[list[tuple[bytes, str]], bool]:
    """Walk over BATCH versions; give what changed, each with the id behind it, and whether it is the end."""
    until = _settled(at)
    names = Names(at, None)
    found: list[tuple[bytes, str]] = []
    versions = recorded_changes(at, walk.company, walk.point, until, None)
    for looked, (point, change) in enumerate(versions, 1):
        walk.point = point
        if change is not None and (not walk.sections or change.line.section in walk.sections):
            found.append((orjson.dumps(change.to_json(names)), walk.id()))
        if looked == BATCH:
            return found, False
    walk.point = max(walk.point, (until, END, "", ""))
    return found, True


def _settled(at: Snapshot) -> int:
    """Give the last cut whose versions are all there."""
    return int(store.get_meta(at.views, "versioned") or 0) if at.views is not None else 0


def _line(text: str) -> Line:
    try:
        return Line.parse(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        )
    except (ValueError, binascii.Error):
        message = "from: what stands behind the token is not from the id of a message"
        raise BadParameter(message) from None
