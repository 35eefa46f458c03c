"""Restoring what is odd in a log, being interrupted, and being refused: on the real Kafka."""

from __future__ import annotations

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams import cuts, dead_letters, generations
from streams.backup import Told, backup, read_committed
from streams.backup_files import BackupDamaged, BackupError
from streams.cluster import log_id
from streams.consumers import reading
from streams.documents import decode_parse
from streams.entries import ENTRIES_VERSION
from streams.errors import TopicMismatch
from streams.log_name import LogUnfinished
from streams.publish import Publisher, producer
from streams.reshard import reshard
from streams.restore import restore
from streams.restore_places import COPIED_FROM, GONE
from streams.restore_room import NotEmpty, StillRunning
from streams.restore_topics import create_copies
from streams.restore_writer import Disturbed, Writer
from streams.settings import Settings
from streams.topics import check_topics, ensure_topics, parse_app_id, partition_of, topic_name, views_app_id
from tests.api.making import article, investment
from tests.integration.workers import records

NOBODY = Told()
OLD = 4


class Interrupted(Exception):
    """What a kill is to the code that it meets."""


def after(number: int) -> Told:
    """Be killed once so many records are written."""
    left = [number]

    def more(n: int) -> None:
        left[0] -= n
        if left[0] < 0:
            raise Interrupted

    phases: list[str] = []
    return Told(phase=phases.append, more=lambda n: more(n) if "writing the log" in phases else None)


def other(settings: Settings, name: str, partitions: int = OLD) -> Settings:
    """Settings of another log on the same Kafka."""
    prefix = f"{name}-{settings.topic_prefix}"
    return settings.model_copy(
        update={"topic_prefix": prefix, "partitions": partitions, "data": settings.data / name}
    )


async def all_of(settings: Settings, *topics: str) -> list[ConsumerRecord]:
    return [record async for record in records(settings, *topics)]


async def a_plain_log(settings: Settings) -> None:
    await ensure_topics(settings)
    await generations.read_or_create(settings, ENTRIES_VERSION)
    async with Publisher(settings) as publisher:
        for n in range(30):
            await publisher.publish_event(investment("fund-1", f"firm-{n}"))


async def an_odd_log(settings: Settings) -> None:
    """A log as years may leave it: gaps, misplaced records, bytes of any kind, answers to what is gone."""
    await ensure_topics(settings)
    await generations.read_or_create(settings, ENTRIES_VERSION)
    names = {t: topic_name(settings, t) for t in ("documents", "parses", "facts.investment", "cuts")}
    kept, gone = article(), article()
    at = partition_of(kept.document.encode(), OLD)
    deal = investment("fund-1", "firm-1")
    home = partition_of(deal.home.encode(), OLD)

    def answer(partition: int, offset: int, document: str, error: str) -> bytes:
        return orjson.dumps({
            "schema_version": 1, "partition": partition, "offset": offset, "document": document,
            "revision": "0" * 26, "change": "text", "status": "failed", "extractor": "x", "version": "1",
            "error": error, "what_a_later_version_says": [1],
        })  # fmt: skip

    async with producer(settings) as out, Publisher(settings) as publisher:
        for text in (b"not a document", b"\xff\xfe"):
            await out.send_and_wait(names["documents"], text, b"some/key", at)
        await publisher.publish_document(kept)
        await out.send_and_wait(names["parses"], answer(at, 2, kept.document, "first"), partition=at)
        await out.send_and_wait(
            names["parses"], answer(at, 999, gone.document, "of one that is gone"), partition=at
        )
        await out.send_and_wait(names["parses"], answer(at, 2, kept.document, "second"), partition=at)
        await out.send_and_wait(names["parses"], b"no answer", partition=at)

        await out.send_and_wait(names["cuts"], b"no cut", partition=0)
        await publisher.publish_event(deal)
        wrong = (home + 1) % OLD
        await out.send_and_wait(names["facts.investment"], b"\xff no event", partition=wrong)
        vector = {"facts.investment": {str(home): 1, str(wrong): 1}}
        await out.send_and_wait(names["cuts"], cuts.encode(vector), partition=0)
        await out.send_and_wait(names["cuts"], cuts.encode(vector), partition=0)  # does not move: ignored
        # What is written in a wrong place moves a cut all the same.
        right = next(r for r in await all_of(settings, "facts.investment") if r.partition == home).value
        await out.send_and_wait(names["facts.investment"], right, deal.home.encode(), wrong)
        await out.send_and_wait(
            names["cuts"], cuts.encode({"facts.investment": {str(home): 1, str(wrong): 2}}), partition=0
        )
        for origin in (("documents", at, 1), ("facts.investment", wrong, 1), ("elsewhere", 0, 0)):
            await out.send_and_wait(
                topic_name(settings, "dead-letters"), None, b"key", 0,
                headers=dead_letters.headers(dead_letters.Origin(*origin), "no good"),
            )  # fmt: skip
    async with reading(settings, group_id=parse_app_id(settings)) as consumer:
        tp = TopicPartition(names["documents"], at)
        consumer.assign([tp])
        await consumer.commit({tp: 2})


@pytest.mark.parametrize("partitions", [OLD, 12, 1])
async def test_what_is_odd_in_a_log_comes_along(settings: Settings, partitions: int) -> None:
    await an_odd_log(settings)
    folder = settings.data / "backup"
    await backup(settings, folder, NOBODY)
    new = other(settings, "new", partitions)
    done = await restore(new, folder, NOBODY)
    assert done.left_out == (1 if partitions == 1 else 0)
    assert done.cuts == 2
    assert await check_topics(new) == []

    for topic in ("documents", "parses", "facts.investment", "dead-letters"):
        before, now = await all_of(settings, topic), await all_of(new, topic)
        there = {(r.partition, r.offset): r for r in before}
        copied = [r for r in now if r.key is not None or r.value]  # less what only fills
        assert len(copied) == len(before) - (done.left_out if topic == "facts.investment" else 0)
        for record in copied:
            origin = dict(record.headers)[COPIED_FROM].decode()
            assert origin.startswith(f"{done.copied_from} {topic}/")
            partition, offset = map(int, origin.rpartition("/")[2].split("@"))
            old = there.pop((partition, offset))
            assert (record.timestamp, record.key) == (old.timestamp, old.key)
            if topic != "parses":
                assert record.value == old.value

    documents = {r.value: (r.partition, r.offset) async for r in records(new, "documents")}
    answers = [r.value async for r in records(new, "parses")]
    told = {orjson.loads(a)["error"]: orjson.loads(a) for a in answers if a != b"no answer"}
    (place,) = (where for value, where in documents.items() if value.startswith(b'{"'))
    for error in ("first", "second"):
        assert (told[error]["partition"], told[error]["offset"]) == place
        assert told[error]["what_a_later_version_says"] == [1]
        decode_parse(orjson.dumps(told[error]))
    assert told["of one that is gone"]["offset"] >= GONE

    at: cuts.Cut = cuts.START
    async for record in records(new, "cuts"):
        moved = cuts.next_cut(at, cuts.decode(record.value), record.timestamp)
        assert moved is not None
        at = moved
    ends = {str(r.partition): r.offset + 1 async for r in records(new, "facts.investment")}
    assert at.vector == {"facts.investment": ends}

    origins = [letter.origin async for letter in dead_letters.letters(new)]
    assert (origins[0].partition, origins[0].offset) == documents[b"\xff\xfe"]
    assert str(origins[2]) == "elsewhere/0@0"
    committed = (await read_committed(new))["documents"]
    assert committed[str(place[0])] <= place[1], "it was not worked on: it will be"
    views = await generations.read(new)
    assert views is not None
    assert (views.live, done.generation) == (2, 2)


async def test_a_damaged_or_unfinished_backup_writes_nothing(settings: Settings) -> None:
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        await publisher.publish_event(investment("fund-1", "firm-1"))
    folder, new = settings.data / "backup", other(settings, "new")
    await backup(settings, folder, NOBODY)
    file = next(folder.glob("facts.*"))
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"firm-1", b"firm-2", 1))
    with pytest.raises(BackupDamaged, match=file.name):
        await restore(new, folder, NOBODY)
    file.write_bytes(whole)
    (folder / "SHA256SUMS").rename(folder / "UNFINISHED")
    with pytest.raises(BackupError, match="interrupted"):
        await restore(new, folder, NOBODY)
    assert len(await check_topics(new)) > 20, "not even a topic was made"


async def test_a_log_is_never_written_over(settings: Settings) -> None:
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        await publisher.publish_event(investment("fund-1", "firm-1"))
    folder = settings.data / "backup"
    await backup(settings, folder, NOBODY)
    with pytest.raises(NotEmpty, match="holds records"):
        await restore(settings, folder, NOBODY)
    with pytest.raises(TopicMismatch, match="partitions is 4"):
        await restore(settings.model_copy(update={"partitions": 12}), folder, NOBODY)
    assert len(await all_of(settings, "facts.investment")) == 1


async def test_an_interrupted_restore_is_nobodys_log_until_it_is_repeated(settings: Settings) -> None:
    await a_plain_log(settings)
    folder, new = settings.data / "backup", other(settings, "new")
    await backup(settings, folder, NOBODY)
    with pytest.raises(Interrupted):
        await restore(new, folder, after(20))
    with pytest.raises(LogUnfinished, match="run the same"):
        await log_id(new)
    with pytest.raises(TopicMismatch, match="if `khabar restore` or `reshard` was interrupted, run it again"):
        await ensure_topics(new)
    done = await restore(new, folder, NOBODY)
    assert await log_id(new) == done.log != await log_id(settings)
    assert len(await all_of(new, "facts.investment")) == 30
    with pytest.raises(NotEmpty):
        await restore(new, folder, NOBODY)


async def test_whoever_else_writes_to_a_copy_is_noticed(settings: Settings) -> None:
    await create_copies(settings)
    name = topic_name(settings, "cuts")
    async with Writer(settings) as writer, producer(settings) as reader:
        await writer.append("cuts", 0, 1_750_000_000_000, None, b"ours", ())
        await writer.settle()
        await reader.send_and_wait(name, b"of a reader that runs", partition=0)
        await writer.append("cuts", 0, 1_750_000_000_000, None, b"ours", ())
        with pytest.raises(Disturbed, match=r"cuts/0@2 should be the record of offset 1"):
            await writer.settle()
    assert [r.timestamp for r in await all_of(settings, "cuts")][::2] == [1_750_000_000_000] * 2


async def test_a_log_is_resharded_in_its_place(settings: Settings) -> None:
    await a_plain_log(settings)
    folder = settings.data / "kept"
    values = sorted(r.value for r in await all_of(settings, "facts.investment"))
    with pytest.raises(BackupError, match="has 4 partitions already"):
        await reshard(settings, OLD, folder, NOBODY)
    with pytest.raises(Interrupted):
        await reshard(settings, 12, folder, after(20))
    with pytest.raises(BackupError, match="no complete backup"):
        await reshard(settings, 12, folder / "another", NOBODY)
    done = await reshard(settings, 12, folder, NOBODY)
    assert (done.partitions, done.generation) == (12, 2)
    with pytest.raises(TopicMismatch, match="partitions is 12"):
        await ensure_topics(settings)
    new = settings.model_copy(update={"partitions": 12})
    assert await check_topics(new) == []
    assert sorted(r.value for r in await all_of(new, "facts.investment")) == values
    views = await generations.read(new)
    assert views is not None
    assert {n: g.state for n, g in views.generations.items()} == {1: "dropped", 2: "live"}
    assert await log_id(new) == done.log

    with pytest.raises(BackupError, match="is not a backup of all that the log holds now"):
        await reshard(new, 4, folder, NOBODY)


async def test_nothing_is_resharded_under_running_workers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.restore_room.GRACE_SECONDS", -settings.session_timeout_seconds)
    await ensure_topics(settings)
    async with Publisher(settings) as publisher:
        await publisher.publish_document(article())
    left = TopicPartition(topic_name(settings, "documents"), 0)
    async with reading(settings, group_id=parse_app_id(settings)) as was_here:
        was_here.assign([left])
        await was_here.commit({left: 0})  # a group without members
    async with AIOKafkaConsumer(
        topic_name(settings, "documents"), bootstrap_servers=settings.bootstrap,
        group_id=views_app_id(settings, 3), auto_offset_reset="earliest",
    ) as worker:  # fmt: skip
        await worker.getone()  # so it is in the group
        with pytest.raises(StillRunning, match="stop every khabar"):
            await reshard(settings, 12, settings.data / "kept", NOBODY)
    assert not (settings.data / "kept").exists()
