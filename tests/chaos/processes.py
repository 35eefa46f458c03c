"""An installation that is looked after as `khabar up` does, whose processes can be found and hurt."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from aiokafka.errors import KafkaError

from api import reader_status
from streams import supervisor, worker_group
from streams.broker import EmbeddedBroker
from streams.errors import StreamsError
from streams.settings import Settings
from streams.supervisor import Supervisor
from streams.worker_group import WorkerGroup
from tests.chaos.planting import planted

READY_SECONDS_MAX = 90.0
PATIENT = {
    "streams.supervisor": [
        ("RESTARTS_MAX = 5\n", "RESTARTS_MAX = 1_000_000\n"),
        ("RESTARTS_WINDOW_SECONDS = 60.0\n", "RESTARTS_WINDOW_SECONDS = 3.0\n"),
    ]
}
"""The same for the supervisor of the reader, which runs in the process of the API."""


class NotBack(AssertionError):
    """When a process that was hurt did not come back in time."""


def children_of(pid: int) -> dict[int, str]:
    """Find the child processes of a process, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid:
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


class Khabar:
    """Workers, reader and API under a supervisor; the broker too, if it is given."""

    def __init__(self, settings: Settings, broker: EmbeddedBroker | None = None) -> None:
        self.settings = settings
        self.broker = broker
        self.address = f"http://127.0.0.1:{settings.port}"
        self.said: list[str] = []
        self.error: BaseException | None = None
        self._supervisor = Supervisor(settings, self.said.append)
        self._started = threading.Event()
        self._tasks: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def _run(self) -> None:
        # Everything is started from this one thread: the kernel ends the children together with it.
        worker_group.run_for_ever = self._run_until_stopped  # no thread of it outlives a scenario
        try:
            group = WorkerGroup(self.settings, self._supervisor)
            group.start()
            self._supervisor.add("serve", "api.commands", "serve")
            self._started.set()

            def each() -> None:
                group.adjust()
                if self.broker is not None and not self.broker.is_alive():
                    self.broker.start()

            self._supervisor.run(each)
        except BaseException as error:
            self.error = error
        finally:
            self._started.set()

    def _run_until_stopped(
        self, name: str, step: Callable[[], Coroutine[Any, Any, None]]
    ) -> threading.Thread:
        async def go_on() -> None:
            while True:
                with contextlib.suppress(KafkaError, OSError, TimeoutError, StreamsError):
                    await step()
                await asyncio.sleep(1)

        def run() -> None:
            with asyncio.Runner() as runner:
                task = runner.get_loop().create_task(go_on())
                self._tasks.append((runner.get_loop(), task))
                with contextlib.suppress(asyncio.CancelledError):
                    runner.get_loop().run_until_complete(task)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def start(self) -> None:
        self._thread.start()
        self._started.wait()
        self.wait(self.is_ready, "everything is ready")

    def stop(self) -> None:
        for loop, task in self._tasks:
            loop.call_soon_threadsafe(task.cancel)
        self._supervisor.stop()
        self._thread.join()

    def wait(self, condition: Callable[[], object], what: str, seconds: float = READY_SECONDS_MAX) -> float:
        """Wait for a condition; give the seconds that it took. Raises NotBack."""
        began = time.monotonic()
        while True:
            with contextlib.suppress(httpx.HTTPError, OSError, KeyError):
                if condition():
                    return time.monotonic() - began
            if self.error is not None:
                message = f"the supervisor ended: {self.error!r}"
                raise NotBack(message)
            if time.monotonic() - began > seconds:
                message = f"not within {seconds:.0f} s: {what}"
                raise NotBack(message)
            time.sleep(0.02)

    def is_ready(self) -> bool:
        workers = [name for name in self._supervisor.names() if name != "serve"]
        return (
            all(self.times_ready(name) for name in workers)
            and httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200
        )

    def workers(self) -> list[str]:
        return sorted(name for name in self._supervisor.names() if name.startswith("views-g"))

    def times_ready(self, name: str) -> int:
        """How often a worker has said that it is ready."""
        log = self._supervisor.log_of(name)
        return log.read_text(errors="replace").count("is ready") if log.exists() else 0

    def pid(self, name: str) -> int | None:
        """Find a process: a child of the supervisor, or `reader`, its `writer`, `pool`, `broker`."""
        if name == "broker":
            return self.broker.pid if self.broker else None
        parent, words = {
            "reader": ("serve", "api.commands reader"),
            "writer": ("reader", "--multiprocessing-fork"),
            "pool": ("parse", "--multiprocessing-fork"),
        }.get(name, (name, ""))
        with contextlib.suppress(KeyError):
            pid = self.pid(parent) if words else self._supervisor.pid(parent)
            if pid is None or not words:
                return pid
            return next((child for child, told in children_of(pid).items() if words in told), None)
        return None

    def signal(self, name: str, number: signal.Signals = signal.SIGKILL) -> int | None:
        """Send a signal to a process; give its id, or none if it was not there."""
        pid = self.pid(name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                return pid
        return None

    def is_up(self, name: str, before: int, ready_before: int) -> bool:
        """Say whether another process than `before` does its work under this name."""
        pid = self.pid(name)
        if pid is None or pid == before:
            return False
        if name == "parse" or name.startswith("views-g"):
            return self.times_ready(name) > ready_before
        if name == "reader":
            status = reader_status.read(self.settings.data)
            return status.pid == pid and status.phase == "following"
        if name == "serve":
            return httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200
        return True


@contextmanager
def running(settings: Settings, broker: EmbeddedBroker | None = None) -> Iterator[Khabar]:
    """Run everything; a process that is often killed is started again as one that is killed once."""
    kept = supervisor.RESTARTS_MAX, supervisor.RESTARTS_WINDOW_SECONDS, worker_group.run_for_ever
    supervisor.RESTARTS_MAX, supervisor.RESTARTS_WINDOW_SECONDS = 1_000_000, 3.0
    khabar = Khabar(settings, broker)
    try:
        with planted(PATIENT):
            khabar.start()
            yield khabar
    finally:
        khabar.stop()
        supervisor.RESTARTS_MAX, supervisor.RESTARTS_WINDOW_SECONDS, worker_group.run_for_ever = kept
