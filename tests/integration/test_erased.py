"""An event whose verbatim strings were erased: posted, proven and served under the id that it always had."""

from __future__ import annotations

import orjson
import pytest

from streams import codec
from streams.ids import erased
from streams.posting import postings
from streams.publish import producer
from streams.settings import Settings
from streams.topics import fact_topic, partition_of, topic_name
from tests.api.making import investment
from tests.integration.reading import a_reader, a_world, until
from tests.integration.serving import a_client
from tests.integration.workers import a_worker

pytestmark = pytest.mark.integration


async def test_an_erased_event_is_posted_and_served_under_its_own_id(settings: Settings) -> None:
    event = investment("meta", "scale", 5)
    data = codec.wire(event)
    without = erased(data, event.source.salt)
    value = codec.canonical(without)
    assert event.slots.target.surface.encode() not in orjson.dumps(without["slots"]["target"]["surface"])
    partition = partition_of(event.home.encode(), settings.partitions)
    whole = postings(event.home.encode(), codec.encode(event), partition, settings.partitions)
    bare = postings(event.home.encode(), value, partition, settings.partitions)
    assert [posting.key for posting in bare] == [posting.key for posting in whole]
    assert len(bare) == 2

    async with a_world(settings):
        async with producer(settings) as sender:
            topic = topic_name(settings, fact_topic(event.type))
            await sender.send_and_wait(topic, value, key=event.home.encode(), partition=partition)
        with a_worker(settings, "views", "--generation", "1"):
            async with a_reader(settings), a_client(settings) as client:

                async def shown() -> bool:
                    answer = await client.get("/v1/companies/scale")
                    return answer.status_code == 200 and bool(answer.json()["sections"])

                await until(shown, 30)
                position = (await client.get("/v1/companies/scale")).json()
                served = (await client.get(f"/v1/events/{event.id}")).json()
                page = (await client.get("/v1/events", params={"company": "meta"})).json()
                views = (await client.get("/v1/views")).json()
    (line,) = position["sections"]["investors"]
    assert line["counterpart"] == "meta"
    assert line["current"] is not None
    assert served["event"] == without
    assert [each["event"]["id"] for each in page["events"]] == [event.id]
    (generation,) = views["generations"]
    assert generation["state"] == "live"
    assert generation["proof"]["proven"]
    assert generation["proof"]["alarms"] == 0
