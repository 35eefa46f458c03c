"""With KHABAR_LOG_FORMAT=json, whatever the real processes say is a JSON object a line."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from seeds.articles import sample_articles
from seeds.document import read_document
from streams.publish import producer
from streams.settings import Settings
from streams.topics import fact_topic, topic_name
from tests.chaos.processes import children_of
from tests.integration.serving import free_port
from tests.roads.running import khabar_up, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SECRET = "a-token-that-nobody-may-see"  # noqa: S105 - to be looked for in the logs


def lines(path: Path) -> list[dict[str, Any]]:
    """Every line of a log; one that is no JSON fails the test, and is shown."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            pytest.fail(f"{path.name}: {line!r}")
    return found


async def test_every_line_of_every_process_is_json(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(
        update={
            "port": free_port(),
            "log_format": "json",
            "write_token": Settings(write_token=SECRET).write_token,
        }
    )
    address = f"http://127.0.0.1:{settings.port}"
    logs = settings.data / "logs"
    said = tmp_path / "up.log"
    text = read_document(sample_articles()[0])
    with khabar_up(settings, said) as up:
        until(lambda: httpx.get(f"{address}/readyz").status_code == 200, 60, "ready")
        body = {"headline": text.headline, "text": text.text, "url": text.url}
        answer = httpx.post(
            f"{address}/v1/documents", json=body, headers={"Authorization": f"Bearer {SECRET}"}
        )
        token = answer.headers["khabar-token"]
        served = f"{address}/v1/companies/scale-ai"
        until(lambda: httpx.get(served, params={"min_token": token}).status_code == 200, 60, "served")
        async with producer(settings) as sender:  # a dead letter, and a record that the reader skips
            await sender.send_and_wait(topic_name(settings, fact_topic("investment")), b"{", key=b"x")
        until(lambda: "dead letter" in (logs / "views-g1.log").read_text(), 30, "a dead letter")
        (worker,) = [pid for pid, told in children_of(up.pid).items() if "streams.worker views" in told]
        os.kill(worker, signal.SIGKILL)
        until(lambda: "started again" in said.read_text(), 30, "told")
        until(lambda: (logs / "views-g1.log").read_text().count("is ready") == 2, 60, "ready again")

    told = {name: lines(logs / f"{name}.log") for name in ("parse", "views-g1", "reader", "serve")}
    told["up"] = lines(said)
    for name, process in (
        ("parse", "parse"),
        ("views-g1", "views"),
        ("reader", "reader"),
        ("serve", "api"),
        ("up", "up"),
    ):
        assert told[name], name
        assert {line["process"] for line in told[name]} == {process}
        assert all({"ts", "level", "logger", "message", "pid"} <= line.keys() for line in told[name])
    assert {line["generation"] for line in told["views-g1"]} == {1}
    assert any("ended (signal SIGKILL) and is started again" in line["message"] for line in told["up"])
    assert any(line["message"].startswith("khabar serves at") for line in told["up"])
    everything = json.dumps(told, ensure_ascii=False)
    assert SECRET not in everything
    words = text.text.split()
    assert not any(" ".join(words[n : n + 6]) in everything for n in range(len(words) - 6))
