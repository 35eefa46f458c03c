"""`khabar up` as a person runs it, for the tests that walk whole roads."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from streams.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(look, seconds: float, what: str):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except (httpx.HTTPError, KeyError):
            pass
        time.sleep(0.05)
    return pytest.fail(f"{what} did not happen within {seconds:.0f} s")


@contextmanager
def khabar_up(settings: Settings, log: Path, code: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run `khabar up`, of another version if its code is given; stopped as by Ctrl-C."""
    other = {"PYTHONPATH": str(code)} if code else {}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "up"], cwd=code,
            env={**os.environ, **settings.environment(), **other}, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(40)
            finally:
                process.kill()


def khabar(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.commands", *arguments],
        env={**os.environ, **settings.environment()}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
