"""Who runs: each a process of its own that does the work once and prints a line of JSON with its seconds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.facts import SHARES
from streams.broker.java import find_java
from streams.settings import Settings
from streams.topics import fact_topic, topic_name

ROOT = Path(__file__).parent.parent
STREAMS = Path(__file__).parent / "peers" / "kafka-streams"
QUIX = Path(__file__).parent / "peers" / "quix"
QUIX_VENV = Path(__file__).parent / "out" / "quix"
SECONDS_MAX = 1800
LOGS = Path(__file__).parent / "out" / "logs"
THREADS = 2  # as many as we have processes: the replay and the reader


@dataclass(frozen=True)
class Run:
    """One run of one contestant: where the log is, a folder of its own, how many events there are."""

    settings: Settings
    folder: Path
    name: str
    events: int

    def environment(self) -> dict[str, str]:
        """Tell ours and the peers, each in its own words."""
        return {
            **os.environ,
            **self.settings.environment(),
            "PEER_ID": f"{self.settings.topic_prefix}{self.name}",
            "PEER_BOOTSTRAP": self.settings.bootstrap,
            "PEER_FOLDER": str(self.folder),
            "PEER_EVENTS": str(self.events),
            "PEER_PARTITIONS": str(self.settings.partitions),
            "PEER_TOPICS": ",".join(topic_name(self.settings, fact_topic(kind)) for kind in SHARES),
            "PEER_THREADS": str(THREADS),
        }


def ran(run: Run, command: list[str]) -> dict[str, Any]:
    """Run a command until it has printed its line; end it then. SystemExit tells where its log is."""
    run.folder.mkdir(parents=True)
    log = LOGS / f"{run.name}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ours and the peers
            command, cwd=ROOT, env=run.environment(), stdout=subprocess.PIPE, stderr=output, text=True
        )
    too_long = threading.Timer(SECONDS_MAX, process.kill)
    too_long.start()
    try:
        # Faust moves the cursor before it.
        line = next((line for line in process.stdout or () if "{" in line), "")
    finally:
        too_long.cancel()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if not line:
        message = f"{run.name} did not finish: {log} says why"
        raise SystemExit(message)
    shutil.rmtree(run.folder)
    told: dict[str, Any] = json.loads(line[line.index("{") :])
    return told


def python(module: str, *arguments: str) -> Callable[[Run], dict[str, Any]]:
    """Make a contestant of a module."""
    return lambda run: ran(run, [sys.executable, "-m", module, *arguments])


def kafka_streams(run: Run) -> dict[str, Any]:
    """Run the Java peer, which `built` has compiled."""
    target = STREAMS / "target"
    command = [str(find_java()), "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return ran(run, [*command, "-cp", f"{target / 'classes'}:{target / 'jars'}/*", "khabar.Peer"])


def quix(run: Run) -> dict[str, Any]:
    """Run the Quix Streams peer, for which `installed` has made an environment."""
    return ran(run, [str(QUIX_VENV / "bin" / "python"), str(QUIX / "peer.py")])


def installed() -> bool:
    """Give the Quix peer an environment of its own: its dependencies are none of ours."""
    lock = QUIX / "requirements.lock"
    mark = QUIX_VENV / lock.name
    if not mark.exists() or mark.read_bytes() != lock.read_bytes():
        shutil.rmtree(QUIX_VENV, ignore_errors=True)
        venv.create(QUIX_VENV, with_pip=True)
        pip = [str(QUIX_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        flags = ["--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
        subprocess.run([*pip, *flags], check=True)  # noqa: S603 - what the lock file pins
        shutil.copy(lock, mark)
    return True


def built() -> bool:
    """Compile the Java peer; without Maven on the machine, say so."""
    if shutil.which("mvn") is None:
        print("no Maven here: Kafka Streams does not run", file=sys.stderr)
        return False
    subprocess.run(["mvn", "--batch-mode", "--quiet", "compile"], cwd=STREAMS, check=True)  # noqa: S607 - found on the path
    return True
