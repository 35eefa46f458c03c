"""The reader on the real Kafka: the log and the changelog become rows, exactly once, whatever happens."""

from __future__ import annotations

import sqlite3
import time

import pytest

from api.errors import ReaderLocked
from api.read_model import event_queries
from api.read_model.reading import ReadModel
from api.reader import lock
from streams.settings import Settings
from tests.api.making import investment
from tests.integration.reading import a_reader, a_world, count, until


async def test_what_is_posted_becomes_visible_within_moments(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader:
        await until(lambda: reader.status.phase == "following")
        model = ReadModel(settings.data)
        delays = []
        for number in range(20):
            event = investment(f"investor-{number}", "target-co")
            start = time.perf_counter()
            await world.tell(event)
            await until(lambda wanted=number + 1: count(model, "entries") == 2 * wanted)
            delays.append(time.perf_counter() - start)
        assert count(model, "events") == 20
        assert count(model, "pending") == 0
        assert count(model, "differences") == 0
        assert sorted(delays)[10] < 0.2, "the median is some tens of milliseconds on an idle machine"


async def test_entries_wait_for_progress(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings):
        model = ReadModel(settings.data)
        event = investment("meta", "scale")
        place = await world.publish(event)
        for key, entry in world.rows(event, place):
            await world.row(place.partition, key, entry)
        await until(lambda: count(model, "pending") == 2)
        assert count(model, "lines") == 0
        await world.progress(place)
        await until(lambda: count(model, "lines") == 2)
        assert count(model, "pending") == 0


async def test_twice_published_counts_once_and_a_restart_goes_on(settings: Settings) -> None:
    first, second = investment("meta", "scale"), investment("google", "anthropic")
    model = ReadModel(settings.data)
    async with a_world(settings) as world:
        async with a_reader(settings) as reader:
            await world.tell(first, first)
            await until(lambda: reader.status.duplicates == 1)
            assert count(model, "events") == 1
        await world.tell(second, first)
        async with a_reader(settings) as reader:
            await until(lambda: count(model, "entries") == 4)
            await until(lambda: reader.status.duplicates == 1)
            assert reader.status.events == 1, "what was read before is not read again"
            assert count(model, "events") == 2


async def test_deleted_files_are_read_again_from_the_log(settings: Settings) -> None:
    async with a_world(settings) as world:
        model = ReadModel(settings.data)
        async with a_reader(settings):
            await world.tell(investment("meta", "scale"))
            await until(lambda: count(model, "lines") == 2)
        for path in (settings.data / "reader").glob("*.db*"):
            path.unlink()
        async with a_reader(settings):
            await until(lambda: count(model, "lines") == 2)


async def test_files_of_another_log_are_made_anew(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world, a_reader(settings):
        await world.tell(investment("meta", "scale"))
        await until(lambda: count(model, "lines") == 2)
    other = settings.model_copy(update={"topic_prefix": settings.topic_prefix + "other-"})
    async with a_world(other) as world, a_reader(other) as reader:
        await until(lambda: reader.status.phase == "following")
        assert count(model, "events") == 0
        await world.tell(investment("fund", "firm"))
        await until(lambda: count(model, "lines") == 2)
        assert count(model, "events") == 1


@pytest.mark.parametrize("change", ["UPDATE offsets SET next = next + 5", "UPDATE events SET data = 'other'"])
async def test_files_that_do_not_fit_the_log_are_made_anew(settings: Settings, change: str) -> None:
    """As after a restore of an older log, or of another one, under the same cluster id."""
    model = ReadModel(settings.data)
    event = investment("meta", "scale")
    async with a_world(settings) as world:
        async with a_reader(settings):
            await world.tell(event)
            await until(lambda: count(model, "lines") == 2)
        with sqlite3.connect(settings.data / "reader" / "events.db") as file:
            file.execute(change)
        async with a_reader(settings) as reader:
            await until(lambda: reader.status.phase == "following")
            await until(lambda: count(model, "lines") == 2)
            with model.snapshot() as at:
                stored = event_queries.one(at.events, event.id)
            assert stored is not None


async def test_a_second_reader_is_refused(settings: Settings) -> None:
    with lock(settings.data), pytest.raises(ReaderLocked, match="another reader"):
        lock(settings.data)
