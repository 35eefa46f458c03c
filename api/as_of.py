"""`valid_as_of` and `recorded_as_of`: which day an answer is about, up to which moment of the log it looks.

A moment is the last cut at or before it (a log token: exactly its place). The answer is final once a later
cut is there; from then on it never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query

from api.errors import BadParameter, TokenGone, ViewBehind
from api.freshness import decode
from api.read_model import store
from api.read_model.event_queries import moment
from api.read_model.places import cut_at, entities_hold, exposed_vector, facts_of, last_cut, read_cut
from api.reader_status import now_ms
from api.service import Service
from streams.tokens import TEXT_MAX, vector_of
from streams.vectors import Vector, dominates, next_offset

if TYPE_CHECKING:
    from api.read_model.reading import Snapshot

FARTHEST_EAST = timezone(timedelta(hours=14))
EAST_MS = 14 * 3_600_000
DAY_MS = 24 * 3_600_000

NO_MOMENT = (
    "not a log token (the Khabar-Token header of an answer), a day, or a time of ISO 8601 "
    "such as 2025-06-17T09:30:00Z: one of these names a moment"
)

ValidAsOf = Annotated[
    str | None,
    Query(
        pattern=r"^\d{4}-\d\d-\d\d$",
        json_schema_extra={"format": "date"},
        description="What was true on this day. What the news dates less precisely is `possibly` so.",
        examples=["2025-06-17"],
    ),
]
RecordedAsOf = Annotated[
    str | None,
    Query(
        max_length=TEXT_MAX,
        description="As far as the log knew then: a day (its end, UTC), a time of ISO 8601, or a log token.",
        examples=["2025-06-17T12:00:00Z"],
    ),
]


@dataclass(frozen=True)
class Asked:
    """The two parameters as given."""

    valid: date | None = None
    recorded: str | None = None


NOW = Asked()


@dataclass(frozen=True)
class Recorded:
    """A moment of the log: everything below `vector`, that is cut `cut` and at most a little beyond it."""

    cut: int
    at_ms: int
    vector: Vector
    is_cut: bool
    final: bool


@dataclass(frozen=True)
class AsOf:
    """What an answer is about; `recorded` is absent for what is known now."""

    day: date
    recorded: Recorded | None = None

    def to_json(self) -> dict[str, Any]:
        """Tell it in an answer."""
        recorded = self.recorded
        return {
            "valid": self.day.isoformat(),
            "recorded": None
            if recorded is None
            else {"at": moment(recorded.at_ms), "cut": recorded.cut, "final": recorded.final},
        }


async def asked(valid_as_of: ValidAsOf = None, recorded_as_of: RecordedAsOf = None) -> Asked:
    """Take the two parameters of a request. Raises BadParameter."""
    return Asked(a_day("valid_as_of", valid_as_of), recorded_as_of)


def a_day(name: str, text: str | None) -> date | None:
    """Read a day. Raises BadParameter."""
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        message = f"{name}: a day such as 2025-06-17"
        raise BadParameter(message) from None


def resolve(at: Snapshot, wanted: Asked) -> AsOf:
    """Find the moment that is asked for. Raises BadParameter, TokenGone, ViewBehind.

    Without a day, it is today, or the day of the moment: an answer that is final must not change tomorrow.
    """
    if wanted.recorded is None:
        return AsOf(wanted.valid or day_of(now_ms()))
    recorded = _recorded(at, wanted.recorded)
    return AsOf(wanted.valid or day_of(recorded.at_ms), recorded)


def day_of(ms: int) -> date:
    """Give the last day that has begun at a time, anywhere on Earth: news is dated where it happens."""
    return datetime.fromtimestamp(ms / 1000, FARTHEST_EAST).date()


def day_number(ms: int) -> int:
    """Give the number of that day: it costs less to ask than which one that is."""
    return (ms + EAST_MS) // DAY_MS


def narrowed(wanted: Asked, as_of: AsOf) -> tuple[date | None, Vector | None]:
    """Give what a list has to be narrowed to: a day and a vector, where they were asked for."""
    return wanted.valid, as_of.recorded.vector if as_of.recorded else None


def _recorded(at: Snapshot, text: str) -> Recorded:
    ms = _milliseconds(text)
    if ms is None:
        return _of_token(at, text)
    cut = cut_at(at.events, ms)
    _versioned(at, cut.number)
    return Recorded(cut.number, cut.ms, cut.vector, True, last_cut(at.events).number > cut.number)


def _of_token(at: Snapshot, text: str) -> Recorded:
    try:
        token = decode(text)
    except BadParameter:
        raise BadParameter(NO_MOMENT) from None
    if token.log != Service.log_id(at):
        message = "the token is of another log: take one from the Khabar-Token header of an answer"
        raise TokenGone(message)
    cut = read_cut(at.events, token.cut)
    vector = vector_of(token, cut) if cut else {}
    if (
        cut is None
        or at.views is None
        or not dominates(exposed_vector(at.views), facts_of(vector))
        or not entities_hold(at.events, at.views, next_offset(vector, "entities", 0))
    ):
        message = "the views have not come as far as the token yet: ask again"
        raise ViewBehind(message)
    _versioned(at, cut.number)
    if token.moved and at.views.execute("SELECT 1 FROM differences WHERE settled_ms IS NULL").fetchone():
        message = "the proof has found a difference beyond the last cut: ask again once that is settled"
        raise ViewBehind(message)
    return Recorded(cut.number, cut.ms, vector, not token.moved, True)


def _versioned(at: Snapshot, cut: int) -> None:
    """Make sure that the views can be asked about a cut. Raises ViewBehind."""
    if at.views is None or int(store.get_meta(at.views, "versioned") or 0) < cut:
        message = "the views are not settled up to that moment yet: ask again"
        raise ViewBehind(message)


def _milliseconds(text: str) -> int | None:
    """Read a day (as its last millisecond) or a time; none for what may be a token. Raises BadParameter."""
    if not text[:4].isdigit() or text[4:5] != "-":
        return None
    try:
        read = datetime.fromisoformat(text)
        if len(text) == len("2025-06-17"):
            read += timedelta(days=1) - timedelta(milliseconds=1)
        return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadParameter(NO_MOMENT) from None
