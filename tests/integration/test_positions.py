import pytest

from streams.publish import Publisher
from streams.topics import ensure_topics
from tests.api.making import investment
from tests.integration.workers import a_worker, all_is_posted, logged, posted, until

pytestmark = pytest.mark.integration
VIEWS = ("views", "--generation", "1")


async def publish(settings, events):
    async with Publisher(settings) as publisher:
        for event in events:
            await publisher.publish_event(event)


def some_events(count):
    return [investment(f"fund-{n % 7}", f"firm-{n % 11}", n + 1) for n in range(count)]


@pytest.mark.parametrize("store", ["rocksdb", "write-only"])
async def test_every_event_is_posted_to_its_lines(settings, store):
    settings = settings.model_copy(update={"table_store": store})
    await ensure_topics(settings)
    await publish(settings, some_events(50))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))
        assert worker.end() == 0
    wanted, _ = await logged(settings)
    rows, _ = await posted(settings)
    assert len(wanted) == 100
    assert rows == wanted
