"""The broker as a child process: start it and wait until it answers, stop it, and never leave it behind."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from types import TracebackType

from streams.broker import jars
from streams.broker.folders import make_writable
from streams.broker.java import find_java
from streams.broker.node import Node, java_environment
from streams.errors import BrokerDied, DataInUse, PortInUse
from streams.locks import try_lock
from streams.processes import die_with_parent
from streams.settings import Settings

HOST = "127.0.0.1"
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
CAUSE = re.compile(r"(Caused by: )?[\w.$]+(Exception|Error): ")
FREE_PORTS = range(20_000, 32_000)
POLL_SECONDS = 0.05


class EmbeddedBroker:
    """One Kafka node on loopback, its data under `settings.data`; also a context manager.

    After stop(), start() begins again on the same data and the same port; so it does after somebody
    killed the process (stop() then waits until it is gone). Call start() from a thread that lives as
    long as the broker shall: on Linux, the kernel ends the child together with the thread that made it.
    """

    def __init__(self, settings: Settings, progress: jars.Progress | None = None) -> None:
        self._settings = settings
        self._progress = progress
        self._node = Node(settings.data)
        self._port = settings.broker_port
        self._process: subprocess.Popen[bytes] | None = None
        self._locked: int | None = None
        self._log_start = 0  # where this start's part of the log file begins

    @property
    def bootstrap_servers(self) -> str:
        """`host:port`, for clients; the port is known once start() has returned."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Process id of the child; none before start() and after stop()."""
        return self._process.pid if self._process else None

    def is_alive(self) -> bool:
        """Tell whether the child runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the broker and return when it answers. Raises the subclasses of BrokerError."""
        if self.is_alive():
            return
        self._port = _claim(self._port) if self._port else _free_port()
        make_writable(self._settings.data, "KHABAR_DATA")
        self._lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        formatted = self._node.check_format()
        class_path = jars.class_path(self._settings.cache, self._progress)
        heap = f"-Xmx{self._settings.broker_heap_mib}m"
        java = [str(find_java()), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", heap, "-cp", class_path]
        if not formatted:
            self._node.format(java)
        self._process = self._launch(java)
        self._wait_until_ready()

    def _lock(self) -> None:
        """Let no second Kafka near the data: it would damage the log before it noticed the first."""
        if self._locked is None:
            self._locked = try_lock(self._settings.data / "kafka.lock")
        if self._locked is None:
            message = f"another khabar runs Kafka on {self._settings.data}: stop it, or set KHABAR_DATA"
            raise DataInUse(message)

    def stop(self) -> None:
        """Have Kafka shut down cleanly, for at most STOP_SECONDS_MAX; then kill it."""
        process, self._process = self._process, None
        locked, self._locked = self._locked, None
        try:
            if process is not None:
                self._end(process)
        finally:
            if locked is not None:
                os.close(locked)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> EmbeddedBroker:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, java: list[str]) -> subprocess.Popen[bytes]:
        node = self._node
        properties = node.properties(self._port, _free_port(), self._settings.partitions, node.home)
        configuration, log4j = node.home / "server.properties", node.home / "log4j2.properties"
        configuration.write_text(properties, encoding="ascii")
        log4j.write_text(node.log4j(), encoding="ascii")
        node.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = node.log_file.stat().st_size if node.log_file.exists() else 0
        command = [*java, f"-Dlog4j2.configurationFile={log4j.as_uri()}", "kafka.Kafka", str(configuration)]
        with (node.home / "console.log").open("wb") as console:
            return subprocess.Popen(  # noqa: S603 - our own Java and jars
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=java_environment(),
                preexec_fn=die_with_parent(),
                start_new_session=sys.platform == "linux",  # Ctrl-C is for us: we stop the broker last
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if not self.is_alive():
                message = f"Kafka ended while it started: {self._last_words()}"
                raise BrokerDied(message)
            if _listens(self._port) and _answers(self.bootstrap_servers):
                return
            time.sleep(POLL_SECONDS)
        message = f"Kafka did not answer within {READY_SECONDS_MAX:.0f} s: {self._last_words()}"
        raise BrokerDied(message)

    def _last_words(self) -> str:
        """Find the line that says most in the log of this start; else in what Java printed."""
        node = self._node
        log = node.log_file.read_bytes()[self._log_start :] if node.log_file.exists() else b""
        lines = log.decode("utf-8", "replace").splitlines()
        causes = [line for line in lines if CAUSE.match(line)]
        errors = [line for line in lines if " ERROR " in line or " FATAL " in line]
        printed = (node.home / "console.log").read_text(encoding="utf-8", errors="replace").splitlines()
        said = causes[-1:] or errors[-1:] or printed[:3] or lines[-1:] or ["no word"]
        return f"{' '.join(said)} (see {node.log_file})"


def _claim(port: int) -> int:
    """Check that a port of loopback is free, and give it; raise PortInUse."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: no waiting after a kill
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = (
                f"port {port} of {HOST} is taken (is khabar running already?): "
                "stop what listens there, or set KHABAR_BROKER_PORT to a free port"
            )
            raise PortInUse(message) from error
    return port


def _free_port() -> int:
    """Find a free port below those that systems give to outgoing connections, which could take it again."""
    while True:
        try:
            return _claim(FREE_PORTS.start + secrets.randbelow(len(FREE_PORTS)))
        except PortInUse:
            continue


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _answers(servers: str) -> bool:
    """Ask for the cluster's metadata; a broker that is not yet in it serves no topic."""
    answer = False

    async def ask() -> None:
        nonlocal answer
        from aiokafka.client import AIOKafkaClient
        from aiokafka.errors import KafkaError

        client = AIOKafkaClient(bootstrap_servers=servers, request_timeout_ms=5000)
        try:
            await client.bootstrap()
            answer = bool(client.cluster.brokers())
        except KafkaError:
            answer = False
        finally:
            await client.close()

    # In a thread of its own, so that start() may be called where an event loop runs.
    thread = threading.Thread(target=lambda: asyncio.run(ask()))
    thread.start()
    thread.join()
    return answer
