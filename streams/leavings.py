"""What a dropped generation leaves, and how it is deleted: local stores, consumer group, changelog.

Only what the `views` topic names as dropped is deleted. What is not there is as good as deleted, so that
several may do this at once, and again after every start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupIdNotFound,
    KafkaError,
    NoError,
    NonEmptyGroup,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.admin import DeleteGroupsRequest

from streams import worker_slots
from streams.topics import changelog_name, views_app_id

if TYPE_CHECKING:
    from streams.settings import Settings

GRACE_SECONDS = 60.0
PAUSE_SECONDS = 1.0
PAUSE_SECONDS_MAX = 300.0

log = logging.getLogger(__name__)


@dataclass
class _Try:
    """From when on Kafka's part may be deleted, and when to try again; monotonic seconds."""

    due: float
    again: float = 0.0
    pause: float = PAUSE_SECONDS


class Leavings:
    """Of the generations that were dropped. Kafka's part goes `grace_seconds` later: readers let go first."""

    def __init__(self, settings: Settings, grace_seconds: float = GRACE_SECONDS) -> None:
        self._settings = settings
        self._grace = grace_seconds
        self._tries: dict[int, _Try] = {}
        self._gone: set[int] = set()

    async def look(self, dropped: Collection[int]) -> None:
        """Delete what can be deleted now of these generations; what cannot is tried at a later look."""
        for number in dropped:
            now = time.monotonic()
            next_ = self._tries.setdefault(number, _Try(now + self._grace))
            if number in self._gone or now < next_.again:
                continue
            try:
                if await self._delete(number, kafka_too=now >= next_.due):
                    self._gone.add(number)
            except NonEmptyGroup:
                log.info("generation %d is still worked on: its changelog stays for now", number)
            except Exception as error:  # whatever it is, those of other generations go
                log.warning("what generation %d left cannot be deleted now: %r", number, error)
            else:
                continue
            next_.again = time.monotonic() + next_.pause
            next_.pause = min(2 * next_.pause, PAUSE_SECONDS_MAX)

    async def _delete(self, number: int, *, kafka_too: bool) -> bool:
        """Delete what can be deleted; tell whether nothing is left."""
        if not worker_slots.delete(self._settings.data, worker_slots.views(number)) or not kafka_too:
            return False
        await delete_from_kafka(self._settings, number)
        log.info("what generation %d left is deleted", number)
        return True


async def delete_from_kafka(settings: Settings, number: int) -> None:
    """Delete a generation's consumer group, then its changelog.

    Raises NonEmptyGroup while it has workers anywhere (a static member counts until its session ends), and
    other KafkaErrors.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        await admin.start()
        group = views_app_id(settings, number)
        coordinator = await admin.find_coordinator(group)
        # The client has the request, but no method for it.
        answer = await admin._send_request_to_node(coordinator, DeleteGroupsRequest([group]))
        for _, code in answer.results:
            _raise_unless(code, GroupIdNotFound, group)
        topic = changelog_name(settings, number)
        for _, code, *_ in (await admin.delete_topics([topic])).topic_error_codes:
            _raise_unless(code, UnknownTopicOrPartitionError, topic)
    finally:
        await admin.close()


def _raise_unless(code: int, as_good: type[KafkaError], name: str) -> None:
    error = for_code(code)
    if error not in (NoError, as_good):
        raise error(name)
