"""`make chaos`: the long run. Prints tables, writes `tests/chaos/out/latest.json`; ends with 1 if it fails.

python -m tests.chaos [--seed N] [--kills 60] [--only NAME …]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos import disturbances, full
from tests.chaos.hunt import hunt, scenes_of
from tests.chaos.kills import kills
from tests.chaos.mutants import MUTANTS
from tests.chaos.outcome import Outcome
from tests.chaos.rates import poison_costs

DISTURBED = (
    disturbances.frozen_worker,
    disturbances.frozen_broker,
    disturbances.cut_off,
    disturbances.storm,
    disturbances.broker_restarted,
    disturbances.compacted,
    disturbances.poisoned,
)
OUT = Path(__file__).parent / "out"
Scenario = Callable[[Path, argparse.Namespace], Coroutine[Any, Any, list[Outcome]]]


async def _kills(folder: Path, asked: argparse.Namespace) -> list[Outcome]:
    return [await kills(folder, asked.seed, asked.kills)]


async def _mutants(folder: Path, asked: argparse.Namespace) -> list[Outcome]:
    wanted = [mutant for mutant in MUTANTS if asked.mutant in mutant.name]
    return await hunt(folder, asked.seed, wanted)


async def _disturbed(folder: Path, asked: argparse.Namespace) -> list[Outcome]:
    return await scenes_of(folder, asked.seed, DISTURBED)


async def _disk(folder: Path, asked: argparse.Namespace) -> list[Outcome]:
    return await full.disk_full(folder, asked.seed)


async def _poison(folder: Path, asked: argparse.Namespace) -> list[Outcome]:
    return [await poison_costs(folder, asked.seed)]


SCENARIOS: dict[str, Scenario] = {
    "kills": _kills,
    "disturbed": _disturbed,
    "disk": _disk,
    "poison": _poison,
    "mutants": _mutants,
}


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seed", type=int, default=random.randrange(1 << 16), help="the same does the same")  # noqa: S311 - no secret
    options.add_argument("--kills", type=int, default=60)
    options.add_argument("--mutant", default="", help="only those whose name has these words")
    options.add_argument("--only", action="append", default=[], choices=sorted(SCENARIOS))
    asked = options.parse_args()
    for name in ("aiokafka", "httpx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # Kafka is away now and then: that is the point
    print(f"seed {asked.seed}", flush=True)
    outcomes: list[Outcome] = []
    OUT.mkdir(parents=True, exist_ok=True)
    for name, scenario in SCENARIOS.items():
        if not asked.only or name in asked.only:
            outcomes += _run(name, scenario, asked)
            told = {"seed": asked.seed, "outcomes": [asdict(outcome) for outcome in outcomes]}
            (OUT / "latest.json").write_text(json.dumps(told, indent=1) + "\n")
    show(outcomes)
    return 1 if any(outcome.differences for outcome in outcomes) else 0


def _run(name: str, scenario: Scenario, asked: argparse.Namespace) -> list[Outcome]:
    """Run a scenario; where something differs, keep its logs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="khabar-chaos-") as folder:
        found = asyncio.run(scenario(Path(folder), asked))
        if any(outcome.differences for outcome in found):
            kept = OUT / f"{name}-{asked.seed}"
            for logs in Path(folder).rglob("logs"):
                shutil.copytree(logs, kept / logs.relative_to(folder), dirs_exist_ok=True)
            print(f"the logs are kept in {kept}", file=sys.stderr)
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return found


def show(outcomes: list[Outcome]) -> None:
    """Print the tables: what was done, and how long each process took to be back."""
    console = Console(width=150)
    back = Table("killed", "times", "up again: median, longest (s)", "served again: median, longest (s)")
    by_target: dict[str, list[Any]] = {}
    for outcome in outcomes:
        for kill in outcome.kills:
            by_target.setdefault(kill.target, []).append(kill)
    for target, found in sorted(by_target.items()):
        seconds = [
            sorted(s for kill in found if (s := getattr(kill, name)) is not None)
            for name in ("up_seconds", "served_seconds")
        ]
        told = [f"{each[len(each) // 2]:.1f}, {each[-1]:.1f}" if each else "" for each in seconds]
        back.add_row(target, str(len(found)), *told)
    if by_target:
        console.print(back)
    table = Table("scenario", "seed", "", "what differs, or notes")
    for outcome in outcomes:
        said = "\n".join(outcome.differences) or ", ".join(f"{k} {v}" for k, v in outcome.notes.items())
        table.add_row(outcome.name, str(outcome.seed), _verdict(outcome), said)
    console.print(table)


def _verdict(outcome: Outcome) -> str:
    if full.NOT_HERE in outcome.notes:
        return "[yellow]not tried[/]"
    return "[red]FAILED[/]" if outcome.differences else "held"


if __name__ == "__main__":
    raise SystemExit(main())
