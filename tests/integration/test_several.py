"""Several workers and several API replicas on one machine: they share the work, and answer alike."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from prometheus_client.parser import text_string_to_metric_families

from seeds.articles import sample_articles
from seeds.document import read_document
from streams.publish import producer
from streams.settings import Settings
from streams.topics import fact_topic, fact_topics, parse_app_id, topic_name, views_app_id
from tests.integration.reading import a_world
from tests.integration.serving import a_server
from tests.integration.workers import a_worker, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

VIEWS = ("views", "--generation", "1")


async def shares(settings: Settings, group: str) -> dict[str, set[tuple[str, int]]]:
    """Member → the partitions that it has, by what Kafka itself says."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    found: dict[str, set[tuple[str, int]]] = {}
    for described in answer.groups:
        for member in described[5]:
            name, assignment = member[0], member[-1]
            if assignment:
                parts = ConsumerProtocolMemberAssignment.decode(assignment).assignment
                found[name] = {(topic, p) for topic, numbers in parts for p in numbers}
    return found


async def shared_by(settings: Settings, group: str, members: int, topics: list[str]) -> bool:
    """Whether so many members have each partition of these topics once, and each of them has some."""
    found = await shares(settings, group)
    mine = [{(t, p) for t, p in share if t in topics} for share in found.values()]
    wanted = {(topic, p) for topic in topics for p in range(settings.partitions)}
    return (
        len(found) == members
        and all(mine)
        and sum(map(len, mine)) == len(wanted)
        and set().union(*mine) == wanted
    )


async def metrics(client: httpx.AsyncClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample: name and label values → value."""
    told = (await client.get("/metrics")).text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


async def post(client: httpx.AsyncClient, path: Path) -> str:
    """Post an article; give its log token."""
    document = read_document(path)
    body = {
        "headline": document.headline,
        "text": document.text,
        "url": document.url,
        "language": document.language,
    }
    answer = await client.post("/v1/documents", json={k: v for k, v in body.items() if v})
    assert answer.status_code == 202, answer.text
    return answer.headers["khabar-token"]


async def companies(client: httpx.AsyncClient) -> set[str]:
    """Every entity that an event names as its home."""
    found: set[str] = set()
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get("/v1/events", params={"limit": 100, **cursor})
        assert answer.status_code == 200, answer.text
        found |= {event["event"]["home"] for event in answer.json()["events"]}
        if not answer.json()["next"]:
            return found
        cursor = {"cursor": answer.json()["next"]}


async def test_workers_share_the_work_and_replicas_answer_alike(settings: Settings, tmp_path: Path) -> None:
    first, second = (settings.model_copy(update={"data": tmp_path / name}) for name in ("first", "second"))
    async with a_world(settings), producer(settings) as sender, AsyncExitStack() as stack:
        # `khabar worker` twice on one data directory, and once on another.
        for number, data in enumerate((first, first, second)):
            stack.enter_context(a_worker(data, *VIEWS, name=f"views-{number}"))
        for data in (first, second):
            stack.enter_context(a_worker(data, "parse", name="parse"))
        clients = []
        for data in (first, second):
            address, _ = await stack.enter_async_context(a_server(data))
            clients.append(await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=40)))
        one, other = clients
        topics = [topic_name(settings, topic) for topic in fact_topics()]
        await until(lambda: shared_by(settings, views_app_id(settings, 1), 3, topics), 60)
        await until(
            lambda: shared_by(settings, parse_app_id(settings), 2, [topic_name(settings, "documents")])
        )
        slots = sorted(p.name for p in (first.data / "worker" / "khabar-views-g1").iterdir() if p.is_dir())
        assert slots == ["slot-0", "slot-1"]

        tokens = [await post(clients[n % 2], path) for n, path in enumerate(sample_articles())]
        for n, token in enumerate(tokens):  # each is honoured by the replica that did not give it
            waiting = {"min_token": token, "wait": "30s"}
            answer = await clients[(n + 1) % 2].get("/v1/companies/scale-ai", params=waiting)
            assert answer.status_code == 200, answer.text
        token = (await one.get("/v1/companies/scale-ai")).headers["khabar-token"]
        assert (
            await other.get("/v1/companies/scale-ai", params={"min_token": token, "wait": "30s"})
        ).status_code == 200

        homes = await companies(one)
        assert len(homes) > 10
        assert homes == await companies(other)
        for home in homes:
            answers = [await client.get(f"/v1/companies/{home}") for client in clients]
            assert answers[0].content == answers[1].content, home
        digests = [(await client.get("/v1/views")).json()["generations"] for client in clients]
        assert [_proof(told) for told in digests] == [_proof(digests[0])] * 2

        await sender.send_and_wait(topic_name(settings, fact_topic("investment")), b"{", key=b"x")
        for client in clients:
            await until(lambda client=client: _measured(client, len(tokens)), 30)


def _proof(generations: Any) -> Any:
    """What the replicas must agree on: the sums of what was posted and of what the log says."""
    (live,) = [told for told in generations if told["state"] == "live"]
    assert live["proof"]["proven"]
    return live["proof"]["posted"], live["proof"]["log"]


async def _measured(client: httpx.AsyncClient, documents: int) -> bool:
    """Whether the metrics of a replica have moved as they must, with everything read and served."""
    told = await metrics(client)
    facts = {labels: v for (name, labels), v in told.items() if name == "khabar_topic_end_offset"}
    posted = sum(v for (topic,), v in facts.items() if topic.startswith("facts."))
    return (
        told["khabar_reader_up", ()] == 1
        and told["khabar_reader_phase", ("following",)] == 1
        and told["khabar_reader_behind_records", ()] == 0
        and told["khabar_topic_end_offset", ("documents",)] == documents
        and told["khabar_topic_lag_records", ("documents",)] == 0
        and told["khabar_documents_unanswered", ()] == 0
        and told["khabar_document_seconds_count", ()] == documents
        and told["khabar_document_seconds_bucket", ("+Inf",)] == documents
        and told["khabar_generation_posted_offset", ("1",)] == posted
        and told["khabar_generation_exposed_offset", ("1",)] == posted
        and told["khabar_generation_unposted_records", ("1",)] == 0
        and told["khabar_dead_letters", ("not_json",)] == 1
        and told["khabar_reader_skipped_total", ()] == 1
        and told["khabar_reader_batch_seconds_count", ()] > 0
        and told["khabar_proof_open_findings", ("1", "missing")] == 0
    )
