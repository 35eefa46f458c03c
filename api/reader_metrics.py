"""The reader's status, the replay's and the disk's as metrics; labels come from closed lists."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from api.read_model.findings import KINDS
from api.reader_status import now_ms
from streams import dead_letters
from streams.generations import State

if TYPE_CHECKING:
    from prometheus_client import Metric

    from api.reader_status import Status
    from api.rebuild_status import RebuildStatus

PHASES = ("waiting", "loading", "following", "stopped")
SILENT_MS = 30_000
"""A reader that has not written its status for so long is held to be down."""


class ReaderCollector(Collector):
    """Asks for the statuses at every scrape."""

    def __init__(
        self,
        status: Callable[[], Status],
        rebuild: Callable[[], RebuildStatus],
        stale_seconds: Callable[[], int],
        data: Path,
    ) -> None:
        self._status, self._rebuild, self._stale_seconds = status, rebuild, stale_seconds
        self._data = data

    def collect(self) -> Iterable[Metric]:
        """Give all families."""
        status = self._status()
        yield from _reader(status, self._stale_seconds())
        yield from _topics(status)
        yield from _generations(status)
        yield from _replay(self._rebuild())
        yield _histogram(
            "khabar_document_seconds",
            "Time from the record of a document until its events are served.",
            status.latency,
        )
        yield _histogram("khabar_reader_batch_seconds", "Time a batch took to be written.", status.batches)
        free = _free_bytes(self._data)
        yield _gauge("khabar_disk_free_bytes", "Room left where KHABAR_DATA is; -1: unknown.", free)


def _reader(status: Status, stale_seconds: int) -> Iterable[Metric]:
    up = bool(status.written_ms) and now_ms() - status.written_ms < SILENT_MS and status.phase != "stopped"
    yield _gauge("khabar_reader_up", "1 while the reader runs and tells of itself.", int(up))
    yield _labelled(
        "khabar_reader_phase",
        "1 for what the reader does.",
        ("phase",),
        {(phase,): int(phase == status.phase) for phase in PHASES},
    )
    for name, said, value in (
        ("behind_records", "Records of log and changelogs that are not read yet.", status.behind),
        ("stale_seconds", "Time since the files last held all of the log; -1: never.", stale_seconds),
    ):
        yield _gauge(f"khabar_reader_{name}", said, value)
    for name, said, count in (
        ("events", "Events read since the reader started.", status.events),
        ("duplicates", "Events that came again.", status.duplicates),
        ("skipped", "Records that could not be used.", status.skipped),
    ):
        yield CounterMetricFamily(f"khabar_reader_{name}", said, value=count)
    yield _gauge("khabar_documents_unanswered", "Documents that wait for a parse worker.", status.unanswered)
    yield _labelled(
        "khabar_dead_letters",
        "Records that the topic dead-letters holds, by what is wrong with them.",
        ("kind",),
        {(kind,): status.letters.get(kind, 0) for kind in dead_letters.KINDS},
    )
    yield _labelled(
        "khabar_proof_alarms",
        "Differences found since the reader started.",
        ("kind",),
        {(kind,): status.alarms.get(kind, 0) for kind in KINDS},
    )


def _topics(status: Status) -> Iterable[Metric]:
    at = {topic: (told["end"], told["read"]) for topic, told in status.topics.items()}
    for name, said, values in (
        ("end_offset", "Where the log ends.", {topic: end for topic, (end, _) in at.items()}),
        ("read_offset", "How far the reader is.", {topic: read for topic, (_, read) in at.items()}),
        ("lag_records", "Records not read yet.", {t: max(0, end - read) for t, (end, read) in at.items()}),
    ):
        of_all = f"{said[:-1]}, summed over its partitions."
        yield _labelled(f"khabar_topic_{name}", of_all, ("topic",), {(t,): v for t, v in values.items()})


def _generations(status: Status) -> Iterable[Metric]:
    told = {number: told for number, told in status.generations.items() if "posted" in told}
    yield _labelled(
        "khabar_generation_state",
        "1 for the state of a generation of the views.",
        ("generation", "state"),
        {
            (number, state.value): int(state == told["state"])
            for number, told in told.items()
            for state in State
        },
    )
    for name, said, key in (
        ("behind_records", "Rows of its changelog that are not read yet.", "behind"),
        ("unposted_records", "Events that wait for a views worker.", "unposted"),
        ("posted_offset", "How far it is posted, summed over the partitions of all facts.", "posted"),
        ("exposed_offset", "How far it is served, summed over the partitions of all facts.", "exposed"),
    ):
        values = {(number,): one[key] for number, one in told.items()}
        yield _labelled(f"khabar_generation_{name}", said, ("generation",), values)
    yield _labelled(
        "khabar_proof_open_findings",
        "Differences from the log that are not settled.",
        ("generation", "kind"),
        {(number, kind): one["findings"].get(kind, 0) for number, one in told.items() for kind in KINDS},
    )


def _replay(rebuild: RebuildStatus) -> Iterable[Metric]:
    running = rebuild.running
    yield _gauge("khabar_replay_running", "1 while a replay runs.", int(running))
    for name, said, value in (
        ("wanted_records", "Records that the running replay has to read.", rebuild.total),
        ("read_records", "Records that it has read.", rebuild.read),
        ("seconds", "Time since it began.", (now_ms() - rebuild.started_ms) / 1000),
    ):
        yield _gauge(f"khabar_replay_{name}", said, value if running else 0)
    yield _labelled(
        "khabar_replay_phase",
        "1 for what it does.",
        ("phase",),
        {(phase,): int(running and phase == rebuild.phase) for phase in REPLAY_PHASES},
    )


REPLAY_PHASES = ("reading", "building", "catching_up", "switching")


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _labelled(name: str, said: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for key, value in values.items():  # keys are as many strings as there are labels
        family.add_metric(key, value)
    return family


def _histogram(name: str, said: str, told: dict[str, Any]) -> Metric:
    family = HistogramMetricFamily(name, said)
    if told:
        bounds = [*map(str, map(float, told["bounds"])), "+Inf"]
        family.add_metric((), list(zip(bounds, told["counts"], strict=True)), told["sum"])
    return family


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return -1
