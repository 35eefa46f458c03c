"""A log that holds something of a newer khabar: who meets it stops and says so, and the rest goes on."""

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from streams import codec, documents
from streams.documents import Change, Request
from streams.errors import STAYS_DOWN
from streams.publish import producer
from streams.topics import partition_of, topic_name
from tests.api.making import article, investment
from tests.integration.reading import a_world, until
from tests.integration.serving import a_server, free_port

pytestmark = pytest.mark.integration


async def send(settings, topic, key, value):
    async with producer(settings) as sender:
        await sender.send_and_wait(
            topic_name(settings, topic),
            value,
            key=key.encode(),
            partition=partition_of(key.encode(), settings.partitions),
        )


async def send_newer_event(settings):
    newer = codec.wire(investment("fund", "firm")) | {"schema_version": 99}
    newer["id"] = codec.event_id(newer)
    await send(settings, "facts.investment", newer["home"], codec.canonical(newer))


async def send_newer_document(settings):
    newer = article().changed(Change.WITHDRAWN, Request(id="r1", by="test"))
    value = documents.encode(newer).replace(b'"withdrawn"', b'"translated"')
    await send(settings, "documents", newer.document, value)


@contextmanager
def khabar(settings, command):
    """Run a command until it ends or the block is left; give the process and what it says."""
    settings.data.mkdir(parents=True, exist_ok=True)
    log = settings.data / f"{command}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", command],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        yield process, log.read_text
    finally:
        process.terminate()
        process.wait(30)


async def test_without_its_reader_the_api_answers_with_what_was_read_before(settings):
    async with a_world(settings) as world, a_server(settings) as (address, server):
        known = investment("meta", "scale")
        await world.tell(known)
        async with httpx.AsyncClient(base_url=address) as client:

            async def served():
                return (await client.get(f"/v1/events/{known.id}")).status_code == 200

            await until(served, 30)
            await send_newer_event(settings)

            def said():
                return "not started again" in (settings.data / "serve.log").read_text()

            await until(said, 30)
            assert await served()
            assert server.poll() is None
    told = (settings.data / "serve.log").read_text()
    assert told.count("reader stopped and is not started again") == 1
    assert "schema version 99" in told


@pytest.mark.slow
async def test_with_a_worker_down_the_others_and_the_api_go_on(settings):
    settings = settings.model_copy(update={"port": free_port()})
    known = investment("meta", "scale")
    with khabar(settings, "up") as (process, said):
        await until(lambda: "khabar serves at" in said(), 60)
        async with a_world(settings) as world, httpx.AsyncClient() as client:
            address = f"http://127.0.0.1:{settings.port}/v1/events/{known.id}"

            async def served():
                return (await client.get(address)).status_code == 200

            await world.publish(known)
            await until(served, 30)
            await send_newer_event(settings)
            await until(lambda: "views-g1 stopped" in said(), 30)
            await until(lambda: "reader stopped" in (settings.data / "logs/serve.log").read_text(), 30)
            await send_newer_document(settings)
            await until(lambda: "parse stopped" in said(), 30)
            assert await served()
            assert process.poll() is None
    assert said().count("not started again") == 2


@pytest.mark.slow
async def test_workers_with_nothing_left_to_run_end_with_the_code_that_says_so(settings):
    async with a_world(settings):
        await send_newer_event(settings)
        await send_newer_document(settings)
    with khabar(settings, "worker") as (process, said):
        assert await asyncio.to_thread(process.wait, 60) == STAYS_DOWN
    assert "schema version 99" in said()
    assert "asks for a change that this khabar does not know" in said()
    assert "nothing is left to run" in said().splitlines()[-1]
