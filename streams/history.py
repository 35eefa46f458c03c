"""From a log token back to places: what a subscriber who holds it has seen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aiokafka import TopicPartition

from streams import cuts
from streams.cluster import log_id
from streams.consumers import reading
from streams.cuts import START, Cut
from streams.subscribe import Places
from streams.tokens import Token, TokenError, vector_of
from streams.topics import topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

READ_SECONDS_MAX = 60.0


async def places_of(settings: Settings, token: Token) -> Places:
    """Resolve a token by reading `cuts` up to its cut. Raises TokenError if this log has no such cut."""
    if token.log != await log_id(settings):
        message = "the token is of another log: its places mean nothing here"
        raise TokenError(message)
    topic = TopicPartition(topic_name(settings, "cuts"), 0)
    async with reading(settings) as consumer:
        consumer.assign([topic])
        await consumer.seek_to_beginning(topic)
        end = (await consumer.end_offsets([topic]))[topic]
        cut: Cut = START
        deadline = time.monotonic() + READ_SECONDS_MAX
        while cut.number < token.cut and await consumer.position(topic) < end and time.monotonic() < deadline:
            for record in (await consumer.getmany(topic, timeout_ms=500)).get(topic, ()):
                cut = cuts.next_cut(cut, cuts.decode(record.value), record.timestamp) or cut
                if cut.number == token.cut:
                    break
    if cut.number != token.cut:
        message = f"this log has no cut {token.cut}: the token is of another log"
        raise TokenError(message)
    vector = vector_of(token, cut)
    return Places({t: {int(p): o for p, o in offsets.items()} for t, offsets in vector.items()})
