"""`khabar up` in a process of its own, with its own Kafka, and a client of its API."""

from pathlib import Path

import httpx
import pytest

from streams.settings import Settings
from tests.roads.running import free_port, khabar_up


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", port=free_port(), broker_port=free_port())


@pytest.fixture
def up(settings: Settings, tmp_path: Path):
    with khabar_up(settings, tmp_path / "up.log") as process:
        yield process


@pytest.fixture
def http(settings: Settings):
    with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=30) as client:
        yield client
