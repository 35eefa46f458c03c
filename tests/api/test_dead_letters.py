"""What is told of records that could not be used: in the answers of the company that their key names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.as_of import Recorded
from api.commands import tables
from api.models import Position
from api.read_model import dead_letters
from api.read_model.records import Record
from streams import codec
from streams.dead_letters import IN_STEAD, content_of
from streams.entity_changes import ChangeKind, make
from streams.entity_map import EntityMap
from streams.events import AnyEvent
from streams.settings import Settings
from streams.topics import fact_topic, partition_of
from tests.api.files import PARTITIONS, Log
from tests.api.making import investment
from tests.api.test_as_of import Feed, feed_in
from tests.api.test_hot_path import a_client, by_routes_alone

SCALE, PATH = b"scale-ai", "/v1/companies/scale-ai"
TOPIC = "facts.investment"


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = feed_in(tmp_path)
    feed.publish(investment("meta-platforms", "scale-ai"))
    feed.post()
    feed.cut()
    yield feed
    feed.close()


def refused(log: Log, value: bytes = b"{", key: bytes | None = SCALE, partition: int | None = None) -> Record:
    """A record that cannot be used, read."""
    place = partition_of(key or b"", PARTITIONS) if partition is None else partition
    record = log.record(TOPIC, place, value, key=key)
    assert log.apply([record]).skipped
    return record


def sent_again(log: Log, letter: Record, event: AnyEvent) -> Record:
    """An event as `khabar dead-letters resend` publishes it in the stead of a letter; not read yet."""
    home = event.home.encode()
    place, value = partition_of(home, PARTITIONS), codec.encode(event)
    content = content_of(letter.topic, letter.key, letter.value).hex().encode()
    record = log.record(fact_topic(event.type), place, value, key=home)
    return record._replace(headers=[*codec.headers(event), (IN_STEAD, content)])


async def told(data: Path, path: str = PATH, **asked: str) -> Any:
    """What the answer says; made twice, the short way and by the routes, with the same bytes."""
    settings = Settings(data=data)
    async with a_client(create_app(settings)) as short, a_client(by_routes_alone(settings)) as routes:
        answer = await routes.get(path, params=asked)
        again = [await short.get(path, params=asked) for _ in range(2)]
    assert [(one.content, one.headers["etag"]) for one in again] == [
        (answer.content, answer.headers["etag"])
    ] * 2
    return Position.model_validate_json(answer.content).model_dump(mode="json")["dead_letters"]


async def test_the_company_of_the_key_tells_where_the_records_stand(feed: Feed, tmp_path: Path) -> None:
    assert await told(tmp_path) is None
    one, other = refused(feed.log), refused(feed.log, b"[]")
    refused(feed.log, key=b"somebody-else")
    refused(feed.log, key=None)
    refused(feed.log, key=b"\xff")
    found = await told(tmp_path)
    assert (found["count"], found["see"]) == (2, "khabar dead-letters")
    assert [(r["topic"], r["partition"], r["offset"], r["kind"]) for r in found["latest"]] == [
        (other.topic, other.partition, other.offset, "invalid"),
        (one.topic, one.partition, one.offset, "not_json"),
    ]
    assert await told(tmp_path, "/v1/companies/meta-platforms") is None


async def test_a_kept_answer_and_its_etag_change_with_a_dead_letter(feed: Feed, tmp_path: Path) -> None:
    async with a_client(create_app(Settings(data=tmp_path))) as client:
        before = (await client.get(PATH)).headers["etag"]
        refused(feed.log)
        changed = await client.get(PATH, headers={"If-None-Match": before})
        assert changed.status_code == 200
        assert changed.json()["dead_letters"]["count"] == 1


async def test_a_misplaced_event_is_told_until_the_same_event_is_accepted(feed: Feed, tmp_path: Path) -> None:
    event = investment("google", "scale-ai")
    right = partition_of(SCALE, PARTITIONS)
    refused(feed.log, codec.encode(event), partition=(right + 1) % PARTITIONS)
    refused(feed.log, codec.encode(event), key=b"meta-platforms", partition=right)
    assert (await told(tmp_path))["latest"][0]["kind"] == "misplaced"
    assert (await told(tmp_path, "/v1/companies/meta-platforms"))["count"] == 1
    feed.publish(event)
    assert await told(tmp_path) is None
    assert await told(tmp_path, "/v1/companies/meta-platforms") is None


async def test_a_forged_event_is_told_although_the_true_one_is_there(feed: Feed, tmp_path: Path) -> None:
    (event, _), *_ = feed.told
    refused(feed.log, codec.encode(event).replace(b'"0.9"', b'"0.8"'))
    assert (await told(tmp_path))["latest"][0]["kind"] == "bad_id"


async def test_a_repaired_record_settles_its_letter_in_whatever_order_they_are_read(
    feed: Feed, tmp_path: Path
) -> None:
    letter = refused(feed.log)
    refused(feed.log, b"{{")
    again = sent_again(feed.log, letter, investment("google", "scale-ai"))
    assert (await told(tmp_path))["count"] == 2
    feed.log.apply([again])
    assert [r["offset"] for r in (await told(tmp_path))["latest"]] == [letter.offset + 1]

    other = feed_in(tmp_path / "anew")
    other.publish(investment("meta-platforms", "scale-ai"))
    other.log.apply([again])
    assert other.log.apply([letter]).skipped
    assert await told(tmp_path / "anew") is None
    other.close()


async def test_a_moment_of_the_log_keeps_its_answer(feed: Feed, tmp_path: Path) -> None:
    letter = refused(feed.log)
    feed.cut()
    event = investment("google", "scale-ai")
    feed.log.apply([sent_again(feed.log, letter, event)])
    feed.cut()
    counts = []
    for cut in feed.cuts:
        moment = Recorded(cut.number, cut.ms, cut.vector, is_cut=True, final=True)
        found = dead_letters.told(feed.snapshot(), "scale-ai", EntityMap(), moment)
        counts.append(found["count"] if found else 0)
    assert counts == [0, 1, 0]


async def test_many_are_counted_up_to_a_bound_and_the_latest_few_shown(feed: Feed, tmp_path: Path) -> None:
    place = partition_of(SCALE, PARTITIONS)
    records = [feed.log.record(TOPIC, place, b"{", key=SCALE) for _ in range(dead_letters.COUNT_MAX + 5)]
    feed.log.apply(records)
    found = await told(tmp_path)
    assert found["count"] == dead_letters.COUNT_MAX == tables.DEAD_LETTERS_MAX
    assert [r["offset"] for r in found["latest"]] == [r.offset for r in records[::-1][: dead_letters.LATEST]]


async def test_a_merged_company_tells_of_both_keys(feed: Feed, tmp_path: Path) -> None:
    refused(feed.log)
    refused(feed.log, key=b"scale-two")
    feed.change(make(ChangeKind.MERGE, entity="scale-two", into="scale-ai", by="desk", reason="one firm"))
    feed.views.look()
    assert (await told(tmp_path))["count"] == 2


async def test_who_is_known_by_nothing_else_is_told_of_in_the_404(feed: Feed, tmp_path: Path) -> None:
    refused(feed.log, key=b"nobody-knows")
    async with a_client(create_app(Settings(data=tmp_path))) as client:
        answer = await client.get("/v1/companies/nobody-knows")
    assert answer.status_code == 404
    assert "could not be used: 1, see `khabar dead-letters`" in answer.json()["detail"]


def test_people_read_it_in_both_languages() -> None:
    said = tables.dead_letters({"count": 3, "latest": [], "see": "khabar dead-letters"})
    english, arabic = said.splitlines()
    assert english == "records under this key that could not be used: 3; `khabar dead-letters` lists them"
    assert arabic == "سجلات تحمل هذا المفتاح وتعذّر استعمالها: 3؛ يعرضها الأمر `khabar dead-letters`"
    assert ": 1000+;" in tables.dead_letters({"count": 1000, "latest": [], "see": "x"})
