"""Benchmarks as ratios: ours and named peers do the same work on the same topics, in turn, in one run.

    python -m benchmarks.harness [--events 20000] [--companies 20000] [--rounds 5] [--only NAME …]

Starts a Kafka of its own, fills its topics once, has each contestant run once a round, compares the medians.
Prints a table and writes `benchmarks/out/latest.json`: a list of figures (see `Figure`, `keep`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import Run, built, installed, kafka_streams, python, quix
from benchmarks.events import OUT, load, made
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from streams.topics import ensure_topics

OURS = "khabar replay"
FAUST, STREAMS, DRAIN = "stock Faust agent", "Kafka Streams, 2 threads", "bare drain, 1 process"
QUIX = "Quix Streams"
TARGETS = {STREAMS: 3.0, FAUST: 10.0, QUIX: 3.0, DRAIN: 0.4}
"""At least so many times the peer's rate; that of the drain is a moonshot."""


@dataclass(frozen=True)
class Figure:
    """One figure; `ours` and `peer` are medians in `unit`, more is better."""

    name: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    ratio: float
    target: float


def contestants(only: list[str]) -> dict[str, Callable[[Run], dict[str, Any]]]:
    """Name who runs, in the order of a round."""
    peers = {FAUST: python("benchmarks.peers.faust_agent"), DRAIN: python("benchmarks.peers.drain")}
    wanted = {name: run for name, run in peers.items() if not only or name in only}
    if (not only or STREAMS in only) and built():
        wanted[STREAMS] = kafka_streams
    if (not only or QUIX in only) and installed():
        wanted[QUIX] = quix
    return {OURS: python("benchmarks.ours"), **wanted}


def cold_rebuild(settings: Settings, folder: Path, asked: argparse.Namespace) -> list[Figure]:
    """Measure the rebuild of all views from nothing."""
    running = contestants(asked.only)
    asyncio.run(ensure_topics(settings))
    events = asyncio.run(load(settings, made(asked.events, asked.companies)))
    python("benchmarks.ours", "--prepare")(Run(settings, folder / "prepare", "prepare", events))
    rates: dict[str, list[float]] = {name: [] for name in running}
    for number in range(asked.rounds):
        for name, run in running.items():
            label = f"{number}-{name.replace(',', '').replace(' ', '-')}"
            told = run(Run(settings, folder / label, label, events))
            if told["events"] != events:
                message = f"{name} took {told['events']} events, not {events}"
                raise SystemExit(message)
            rates[name].append(events / told["seconds"])
            print(f"round {number + 1}: {name}: {json.dumps(told)}", file=sys.stderr, flush=True)
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    title = f"cold rebuild of {events} events, {asked.companies} companies"
    return [
        Figure(
            name=title,
            ours=round(medians[OURS], 1),
            peer=round(medians[peer], 1),
            peer_name=peer,
            unit="events/s",
            ratio=round(medians[OURS] / medians[peer], 4),
            target=TARGETS[peer],
        )
        for peer in running
        if peer != OURS
    ]


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table("figure", "ours", "peer", "", "unit", "ratio", "target")
    for f in figures:
        table.add_row(
            f.name, f"{f.ours:,.0f}", f.peer_name, f"{f.peer:,.0f}", f.unit, f"{f.ratio:.2f}", f"≥ {f.target}"
        )
    Console().print(table)


def keep(figures: list[Figure]) -> None:
    """Put figures into `benchmarks/out/latest.json`, in the place of those of the same name and peer."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "latest.json"
    there = json.loads(path.read_text()) if path.exists() else []
    new = {(figure.name, figure.peer_name) for figure in figures}
    kept = [figure for figure in there if (figure["name"], figure["peer_name"]) not in new]
    path.write_text(json.dumps([*kept, *(asdict(figure) for figure in figures)], indent=1) + "\n")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--companies", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument(
        "--only", action="append", default=[], choices=sorted(TARGETS), help="run this peer only"
    )
    asked = options.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader for a moment
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no contestant is left behind
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="khabar-bench-") as name:
        data = Path(name)
        with EmbeddedBroker(Settings(data=data / "broker", broker_port=0)) as broker:
            settings = Settings(
                data=data / "ours", bootstrap_servers=broker.bootstrap_servers, topic_prefix="bench-"
            )
            figures = cold_rebuild(settings, data / "runs", asked)
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
