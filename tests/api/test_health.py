from __future__ import annotations

import asyncio
import errno
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from api import reader, reader_status
from api.errors import LogUnreachable
from api.reader_status import Status
from api.routers.health import SILENT_MS, STALLED_MS, _stalled
from api.service import Service
from seeds.document import Document
from streams import room
from streams.documents import Place, StoredDocument, stored
from streams.publish import Publisher
from streams.settings import Settings
from tests.integration.serving import a_client

NOW = 1_750_000_000_000


def status(**more: object) -> Status:
    return Status(**{"written_ms": NOW, "moved_ms": NOW, "phase": "following", **more})  # type: ignore[arg-type]


def test_alive_means_that_what_there_is_to_apply_is_applied() -> None:
    assert not _stalled(Status(), NOW), "it has not begun"
    assert not _stalled(status(), NOW)
    assert not _stalled(status(moved_ms=0), NOW), "there is nothing to apply"
    assert not _stalled(status(behind=9, moved_ms=NOW - STALLED_MS + 1), NOW)
    assert "9 records" in _stalled(status(behind=9, moved_ms=NOW - STALLED_MS - 1), NOW)
    away = status(behind=9, moved_ms=0, phase="waiting")
    assert not _stalled(away, NOW), "Kafka is away: a restart would not help"
    assert "said nothing" in _stalled(status(written_ms=NOW - SILENT_MS - 1), NOW)


def test_the_status_survives_writing(tmp_path: Path) -> None:
    assert reader_status.read(tmp_path) == Status()
    one = status(alarms={"missing": 1}, generations={"1": {"behind": 3}})
    reader_status.write(tmp_path, one)
    assert reader_status.read(tmp_path) == one
    reader_status.path_of(tmp_path).write_text("{")
    assert reader_status.read(tmp_path) == Status()


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any disk counts as full."""
    monkeypatch.setattr(room, "FULL_BYTES", 1 << 62)


async def test_a_full_disk_makes_it_unready_with_the_reason_and_is_no_cause_to_restart_it(
    tmp_path: Path, full: None
) -> None:
    silent = status(written_ms=1)  # it cannot even write how it is
    reader_status.path_of(tmp_path).parent.mkdir()
    reader_status.path_of(tmp_path).write_bytes(orjson.dumps(asdict(silent)))
    async with a_client(Settings(data=tmp_path)) as client:
        ready, alive = await client.get("/readyz"), await client.get("/livez")
    assert (ready.status_code, alive.status_code) == (503, 200)
    for answer in (ready, alive):
        assert answer.json()["said"].startswith("the disk is full: ")


def test_a_status_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "reader").write_text("no folder")
    reader_status.tell(tmp_path, status())
    assert "the status cannot be written" in caplog.text


def test_the_reader_tells_a_full_disk_from_a_kafka_that_is_away(tmp_path: Path) -> None:
    one = reader.Reader(Settings(data=tmp_path))
    one._after_os(OSError(errno.ENOSPC, "No space left on device"))
    assert one.status.reason.startswith("the files cannot be written")
    one._after_os(ConnectionRefusedError())
    assert one.status.reason.startswith("Kafka does not answer")


async def test_the_reader_waits_until_there_is_room_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FULL_BYTES", 1 << 62)
    monkeypatch.setattr(reader, "RETRY_SECONDS", 0.01)
    waiting = asyncio.create_task(reader.Reader(Settings(data=tmp_path))._room())
    while reader_status.read(tmp_path).phase != "waiting" or not reader_status.read(tmp_path).reason:
        await asyncio.sleep(0.01)
        assert not waiting.done()
    assert reader_status.read(tmp_path).reason.startswith("the disk is full")
    monkeypatch.setattr(room, "FULL_BYTES", 0)
    await waiting


async def test_a_write_that_the_clients_own_task_cancels_is_told_as_one_that_kafka_did_not_take(
    tmp_path: Path,
) -> None:
    """Seen when Kafka ended because its disk was full: the request was answered 500."""

    class Broken(Publisher):
        async def publish_document(self, record: StoredDocument) -> Place:
            raise asyncio.CancelledError

    service = Service(Settings(data=tmp_path))
    service._publisher = Broken(service.settings)
    with pytest.raises(LogUnreachable):
        await service.publish(stored(Document(text="A", url="https://a.example")))


async def test_a_write_that_is_itself_cancelled_stays_so(tmp_path: Path) -> None:
    class Slow(Publisher):
        async def publish_document(self, record: StoredDocument) -> Place:
            await asyncio.sleep(60)
            raise AssertionError

    service = Service(Settings(data=tmp_path))
    service._publisher = Slow(service.settings)
    writing = asyncio.create_task(service.publish(stored(Document(text="A", url="https://a.example"))))
    await asyncio.sleep(0.01)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await service.close()
