"""The hunt: each scene without a bug must find nothing, and with each bug something."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from streams.settings import Settings
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.outcome import Outcome
from tests.chaos.planting import planted
from tests.chaos.scenes import Scene
from tests.chaos.stage import a_stage
from tests.chaos.wire import WiredBroker

PATIENCE_SECONDS = 60.0
WITH_A_BUG_SECONDS = 15.0  # what a bug has swallowed never comes


async def play(
    broker: WiredBroker, folder: Path, scene: Scene, seed: int, patience: float = PATIENCE_SECONDS
) -> Outcome:
    """Play a scene once; tell what differs."""
    outcome = Outcome(scene.__name__, seed)
    began = time.monotonic()
    async with a_stage(broker, folder, seed, patience) as stage:
        try:
            outcome.differences = await scene(stage)
        except Exception as error:
            outcome.differences = [f"the scene broke off: {error!r}"]
            traceback.print_exc()
        outcome.notes = {"seconds": round(time.monotonic() - began, 1), **stage.notes}
    return outcome


async def scenes_of(folder: Path, seed: int, scenes: Iterable[Scene]) -> list[Outcome]:
    """Play scenes on one Kafka."""
    outcomes = []
    with WiredBroker(Settings(data=folder / "kafka", broker_port=0)) as broker:
        for scene in scenes:
            outcomes.append(await play(broker, folder, scene, seed))
            _tell(outcomes[-1])
    return outcomes


async def hunt(folder: Path, seed: int, mutants: Iterable[Mutant] = MUTANTS) -> list[Outcome]:
    """Play the scenes without a bug, then each bug's scene with it."""
    mutants = list(mutants)
    outcomes = await scenes_of(folder, seed, dict.fromkeys(mutant.scene for mutant in mutants))
    with WiredBroker(Settings(data=folder / "kafka-of-bugs", broker_port=0)) as broker:
        for mutant in mutants:
            outcomes.append(await find(broker, folder, mutant, seed))
            _tell(outcomes[-1])
    return outcomes


async def find(broker: WiredBroker, folder: Path, mutant: Mutant, seed: int) -> Outcome:
    """Play a bug's scene with it: the outcome is good if the bug was found, by what it does."""
    with planted(mutant.bug):
        outcome = await play(broker, folder, mutant.scene, seed, WITH_A_BUG_SECONDS)
    shown = [told for told in outcome.differences if mutant.shows in told]
    if shown:
        outcome.notes["found"] = shown[0][:160]
        outcome.differences = []
    else:
        outcome.differences = [f"not found: {mutant.shows!r} is none of {outcome.differences}"]
    outcome.name = f"bug: {mutant.name}"
    return outcome


def _tell(outcome: Outcome) -> None:
    print(f"{outcome.name}: {outcome.differences or outcome.notes}", flush=True)
