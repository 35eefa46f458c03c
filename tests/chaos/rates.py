"""What poison costs: a worker's rate with one unusable record in a hundred, against that without."""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
from pathlib import Path

from streams import progress
from streams.settings import Settings
from streams.topics import changelog_name
from tests.chaos import poison
from tests.chaos.load import told
from tests.chaos.outcome import Outcome
from tests.chaos.scenes import sending
from tests.chaos.stage import Stage, a_stage
from tests.chaos.wire import WiredBroker
from tests.integration.workers import records

EVENTS, ROUNDS, SHARE = 6000, 3, 0.01
RATIO_MIN = 0.9


async def poison_costs(folder: Path, seed: int) -> Outcome:
    """Compare the two in turn, in one run: of what was measured at different times no ratio counts."""
    rates: dict[float, list[float]] = {0.0: [], SHARE: []}
    with WiredBroker(Settings(data=folder / "kafka", broker_port=0)) as broker:
        for number in range(ROUNDS):
            for share, found in rates.items():
                async with a_stage(broker, folder, seed + number, 120) as stage:
                    found.append(await _rate(stage, share))
    ratio = statistics.median(rates[SHARE]) / statistics.median(rates[0.0])
    outcome = Outcome("rate with 1 % poison, of that without", seed)
    outcome.notes = {
        "ratio": round(ratio, 3),
        "clean (records/s)": [round(rate) for rate in rates[0.0]],
        "poisoned (records/s)": [round(rate) for rate in rates[SHARE]],
    }
    if ratio < RATIO_MIN:
        outcome.differences = [f"the ratio is {ratio:.3f}, less than {RATIO_MIN}: {outcome.notes}"]
    return outcome


async def _rate(stage: Stage, share: float) -> float:
    """Let a worker post what waits for it; the clock runs from its first row to its last."""
    rng = random.Random(stage.load.seed)  # noqa: S311 - no secret
    events = list(itertools.islice(told(stage.load.seed), EVENTS))
    spoilt = poison.which(rng, EVENTS, share) if share else {}
    sent = poison.Poisoned()
    async with sending(stage) as sender:
        for start in range(0, EVENTS, 100):
            now = range(start, start + 100)
            for n in now:
                if n in spoilt:
                    await poison.send(stage.settings, sender, events[n], spoilt[n], sent)
            await asyncio.gather(*(stage.load.publish(events[n]) for n in now if n not in spoilt))
    await stage.worker()
    await stage.until_posted()
    name = changelog_name(stage.settings, 1).removeprefix(stage.settings.topic_prefix)
    rows = [row async for row in records(stage.settings, name)]
    first = min(row.timestamp for row in rows)
    reached: dict[int, tuple[int, int]] = {}  # partition → the furthest progress row: how far, and when
    for row in rows:
        if progress.is_progress(row.key):
            far = sum(sum(offsets.values()) for offsets in progress.decode(row.value).values())
            if far > reached.get(row.partition, (0, 0))[0]:
                reached[row.partition] = far, row.timestamp
    return EVENTS / (max(at for _, at in reached.values()) - first) * 1000
