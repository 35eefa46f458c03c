"""`khabar up` in a process of its own, with its own Kafka, and a client of its API."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from streams.settings import Settings
from tests.roads.running import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", port=free_port(), broker_port=free_port())


@pytest.fixture
def up(settings: Settings, tmp_path: Path):
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "up"],
            env={**os.environ, **settings.environment()}, stdout=log, stderr=log,
        )  # fmt: skip
        yield process
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        finally:
            process.kill()


@pytest.fixture
def http(settings: Settings):
    with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=30) as client:
        yield client
