"""The metrics: what Prometheus reads, held against docs/operations.md."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from api import rebuild_status
from api.distribution import Distribution
from api.metrics import Metrics
from api.reader_metrics import SILENT_MS, ReaderCollector
from api.reader_status import Status, now_ms
from api.rebuild import Progress
from api.rebuild_status import RebuildStatus, recorded
from streams.generations import State

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
SAMPLES_MAX = 2000


def latency(*seconds: float) -> dict[str, object]:
    told = Distribution((0.1, 1.0))
    for each in seconds:
        told.observe(each)
    return told.to_json()


def well() -> Status:
    """A reader at work, with a generation and topics."""
    return Status(
        pid=1,
        phase="following",
        written_ms=now_ms(),
        behind=3,
        topics={"documents": {"end": 12, "read": 9}},
        generations={
            "1": {"state": "live", "behind": 2, "posted": 40, "exposed": 39, "unposted": 5, "findings": {}},
            "2": {"frozen": True},
        },
        letters={"bad_id": 2},
        latency=latency(0.05, 0.5, 5.0),
        batches=latency(0.01),
    )


def families(status: Status, rebuild: RebuildStatus | None = None) -> dict[str, Metric]:
    collector = ReaderCollector(lambda: status, lambda: rebuild or RebuildStatus(), lambda: 7, Path("/"))
    metrics = Metrics(collector)
    metrics.answered("/v1/events", "GET", 200, 0.01)
    return {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}


def value(found: dict[str, Metric], family: str, **labels: str) -> float:
    (one,) = [
        s.value for s in found[family].samples if s.labels == labels and not s.name.endswith("_created")
    ]
    return float(one)


def test_what_the_reader_tells_is_what_prometheus_reads() -> None:
    found = families(well())
    assert value(found, "khabar_reader_up") == 1
    assert value(found, "khabar_reader_phase", phase="following") == 1
    assert value(found, "khabar_reader_phase", phase="loading") == 0
    assert value(found, "khabar_reader_stale_seconds") == 7
    assert value(found, "khabar_topic_lag_records", topic="documents") == 3
    assert value(found, "khabar_topic_end_offset", topic="documents") == 12
    assert value(found, "khabar_generation_exposed_offset", generation="1") == 39
    assert value(found, "khabar_generation_unposted_records", generation="1") == 5
    assert value(found, "khabar_generation_state", generation="1", state="live") == 1
    assert value(found, "khabar_generation_state", generation="1", state="unproven") == 0
    assert value(found, "khabar_dead_letters", kind="bad_id") == 2
    assert value(found, "khabar_disk_free_bytes") > 0


def test_latency_is_a_histogram_with_the_few_buckets_it_was_counted_in() -> None:
    samples = families(well())["khabar_document_seconds"].samples
    told = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert told == {"0.1": 1, "1.0": 2, "+Inf": 3}
    assert next(sample.value for sample in samples if sample.name.endswith("_sum")) == pytest.approx(5.55)


@pytest.mark.parametrize(
    "change",
    [
        lambda status: setattr(status, "phase", "stopped"),
        lambda status: setattr(status, "written_ms", now_ms() - SILENT_MS - 1000),
        lambda status: setattr(status, "written_ms", 0),
    ],
)
def test_a_reader_that_stopped_or_says_nothing_is_down(change: Callable[[Status], None]) -> None:
    status = well()
    change(status)
    assert value(families(status), "khabar_reader_up") == 0


def test_before_the_reader_has_run_all_of_it_can_still_be_read() -> None:
    found = families(Status())
    assert value(found, "khabar_reader_up") == 0
    assert not found["khabar_topic_lag_records"].samples


def test_labels_stay_few() -> None:
    status = well()
    one = status.generations.pop("1")
    status.generations = {str(number): one for number in range(4)}  # live, kept, being built, going
    status.topics = {f"facts.{n}": {"end": 1, "read": 1} for n in range(25)}
    assert sum(len(family.samples) for family in families(status).values()) < SAMPLES_MAX


def progress(told: list[object]) -> Progress:
    return Progress(total=told.append, read=told.append, phase=told.append)


def test_a_replay_is_told_of_while_it_runs(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    told: list[object] = []
    with recorded(tmp_path, progress(told)) as recording:
        assert not rebuild_status.read(tmp_path).running, "it may yet be refused, because another runs"
        recording.total(100)
        recording.read(40)
        recording.phase("catching up")
        found = families(well(), rebuild_status.read(tmp_path))
        assert value(found, "khabar_replay_running") == 1
        assert value(found, "khabar_replay_wanted_records") == 100
        assert value(found, "khabar_replay_read_records") == 40
        assert value(found, "khabar_replay_phase", phase="catching_up") == 1
    assert told == [100, 40, "catching up"]
    found = families(well(), rebuild_status.read(tmp_path))
    assert value(found, "khabar_replay_running") == 0
    assert value(found, "khabar_replay_read_records") == 0


def test_a_replay_that_was_killed_is_not_told_as_running() -> None:
    gone = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(gone, 0)
    assert not RebuildStatus(pid=gone).running
    assert RebuildStatus(pid=os.getpid()).running


def names() -> set[str]:
    """The metrics that there are, as queries name them."""
    return {f"{f.name}_total" if f.type == "counter" else f.name for f in families(well()).values()}


def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    told = set(re.findall(r"\bkhabar_[a-z_]+", OPERATIONS.read_text("utf-8")))
    told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told}
    assert told == names()


def test_every_alarm_is_documented_and_asks_for_metrics_that_exist() -> None:
    rules = [
        rule
        for group in yaml.safe_load((OPERATIONS.parent / "alarms.yml").read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]
    told = re.findall(r"^\| `(Khabar\w+)` \| \S.* \| \S.* \|$", OPERATIONS.read_text("utf-8"), re.M)
    assert [rule["alert"] for rule in rules] == told
    asked = {name for rule in rules for name in re.findall(r"\bkhabar_[a-z_]+", rule["expr"])}
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert asked <= names(), "an alarm for what is not measured never comes"


def test_the_states_of_a_generation_are_a_closed_list() -> None:
    assert SimpleNamespace(**well().generations["1"]).state in list(State)
