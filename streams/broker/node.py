"""What the one Kafka node is told: its properties, its log, and the record of who wrote its data.

Layout under KHABAR_DATA: `kafka/` (`format.json`, `server.properties`, `log4j2.properties`, `log/`)
and `logs/kafka.log`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from streams.broker.jars import KAFKA_VERSION
from streams.errors import BrokerDied, DataVersionMismatch

NODE = 1
RECORD_BYTES = 8 << 20
"""The largest record that the topics take."""

BATCH_BYTES = RECORD_BYTES + (64 << 10)
"""A batch of one such record, with its key, headers and framing."""

FORMAT_SECONDS_MAX = 60


@dataclass(frozen=True)
class Node:
    """Where the node keeps its things."""

    data: Path
    """KHABAR_DATA"""

    @property
    def home(self) -> Path:
        """Everything of Kafka but the log that people read."""
        return self.data / "kafka"

    @property
    def log_file(self) -> Path:
        """What the broker has to say."""
        return self.data / "logs" / "kafka.log"

    def properties(self, broker_port: int, controller_port: int, partitions: int, home: Path) -> str:
        """Write Kafka's configuration: loopback only, one of everything, nothing kept short."""
        values = {
            "process.roles": "broker,controller",
            "node.id": NODE,
            "controller.quorum.voters": f"{NODE}@127.0.0.1:{controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{broker_port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": home / "log",
            # Topics are created by khabar, each with its own policy.
            "auto.create.topics.enable": "false",
            "num.partitions": partitions,
            # The log is the truth: nothing is dropped by age, not even the offsets of idle groups.
            "log.retention.ms": -1,
            "offsets.retention.minutes": 2**31 - 1,
            "message.max.bytes": BATCH_BYTES,
            "replica.fetch.max.bytes": BATCH_BYTES,
            # Internal topics of a single node, small enough to start fast.
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            # After a kill, the node waits until its former self counts as gone (9 s by default).
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "log.cleaner.dedupe.buffer.size": 32 << 20,
            # Groups form at once, and may ask for short sessions.
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
        }
        return "".join(f"{name}={_escaped(str(value))}\n" for name, value in values.items())

    def log4j(self) -> str:
        """Write the configuration of Log4j: one file of at most 10 MiB, and the one before it."""
        return f"""\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {_escaped(str(self.log_file))}
appender.file.filePattern = {_escaped(str(self.log_file))}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %m (%c{{1}})%n
appender.file.policies.type = SizeBasedTriggeringPolicy
appender.file.policies.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 1
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.kafka.name = kafka.server
logger.kafka.level = info
"""

    def check_format(self) -> bool:
        """Tell whether the data is there, and in our format; raise DataVersionMismatch if not ours."""
        record = self.home / "format.json"
        if not self.home.exists():
            return False
        try:
            found = json.loads(record.read_text(encoding="utf-8"))["kafka"]
        except (OSError, ValueError, KeyError, TypeError):
            found = None
        if found == KAFKA_VERSION:
            return True
        by = f"Kafka {found}" if found else "something else than khabar"
        message = (
            f"{self.home} was written by {by}, this is Kafka {KAFKA_VERSION}: "
            "set KHABAR_DATA to another directory, or move that one away"
        )
        raise DataVersionMismatch(message)

    def format(self, java: list[str]) -> None:
        """Format the storage beside its place and move it there whole; `java` runs Kafka's classes."""
        draft = self.data / "kafka.formatting"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        configuration = draft / "server.properties"
        configuration.write_text(self.properties(1, 2, 1, draft), encoding="utf-8")
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(configuration)]
        done = subprocess.run(  # noqa: S603 - our own Java and jars
            command,
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS_MAX,
            check=False,
            env=java_environment(),
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines() or ["no word"]
            message = f"Kafka could not format its storage in {draft}: {said[-1]}"
            raise BrokerDied(message)
        record = {"kafka": KAFKA_VERSION, "cluster": cluster}
        (draft / "format.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
        draft.rename(self.home)


def java_environment() -> dict[str, str]:
    """Give Java's environment: ours, in a locale in which it can open any path and speaks English."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _escaped(value: str) -> str:
    """Escape a value for a Java properties file: ASCII only, and a backslash has a meaning."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)
