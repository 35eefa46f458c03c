"""A Kafka that ended is started again: here one whose data another Kafka wrote, so that no start succeeds."""

import json
from pathlib import Path

import pytest

from streams import room
from streams.broker import EmbeddedBroker, Keeper, keeper
from streams.errors import DataVersionMismatch
from streams.settings import Settings


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def kept(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Keeper:
    monkeypatch.setattr(keeper, "PAUSE_SECONDS_MAX", 0.0)
    monkeypatch.setattr(keeper, "ROOM_SECONDS", 0.0)
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "format.json").write_text(json.dumps({"kafka": "0.8"}))
    return Keeper(EmbeddedBroker(Settings(data=tmp_path, broker_port=0)), tmp_path, said.append)


def test_a_start_that_fails_is_told_and_tried_again_within_a_bound(kept: Keeper, said: list[str]) -> None:
    for _ in range(keeper.FAILURES_MAX):
        kept.look()
    assert sum("could not be started, the next try is in" in line for line in said) == keeper.FAILURES_MAX
    assert "was written by Kafka 0.8" in said[-1]
    with pytest.raises(DataVersionMismatch):
        kept.look()


def test_a_full_disk_is_waited_for_without_a_bound_and_told_once(
    kept: Keeper, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FULL_BYTES", 1 << 62)
    for _ in range(3 * keeper.FAILURES_MAX):
        kept.look()
    assert len(said) == 1
    assert said[0].startswith("Kafka ended, and is started again when there is room: the disk is full")
    monkeypatch.setattr(room, "FULL_BYTES", 0)
    kept.look()
    assert said[1] == "there is room: Kafka is started again"


def test_the_pause_between_two_tries_grows(
    kept: Keeper, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSE_SECONDS_MAX", 4.0)
    at = 1000.0
    monkeypatch.setattr(keeper.time, "monotonic", lambda: at)
    tried = []
    for second in range(12):
        at = 1000.0 + second
        before = len(said)
        kept.look()
        if len(said) > before:
            tried.append(second)
    assert tried == [0, 1, 3, 7, 11]
