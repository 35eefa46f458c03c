"""The hunt: each scene without a bug must find nothing, and with each bug something."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from streams.settings import Settings
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.outcome import Outcome
from tests.chaos.planting import Bug, planted
from tests.chaos.scenes import Scene
from tests.chaos.stage import a_stage
from tests.chaos.wire import WiredBroker

PATIENCE_SECONDS = 60.0
WITH_A_BUG_SECONDS = 15.0  # what a bug has swallowed never comes


async def play(broker: WiredBroker, folder: Path, scene: Scene, seed: int, patience: float) -> list[str]:
    """Play a scene once; list what differs."""
    async with a_stage(broker, folder, seed, patience) as stage:
        return await scene(stage)


async def hunt(folder: Path, seed: int, mutants: Iterable[Mutant] = MUTANTS) -> list[Outcome]:
    """Play the scenes without a bug, then each bug's scene with it."""
    outcomes = []
    mutants = list(mutants)
    scenes = list(dict.fromkeys(mutant.scene for mutant in mutants))
    with WiredBroker(Settings(data=folder / "kafka", broker_port=0)) as broker:
        for scene in scenes:
            outcomes.append(await _one(broker, folder, f"{scene.__name__}, no bug", scene, seed, {}))
        for mutant in mutants:
            outcomes.append(await _one(broker, folder, f"bug: {mutant.name}", mutant.scene, seed, mutant.bug))
    return outcomes


async def _one(broker: WiredBroker, folder: Path, name: str, scene: Scene, seed: int, bug: Bug) -> Outcome:
    began = time.monotonic()
    with planted(bug):
        found = await play(broker, folder, scene, seed, WITH_A_BUG_SECONDS if bug else PATIENCE_SECONDS)
    outcome = Outcome(name, seed, notes={"seconds": round(time.monotonic() - began, 1)})
    if not bug:
        outcome.differences = found
    elif found:
        outcome.notes["found"] = found[0][:200]
    else:
        outcome.differences = [f"not found by {scene.__name__}: the harness is at fault"]
    print(f"{name}: {outcome.differences or outcome.notes}", flush=True)
    return outcome
