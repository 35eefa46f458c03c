"""The proof on the real Kafka: a posting that is lost, added or altered is seen, named and dealt with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from api.read_model import store
from api.read_model.reading import ReadModel
from api.reader import Reader
from streams import generations
from streams.digest import bucket
from streams.entries import KEY_ID_BYTES
from streams.generations import State
from streams.settings import Settings
from tests.api.making import investment
from tests.integration.reading import a_reader, a_world, count, until
from tests.integration.serving import a_client


async def proof_of(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/v1/views")).json()["generations"][0]["proof"]
    return found


async def state_of(settings: Settings) -> State:
    views = await generations.read(settings)
    assert views is not None
    return views.generations[1].state


def line_of(key: bytes) -> str:
    return key[: -KEY_ID_BYTES - 1].decode()


async def test_a_lost_posting_is_named_and_published_again_once(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        await world.tell(investment("fund", "firm"))
        event = investment("meta", "scale")
        place = await world.publish(event)
        (lost_key, lost), (key, entry) = world.rows(event, place)
        await world.row(place.partition, key, entry)
        await world.progress(place)
        await until(lambda: reader.status.alarms == {"missing": 1})
        proof = await proof_of(client)
        assert not proof["proven"]
        assert proof["posted"] != proof["log"]
        (difference,) = proof["differences"]
        assert difference["kind"] == "missing"
        assert difference["line"] == line_of(lost_key)
        assert difference["bucket"] == bucket(lost_key)
        assert event.id.startswith(difference["event"])
        await until(lambda: _measured(client, 'khabar_proof_alarms{kind="missing"} 1.0'))

        # The identical event comes again, once; a worker that works posts it, and all is well.
        await until(lambda: reader.status.duplicates == 1)
        await world.row(place.partition, lost_key, lost)
        await world.row(place.partition, key, entry)
        await until(lambda: _proven(client))
        (difference,) = (await proof_of(client))["differences"]
        assert difference["republished"]
        assert difference["settled_at"]
        assert await state_of(settings) is State.LIVE


async def _measured(client: Any, line: str) -> bool:
    return line in (await client.get("/metrics")).text.splitlines()


async def _proven(client: Any) -> bool:
    views = await client.get("/v1/views")
    generations = views.json()["generations"] if views.status_code == 200 else []
    return any(g["proof"] and g["proof"]["proven"] and g["vector"] for g in generations)


async def test_a_posting_lost_twice_marks_the_generation_unproven(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings):
        event = investment("meta", "scale")
        place = await world.publish(event)
        await world.progress(place)
        await until(lambda: reader.status.duplicates == 1)
        await world.progress(place._replace(offset=place.offset + 1))

        async def unproven() -> bool:
            return await state_of(settings) is State.UNPROVEN

        await until(unproven)
        assert reader.status.alarms == {"missing": 2}


async def test_an_added_posting_is_named_and_marks_the_generation(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await until(lambda: _proven(client))
        key, entry = world.rows(event, place)[0]
        extra = b"other|investors|meta" + key[-KEY_ID_BYTES - 1 :]
        await world.row(place.partition, extra, entry)
        await _named_and_unproven(reader, client, settings, "extra", extra)


async def test_an_altered_posting_is_named_and_marks_the_generation(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await until(lambda: _proven(client))
        key, entry = world.rows(event, place)[0]
        await world.row(place.partition, key, entry.replace(b'"confidence":"0.9"', b'"confidence":"1"'))
        await _named_and_unproven(reader, client, settings, "altered", key)
        assert (await client.get("/v1/companies/scale")).status_code == 200, "it is served as long as it must"


async def test_a_deleted_posting_is_named_and_published_again(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await until(lambda: _proven(client))
        key, entry = world.rows(event, place)[0]
        await world.row(place.partition, key, None)
        await until(lambda: reader.status.alarms == {"missing": 1})
        (difference,) = (await proof_of(client))["differences"]
        assert difference["line"] == line_of(key)
        await until(lambda: reader.status.duplicates == 1)
        await world.row(place.partition, key, entry)
        await until(lambda: _proven(client))


async def _named_and_unproven(reader: Reader, client: Any, settings: Settings, kind: str, key: bytes) -> None:
    await until(lambda: reader.status.alarms == {kind: 1})
    (difference,) = (await proof_of(client))["differences"]
    assert difference["kind"] == kind
    assert difference["line"] == line_of(key)
    assert difference["bucket"] == bucket(key)

    async def unproven() -> bool:
        return await state_of(settings) is State.UNPROVEN

    await until(unproven)


async def test_what_is_posted_again_alike_is_harmless(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await world.tell(event, event)
        for key, entry in world.rows(event, place) * 3:
            await world.row(place.partition, key, entry)
        await world.tell(investment("fund", "firm"))
        await until(lambda: _has_events(client, 2))
        await until(lambda: _proven(client))
        assert reader.status.alarms == {}
        assert (await proof_of(client))["differences"] == []


async def _has_events(client: Any, wanted: int) -> bool:
    page = await client.get("/v1/events")
    return page.status_code == 200 and len(page.json()["events"]) == wanted


async def test_an_entry_without_an_event_is_an_alarm_after_a_while(settings: Settings) -> None:
    async with a_world(settings) as world:
        event = investment("meta", "scale")
        place = world.place_of(event)
        key, entry = world.rows(event, place)[0]
        await world.row(place.partition, key, entry)
        async with a_reader(settings, unknown_ms_max=500) as reader, a_client(settings) as client:
            await until(lambda: reader.status.alarms == {"unknown": 1})
            (difference,) = (await proof_of(client))["differences"]
            assert difference["kind"] == "unknown"
            assert difference["line"] == line_of(key)
            # It comes late: the difference is settled, and what is posted is served.
            await world.tell(event)
            await until(lambda: _proven(client))


async def test_a_line_that_cannot_be_folded_is_an_alarm_and_gone(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings) as reader, a_client(settings) as client:
        event = investment("meta", "scale")
        (place,) = await world.tell(event)
        await until(lambda: _proven(client))
        key, entry = world.rows(event, place)[0]
        await world.row(place.partition, key, entry.replace(b'"stage":"completed"', b'"stage":["?"]'))
        await until(lambda: reader.status.alarms == {"altered": 1, "unfoldable": 1})
        await until(lambda: _measured(client, 'khabar_proof_alarms{kind="unfoldable"} 1.0'))
        proof = await proof_of(client)
        assert not proof["proven"]
        (told,) = [d for d in proof["differences"] if d["kind"] == "unfoldable"]
        assert (told["line"], told["bucket"], told["event"]) == (line_of(key), None, None)
        shown = (await client.get(f"/v1/companies/{told['line'].split('|')[0]}")).json()
        assert told["line"] not in str(shown), "no row that pretends to be current"

        async def unproven() -> bool:
            return await state_of(settings) is State.UNPROVEN

        await until(unproven)  # by the altered entry


async def test_sums_that_differ_for_no_known_reason_mark_the_generation(settings: Settings) -> None:
    model = ReadModel(settings.data)
    async with a_world(settings) as world:
        event = investment("meta", "scale")
        async with a_reader(settings):
            await world.tell(event)
            await until(lambda: count(model, "lines") == 2)
        with closing(sqlite3.connect(store.views_path(settings.data, 1))) as file, file:
            partition, posted = file.execute("SELECT partition, posted FROM digests").fetchone()
            flipped = bytes([posted[0] ^ 1]) + posted[1:]  # the sum of the first bucket
            file.execute("UPDATE digests SET posted = ?", (flipped,))
        async with a_reader(settings) as reader, a_client(settings) as client:
            await world.tell(investment("meta", "scale", 7))
            await until(lambda: reader.status.alarms == {"sum": 1})
            (told,) = (await proof_of(client))["differences"]
            assert (told["kind"], told["partition"], told["bucket"]) == ("sum", partition, 0)
            await until(lambda: _measured(client, 'khabar_proof_alarms{kind="sum"} 1.0'))

            async def unproven() -> bool:
                return await state_of(settings) is State.UNPROVEN

            await until(unproven)
