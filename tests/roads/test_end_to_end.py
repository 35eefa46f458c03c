"""The whole road as a person walks it: `khabar up`, HTTP, SSE, Kafka, retraction, replay, kill -9."""

import asyncio
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from seeds.articles import sample_articles
from streams.settings import Settings
from streams.topics import fact_topics
from tests.roads.running import khabar, until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

SEED_FACTS = 21
UP_SECONDS_MAX = 60.0
BACK_SECONDS_MAX = 10.0


def post_article(http: httpx.Client, path: Path) -> str:
    answer = http.post("/v1/documents", json=json.loads(path.read_text("utf-8")))
    assert answer.status_code == 202, answer.text
    return answer.headers["Khabar-Token"]


def position(http: httpx.Client, company: str, token: str | None = None) -> dict:
    parameters = {"min_token": token, "wait": "10s"} if token else {}
    answer = http.get(f"/v1/companies/{company}", params=parameters)
    answer.raise_for_status()
    return answer.json()


def sse_events(http: httpx.Client, count: int, **parameters: str) -> list[tuple[str, dict]]:
    """Read so many events of a stream: (id of the message, event)."""
    found, message = [], {}
    with http.stream("GET", "/v1/events/stream", params=parameters) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            if line:
                name, _, value = line.partition(":")
                message[name] = value.strip()
            else:
                if "data" in message and "id" in message:
                    found.append((message["id"], json.loads(message["data"])["event"]))
                message = {}
            if len(found) == count:
                return found
    return found


async def kafka_events(settings: Settings, count: int) -> dict[str, dict]:
    """Read so many events as any subscriber would, with plain aiokafka."""
    found = {}
    async with AIOKafkaConsumer(
        *fact_topics(),
        bootstrap_servers=settings.bootstrap,
        auto_offset_reset="earliest",
        group_id="somebody",
    ) as consumer:
        async with asyncio.timeout(30):
            while len(found) < count:
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    found |= {event["id"]: event for event in (json.loads(r.value) for r in batch)}
    return found


@contextmanager
def asked_all_the_time(settings: Settings):
    """Ask for a position again and again in the background; give the status codes."""
    answers, over = [], threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=30) as client:
            while not over.wait(0.02):
                answers.append(client.get("/v1/companies/meta-platforms").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def counterparts(position: dict, section: str) -> dict[str, dict | None]:
    return {line["counterpart"]: line["current"] for line in position["sections"].get(section, [])}


def pids_of(settings: Settings, word: str) -> list[int]:
    """Find the worker processes of this test's own khabar."""
    mine = f"KHABAR_DATA={settings.data}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if (
                mine in (folder / "environ").read_bytes()
                and word.encode() in (folder / "cmdline").read_bytes()
            ):
                found.append(int(folder.name))
        except (OSError, ValueError):
            continue
    return found


def test_an_article_becomes_a_position_that_survives(up, settings, http):
    until(lambda: http.get("/readyz").status_code == 200, UP_SECONDS_MAX, "getting ready")
    arabic, english = sample_articles()[:2]

    # An article goes in, and its facts are served.
    token = post_article(http, arabic)
    scale, meta = position(http, "scale-ai", token), position(http, "meta-platforms", token)
    deal = counterparts(scale, "investors")["meta-platforms"]["entry"]["slots"]
    assert (deal["amount"]["low"], deal["amount"]["unit"]) == ("14800000000", "USD")
    assert (deal["stake_percent"]["low"], deal["voting"]) == ("49", False)
    assert counterparts(scale, "valuation")["-"]["entry"]["slots"]["amount"]["low"] == "29000000000"
    customers = counterparts(scale, "customers")
    assert {c: step["type"] for c, step in customers.items()} == {
        "openai": "customer_pullback", "google": "customer_pullback", "microsoft": "supply",
    }  # fmt: skip
    assert "scale-ai" in counterparts(meta, "investments")
    assert "alexandr-wang" in counterparts(meta, "leadership")
    assert set(counterparts(meta, "rivals")) == {"openai", "google", "microsoft"}

    # Every event reaches subscribers over Kafka and over SSE, and its evidence is in the text.
    over_kafka = asyncio.run(kafka_events(settings, SEED_FACTS))
    over_sse = sse_events(http, SEED_FACTS, **{"from": "beginning"})
    assert {event["id"] for _, event in over_sse} == over_kafka.keys()
    text = json.loads(arabic.read_text("utf-8"))["text"]
    for event in over_kafka.values():
        spans = [span for spans in event["evidence"].values() for span in spans]
        assert spans
        assert all(text[span["start"] : span["end"]] == span["exact"] for span in spans)
    middle = over_sse[10][0]
    rest = sse_events(http, SEED_FACTS - 11, **{"from": middle})
    assert [event["id"] for _, event in rest] == [event["id"] for _, event in over_sse[11:]]

    # A retraction takes its fact out of the position, with what follows from it.
    investment = next(e for e in over_kafka.values() if e["type"] == "investment")
    answer = http.post(
        f"/v1/events/{investment['id']}/retraction", json={"cause": "extractor_bug", "by": "a test"}
    )
    assert answer.status_code == 202, answer.text
    scale = position(http, "scale-ai", answer.headers["Khabar-Token"])
    assert counterparts(scale, "investors")["meta-platforms"] is None
    assert counterparts(scale, "valuation")["-"] is None

    # The views are rebuilt from the log beside the live ones, and are the same.
    before = {company: position(http, company)["sections"] for company in ("scale-ai", "meta-platforms")}
    with asked_all_the_time(settings) as answers:
        replayed = khabar(settings, "replay", "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert len(answers) > 50
    assert set(answers) == {200}
    assert json.loads(replayed.stdout)["equal"] is True
    assert {company: position(http, company)["sections"] for company in before} == before
    views = http.get("/v1/views").json()
    assert views["live"] == json.loads(replayed.stdout)["generation"]

    # A worker that is killed is back, and what was posted meanwhile is served.
    killed = pids_of(settings, "streams.worker")
    assert len(killed) >= 2
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    token = post_article(http, english)
    until(
        lambda: (
            http.get("/v1/companies/scale-ai", params={"min_token": token, "wait": "5s"}).status_code == 200
        ),
        BACK_SECONDS_MAX + 20,
        "coming back",
    )
    assert time.monotonic() - began < BACK_SECONDS_MAX + 20
    scale = position(http, "scale-ai")
    assert (
        counterparts(scale, "investors")["meta-platforms"]["entry"]["slots"]["amount"]["low"] == "14800000000"
    )
    views = http.get("/v1/views").json()
    followed = [generation["proof"] for generation in views["generations"] if generation["proof"]]
    assert len(followed) == 2
    assert all(proof["proven"] and not proof["differences"] for proof in followed)

    # Rolling back is a switch.
    assert khabar(settings, "replay", "--rollback").returncode == 0
    assert counterparts(position(http, "scale-ai"), "investors") == counterparts(scale, "investors")


def test_ctrl_c_stops_every_child(up, settings, http):
    until(lambda: http.get("/readyz").status_code == 200, UP_SECONDS_MAX, "getting ready")
    assert pids_of(settings, "streams.worker")
    up.send_signal(signal.SIGINT)
    assert up.wait(40) == 0
    assert pids_of(settings, "") == []
