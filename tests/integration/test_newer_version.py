"""A log with an event of a newer khabar: the reader stops and says so, the API goes on answering."""

import httpx
import pytest

from streams import codec
from streams.publish import producer
from streams.topics import partition_of, topic_name
from tests.api.making import investment
from tests.integration.reading import a_world, until
from tests.integration.serving import a_server

pytestmark = pytest.mark.integration


async def send_newer(settings):
    newer = codec.wire(investment("fund", "firm")) | {"schema_version": 99}
    newer["id"] = codec.event_id(newer)
    partition = partition_of(newer["home"].encode(), settings.partitions)
    async with producer(settings) as sender:
        await sender.send_and_wait(
            topic_name(settings, "facts.investment"), codec.canonical(newer), partition=partition
        )


async def test_the_api_answers_with_what_was_read_before(settings):
    async with a_world(settings) as world, a_server(settings) as (address, server):
        known = investment("meta", "scale")
        await world.tell(known)
        async with httpx.AsyncClient(base_url=address) as client:

            async def served():
                return (await client.get(f"/v1/events/{known.id}")).status_code == 200

            await until(served, 30)
            await send_newer(settings)

            def said():
                return "not started again" in (settings.data / "serve.log").read_text()

            await until(said, 30)
            assert await served()
            assert server.poll() is None
    told = (settings.data / "serve.log").read_text()
    assert told.count("reader stopped and is not started again") == 1
    assert "schema version 99" in told
