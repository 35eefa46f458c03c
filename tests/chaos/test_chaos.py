"""The short version of `make chaos`: a few of each, no measured second; all is held against the oracle."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.chaos.kills import kills

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]
SEED = int(os.environ.get("CHAOS_SEED", "1"))


async def test_killed_workers_and_readers_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    outcome = await kills(tmp_path, SEED, 3, ("views", "reader", "parse"))
    assert not outcome.differences, (outcome.seed, outcome.differences)
    assert len(outcome.kills) == 3
    assert outcome.notes["events"] > 100
