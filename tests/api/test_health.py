from __future__ import annotations

from pathlib import Path

from api import reader_status
from api.reader_status import Status
from api.routers.health import SILENT_MS, STALLED_MS, _stalled

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
