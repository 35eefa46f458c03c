"""The short version of `make chaos`: a few of each, no measured second; all is held against the oracle."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.settings import Settings
from tests.chaos.disturbances import poisoned
from tests.chaos.full import NOT_HERE, disk_full
from tests.chaos.hunt import find, play
from tests.chaos.kills import kills
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.scenes import answered_twice
from tests.chaos.wire import WiredBroker

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]
SEED = int(os.environ.get("CHAOS_SEED", "1"))
QUICK = (
    "the progress row is sent before the entries that it covers",
    "a retraction does not enter the digest of the log",
    "the second answer to a place is published too",
)


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WiredBroker]:
    """A Kafka that the scenes share."""
    with WiredBroker(Settings(data=tmp_path_factory.mktemp("wired"), broker_port=0)) as broker:
        yield broker


async def test_killed_workers_and_readers_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    outcome = await kills(tmp_path, SEED, 3, ("views", "reader", "parse"))
    assert not outcome.differences, (outcome.seed, outcome.differences)
    assert len(outcome.kills) == 3
    assert outcome.notes["events"] > 100


async def test_a_full_disk_loses_nothing_and_all_goes_on_when_there_is_room(tmp_path: Path) -> None:
    for outcome in await disk_full(tmp_path, SEED):
        if NOT_HERE in outcome.notes:
            pytest.skip(f"no small file system can be made here: {outcome.notes[NOT_HERE]}")
        assert not outcome.differences, (outcome.seed, outcome.differences)


async def test_poison_of_every_kind_ends_in_dead_letters_and_changes_nothing(
    wired: WiredBroker, tmp_path: Path
) -> None:
    outcome = await play(wired, tmp_path, poisoned, SEED)
    assert not outcome.differences, (outcome.seed, outcome.differences)


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in QUICK], ids=lambda mutant: mutant.name)
async def test_a_planted_bug_is_found(wired: WiredBroker, tmp_path: Path, mutant: Mutant) -> None:
    outcome = await find(wired, tmp_path, mutant, SEED)
    assert not outcome.differences, (outcome.seed, outcome.differences)


async def test_without_a_bug_nothing_is_found(wired: WiredBroker, tmp_path: Path) -> None:
    outcome = await play(wired, tmp_path, answered_twice, SEED)
    assert not outcome.differences, (outcome.seed, outcome.differences)
