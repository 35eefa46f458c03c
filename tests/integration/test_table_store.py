"""The local files of the table: filled from the changelog, and dropped where it is no longer theirs."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streams.publish import Publisher
from streams.topics import changelog_name, ensure_changelog, ensure_topics
from tests.api.making import investment
from tests.integration.workers import a_worker, all_is_posted, posted, rows_on_disk, until

pytestmark = pytest.mark.integration
VIEWS = ("views", "--generation", "1")


async def publish(settings, numbers):
    async with Publisher(settings) as publisher:
        for n in numbers:
            await publisher.publish_event(investment(f"fund-{n}", f"firm-{n}"))


async def changelog_is_on_disk(settings):
    rows, _ = await posted(settings)
    assert rows_on_disk(settings) == {key: entry for key, (entry,) in rows.items()}


async def test_files_of_another_history_of_the_changelog_are_dropped(settings):
    await ensure_topics(settings)
    await publish(settings, range(20))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))  # else its end keeps rows on the way from the changelog
        assert worker.end() == 0
    await changelog_is_on_disk(settings)

    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    await admin.delete_topics([changelog_name(settings, 1)])
    await admin.close()
    await ensure_changelog(settings, 1)
    await publish(settings, range(100, 103))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))
        assert worker.end() == 0
    assert "is not of this changelog's history" in worker.log.read_text()
    await changelog_is_on_disk(settings)


async def test_a_worker_without_files_fills_them_from_the_changelog(settings, tmp_path):
    await ensure_topics(settings)
    await publish(settings, range(20))
    with a_worker(settings, *VIEWS) as worker:
        await until(lambda: all_is_posted(settings))
        assert worker.end() == 0
    elsewhere = settings.model_copy(update={"data": tmp_path / "elsewhere"})
    with a_worker(elsewhere, *VIEWS) as worker:

        async def is_ready():
            return "is ready" in worker.log.read_text()

        await until(is_ready)
        assert worker.end() == 0
    await changelog_is_on_disk(elsewhere)
