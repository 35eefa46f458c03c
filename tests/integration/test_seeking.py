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
    # The partitions flow already, before the seek and after it; then Faust empties the queues.
    "faust.tables.recovery": [
        (
            "        if assignment:\n            self.log.info(",
            "        await asyncio.sleep(2.5)\n        if assignment:\n            self.log.info(",
        ),
        (
            'self.completed.set()\n        self.log.dev("Resume stream partitions")\n',
            "await asyncio.sleep(2.5)\n        self.completed.set()\n"
            '        self.log.dev("Resume stream partitions")\n',
        ),
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

    async def publish(numbers: range, firms: int) -> None:
        async with Publisher(settings) as publisher:
            for number in numbers:
                event = investment(f"fund-{number % 7}", f"firm-{number % firms}", number + 1)
                await publisher.publish_event(event)

    await publish(range(30), 1)
    with a_worker(settings, "views", "--generation", "1") as worker:
        await until(lambda: all_is_posted(settings))
        assert worker.end() == 0
    await publish(range(30, 400), 5)  # in partitions, too, of which nothing was committed
    elsewhere = settings.model_copy(update={"data": settings.data / "elsewhere"})  # so it has to recover
    with planted(SLOW), a_worker(elsewhere, "views", "--generation", "1"):
        await until(lambda: all_is_posted(settings), 60)
    wanted, _ = await logged(settings)
    rows, _ = await posted(settings)
    assert rows == wanted
