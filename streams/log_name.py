"""The name of a log that was copied: in the `views` topic, beside the state of the views.

A log that was never copied is named by its Kafka. A copy, restored or resharded, has other places, so it has
a name of its own, and tokens of the log it was copied from are not taken for its own. While it is written,
the record says so: nobody works on half a log.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
from aiokafka import TopicPartition
from pydantic import ValidationError

from seeds.facts import Value
from streams.consumers import reading
from streams.errors import StreamsError
from streams.publish import producer
from streams.topics import topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

KEY = b"log"
READ_SECONDS_MAX = 15.0


class LogUnfinished(StreamsError):
    """When the log is a copy that is being written, or was left unfinished."""


class LogName(Value):
    """`id` names the log; `copied_from` the one that was copied; `backup` is the sum of its manifest."""

    id: str
    copied_from: str
    backup: str
    partitions: int
    unfinished: bool = False

    def refuse_unfinished(self) -> None:
        """Raise LogUnfinished for a log that is not whole."""
        if self.unfinished:
            message = (
                "this log is being restored, or its restore was interrupted: wait for it, or run the same "
                "`khabar restore` or `khabar reshard` again, which begins anew"
            )
            raise LogUnfinished(message)


async def read(settings: Settings) -> LogName | None:
    """Read the name that the `views` topic has; none if the log is no copy. The topic must be there."""
    topic = TopicPartition(topic_name(settings, "views"), 0)
    found: bytes | None = None
    async with reading(settings, fetch_max_wait_ms=200) as consumer:
        consumer.assign([topic])
        await consumer.seek_to_beginning(topic)
        end = (await consumer.end_offsets([topic]))[topic]
        deadline = time.monotonic() + READ_SECONDS_MAX
        while await consumer.position(topic) < end:
            for record in (await consumer.getmany(topic, timeout_ms=500)).get(topic, ()):
                found = record.value if record.key == KEY else found
            if time.monotonic() > deadline:
                message = "the `views` topic did not answer in time: is Kafka well?"
                raise LogUnfinished(message)
    try:
        return LogName.model_validate(orjson.loads(found), extra="ignore") if found else None
    except (orjson.JSONDecodeError, ValidationError) as error:
        message = "the `views` topic holds a name of the log that this khabar cannot read: update it"
        raise LogUnfinished(message) from error


async def write(settings: Settings, name: LogName) -> None:
    """Write the name and wait until Kafka has it."""
    async with producer(settings) as sender:
        value = orjson.dumps(name.model_dump(mode="json"))
        await sender.send_and_wait(topic_name(settings, "views"), key=KEY, value=value, partition=0)
