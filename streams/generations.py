"""The `views` topic: which generations of the positions there are, and which one is served.

One compacted key holds the whole state. Writers (replay, rollback, the reader's proof) read it to the end,
change it, and write it back; there are seconds between two changes, and the last record wins.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from pydantic import Field, ValidationError

from seeds.facts import OpenEnum, Value
from streams.consumers import reading
from streams.errors import StreamsError
from streams.topics import topic_name

if TYPE_CHECKING:
    from streams.settings import Settings

KEY = b"positions"
READ_SECONDS_MAX = 15.0


class ViewsUnreadable(StreamsError):
    """When the `views` topic holds what this version cannot read, or does not answer in time."""


class State(OpenEnum):
    """Where a generation stands."""

    BUILDING = "building"  # a replay writes it; nobody follows it yet
    FOLLOWING = "following"  # written up to a vector; workers and readers follow it
    LIVE = "live"
    KEPT = "kept"  # was live; still followed, so that a rollback is a switch
    UNPROVEN = "unproven"  # its digest differs from the log's: to be replaced
    DROPPED = "dropped"
    OTHER = "other"


FOLLOWED = (State.FOLLOWING, State.LIVE, State.KEPT, State.UNPROVEN)


class Generation(Value):
    """One numbered build of the views. `entries_version` is that of the code that posted it."""

    state: State
    entries_version: int
    created_ms: int
    note: str | None = Field(default=None, max_length=500)


class Views(Value):
    """The state of all generations; `live` is the one that is served."""

    live: int
    generations: dict[int, Generation]

    def followed(self) -> list[int]:
        """List the generations that have a worker and that the reader follows."""
        return sorted(n for n, g in self.generations.items() if g.state in FOLLOWED)

    def dropped(self) -> list[int]:
        """List the generations whose leavings may be deleted."""
        return sorted(n for n, g in self.generations.items() if g.state is State.DROPPED)

    def next_number(self) -> int:
        """Give a number that no generation ever had."""
        return max(self.generations, default=0) + 1

    def with_state(self, number: int, state: State, note: str | None = None) -> Views:
        """Give the same views with one generation in another state."""
        changed = self.generations[number].model_copy(update={"state": state, "note": note})
        return self.model_copy(update={"generations": {**self.generations, number: changed}})

    def with_new(self, number: int, entries_version: int) -> Views:
        """Give the same views with a generation that is being built."""
        new = Generation(
            state=State.BUILDING, entries_version=entries_version, created_ms=int(time.time() * 1000)
        )
        return self.model_copy(update={"generations": {**self.generations, number: new}})

    def switched_to(self, number: int) -> Views:
        """Give the same views with another generation live, and the one that was live kept."""
        was = self
        if self.live != number and self.generations[self.live].state is not State.UNPROVEN:
            was = self.with_state(self.live, State.KEPT)  # an unproven one is nothing to go back to
        return was.with_state(number, State.LIVE).model_copy(update={"live": number})


def first(entries_version: int) -> Views:
    """Give the state of a new installation: generation 1 is live from the beginning of the log."""
    one = Generation(state=State.LIVE, entries_version=entries_version, created_ms=int(time.time() * 1000))
    return Views(live=1, generations={1: one})


def _decode(value: bytes) -> Views:
    try:
        return Views.model_validate(orjson.loads(value), extra="ignore")
    except (orjson.JSONDecodeError, ValidationError) as error:
        message = f"the `views` topic holds a record that this version of khabar cannot read: {error}"
        raise ViewsUnreadable(message) from error


async def read(settings: Settings) -> Views | None:
    """Read the current state; none if nothing was ever written."""
    async for views in follow(settings, until_end=True):
        latest = views
    return latest


async def follow(settings: Settings, *, until_end: bool = False) -> AsyncIterator[Views | None]:
    """Yield the state (none while there is none) as it stands, then each change of it."""
    topic = TopicPartition(topic_name(settings, "views"), 0)
    async with reading(settings, fetch_max_wait_ms=200) as consumer:
        consumer.assign([topic])
        await consumer.seek_to_beginning(topic)
        end = (await consumer.end_offsets([topic]))[topic]
        latest: Views | None = None
        deadline = time.monotonic() + READ_SECONDS_MAX
        while await consumer.position(topic) < end:
            for record in (await consumer.getmany(topic, timeout_ms=500)).get(topic, ()):
                latest = _decode(record.value) if record.key == KEY and record.value else latest
            if time.monotonic() > deadline:
                message = "the `views` topic did not answer in time: is Kafka well?"
                raise ViewsUnreadable(message)
        yield latest
        while not until_end:
            for record in (await consumer.getmany(topic, timeout_ms=1000)).get(topic, ()):
                if record.key == KEY and record.value:
                    yield _decode(record.value)


async def write(settings: Settings, views: Views) -> None:
    """Write the state and wait until Kafka has it."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap, acks="all", enable_idempotence=True, linger_ms=0
    )
    await producer.start()
    try:
        value = orjson.dumps(views.model_dump(mode="json", exclude_none=True), option=orjson.OPT_NON_STR_KEYS)
        await producer.send_and_wait(topic_name(settings, "views"), key=KEY, value=value, partition=0)
    finally:
        await producer.stop()


async def read_or_create(settings: Settings, entries_version: int) -> Views:
    """Read the state, and write that of a new installation if there is none."""
    views = await read(settings)
    if views is None:
        views = first(entries_version)
        await write(settings, views)
    return views
