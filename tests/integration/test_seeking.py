"""A worker goes back to its committed offsets: nothing that comes meanwhile is lost."""

from __future__ import annotations

import pytest

from streams.publish import Publisher
from streams.settings import Settings
from streams.topics import ensure_topics
from tests.api.making import investment
from tests.chaos.planting import planted
from tests.integration.workers import a_worker, all_is_posted, logged, posted, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]
SLOW = {
    # The partitions flow already, and the seek is done: here Faust goes on to empty the queues.
    "faust.tables.recovery": [
        (
            'self.completed.set()\n        self.log.dev("Resume stream partitions")\n',
            "await asyncio.sleep(2.5)\n        self.completed.set()\n"
            '        self.log.dev("Resume stream partitions")\n',
        )
    ],
    "streams.agents.positions": [
        (
            "            message = event.message\n",
            "            message = event.message\n            await __import__('asyncio').sleep(0.01)\n",
        )
    ],
}
"""What makes the time long in which something could come, and leaves it waiting in the agents' queues."""


async def test_what_comes_beside_a_seek_is_posted(settings: Settings) -> None:
    await ensure_topics(settings)

    async def publish(numbers: range) -> None:
        async with Publisher(settings) as publisher:
            for number in numbers:
                await publisher.publish_event(investment(f"fund-{number % 7}", "firm", number + 1))

    await publish(range(30))
    with a_worker(settings, "views", "--generation", "1") as worker:
        await until(lambda: all_is_posted(settings))
        assert worker.end() == 0
    await publish(range(30, 400))
    elsewhere = settings.model_copy(update={"data": settings.data / "elsewhere"})  # so it has to recover
    with planted(SLOW), a_worker(elsewhere, "views", "--generation", "1"):
        await until(lambda: all_is_posted(settings), 60)
    wanted, _ = await logged(settings)
    rows, _ = await posted(settings)
    assert rows == wanted
