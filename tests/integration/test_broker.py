"""The embedded Kafka as a process: it keeps what it acknowledged, and never stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.broker import EmbeddedBroker
from streams.errors import DataInUse, PortInUse
from streams.settings import Settings

MIB = 1 << 20


async def create(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def put(servers: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers, max_request_size=10 * MIB) as producer:
        await producer.send_and_wait(topic, value)


async def values(servers: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [bytes((await consumer.getone()).value or b"") for _ in range(count)]


async def test_it_takes_records_of_8_mib(kafka: EmbeddedBroker, settings: Settings) -> None:
    topic = f"{settings.topic_prefix}large"
    await create(kafka.bootstrap_servers, topic)
    await put(kafka.bootstrap_servers, topic, bytes(8 * MIB))
    assert await values(kafka.bootstrap_servers, topic, 1) == [bytes(8 * MIB)]


async def test_topics_are_not_created_by_use(kafka: EmbeddedBroker, settings: Settings) -> None:
    topic, servers = f"{settings.topic_prefix}nowhere", kafka.bootstrap_servers
    async with AIOKafkaProducer(bootstrap_servers=servers, request_timeout_ms=1000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send(topic, b"lost")
    async with AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
        assert topic not in await consumer.topics()


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_acknowledged_records_outlive_the_process(own_kafka: EmbeddedBroker, how: str) -> None:
    servers = own_kafka.bootstrap_servers
    await create(servers, "kept")
    await put(servers, "kept", b"first")
    if how == "killed":
        os.kill(own_kafka.pid or 0, signal.SIGKILL)
    own_kafka.stop()
    assert not own_kafka.is_alive()
    assert own_kafka.pid is None
    own_kafka.start()
    assert own_kafka.bootstrap_servers == servers
    await put(servers, "kept", b"second")
    assert await values(servers, "kept", 2) == [b"first", b"second"]


def test_it_listens_on_loopback_only(kafka: EmbeddedBroker) -> None:
    inodes = {
        os.readlink(link).removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{kafka.pid}/fd").iterdir()
        if os.readlink(link).startswith("socket:")
    }
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{kafka.pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    ]
    listening = {
        fields[1].rpartition(":")[0] for fields in lines if fields[3] == "0A" and fields[9] in inodes
    }
    assert listening <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert listening


def test_a_taken_port_is_named(kafka: EmbeddedBroker, tmp_path: Path) -> None:
    port = int(kafka.bootstrap_servers.rpartition(":")[2])
    with pytest.raises(PortInUse, match=f"port {port} .* KHABAR_BROKER_PORT"):
        EmbeddedBroker(Settings(data=tmp_path, broker_port=port)).start()


def test_no_second_kafka_starts_on_the_same_data(own_kafka: EmbeddedBroker, tmp_path: Path) -> None:
    second = EmbeddedBroker(Settings(data=tmp_path / "own-kafka", broker_port=0))
    with pytest.raises(DataInUse, match=r"another khabar runs Kafka on .*own-kafka"):
        second.start()
    assert own_kafka.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_it_dies_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from streams.broker import EmbeddedBroker\n"
        "from streams.settings import Settings\n"
        "broker = EmbeddedBroker(Settings(data=sys.argv[1], broker_port=0))\n"
        "broker.start()\n"
        "print(broker.bootstrap_servers, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline().rpartition(b":")[2])
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return
            time.sleep(0.05)
    pytest.fail("the broker outlived its parent by ten seconds")


def test_a_later_start_needs_no_network(kafka: EmbeddedBroker, tmp_path: Path) -> None:
    """The shared Kafka has filled the cache; this start runs where there is nothing but loopback."""
    closed_off = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*closed_off, "ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        pytest.skip("this machine does not let us make a network namespace")
    program = (
        "import sys\n"
        "from streams.broker import EmbeddedBroker\n"
        "from streams.settings import Settings\n"
        "with EmbeddedBroker(Settings(data=sys.argv[1])) as broker:\n"
        "    print(broker.is_alive())\n"
    )
    inside = f'ip link set lo up && exec "{sys.executable}" -c "$0" "$1"'
    done = subprocess.run(
        [*closed_off, "sh", "-c", inside, program, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n", done.stderr
