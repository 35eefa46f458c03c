"""`GET /v1/companies/{id}` beside routes that do nothing: requests a second, and the slowest of a hundred.

    python -m benchmarks.http [--events 4000] [--companies 2000] [--rounds 5] [--seconds 3]

Three servers of one process each, all with the settings of `khabar serve`; one client at a time asks them in
turn, round by round. Ours answers from the reader's files, any company as likely as another. Prints a table
and writes `benchmarks/out/latest.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, keep, show
from benchmarks.http_files import Files, companies
from streams.settings import Settings

QUIET, FASTAPI, STARLETTE = "ours", "empty FastAPI route", "empty Starlette route"
WRITING, CONDITIONAL = "ours while 50 events/s are read", "ours, unchanged since (304)"
PER_SECOND = 50
START_SECONDS_MAX = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def served(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until the block ends; gives its process id."""
    process = subprocess.Popen(  # noqa: S603 - ours and the peers
        [sys.executable, "-m", *command], env={**os.environ, **environment}
    )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{command[0]} does not start"
                raise SystemExit(message)
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Give the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load(
    port: int, pid: int, paths: list[str], asked: argparse.Namespace, headers: str = ""
) -> dict[str, Any]:
    """Ask one server for some seconds."""
    before = cpu_seconds(pid)
    arguments = [str(port), str(asked.connections), str(asked.seconds), headers]
    done = subprocess.run(  # noqa: S603 - our client
        [sys.executable, "-m", "benchmarks.http_load", *arguments],
        input="\n".join(paths), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    told["rate"] = told["answers"] / told["seconds"]
    told["cpu"] = (cpu_seconds(pid) - before) / sum(told["statuses"].values()) * 1e6
    return told


@contextmanager
def writing(files: Files) -> Iterator[None]:
    """Within this, events are read into the files, one by one, PER_SECOND of them."""
    ending = threading.Event()

    def write() -> None:
        began, number = time.monotonic(), 0
        while not ending.wait(max(0.0, began + number / PER_SECOND - time.monotonic())):
            files.tell(1)
            files.is_current()
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def rounds(files: Files, asked: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Have each contestant asked once a round."""
    paths = companies(files.data)
    ports = [free_port() for _ in range(3)]
    ours = Settings(data=files.data, port=ports[0]).environment()
    told: dict[str, list[dict[str, Any]]] = {}
    with (
        served(["benchmarks.serve_ours"], ours, ports[0]) as us,
        served(["benchmarks.peers.routes", "fastapi", str(ports[1])], {}, ports[1]) as fastapi,
        served(["benchmarks.peers.routes", "starlette", str(ports[2])], {}, ports[2]) as starlette,
    ):

        def beside_writes() -> dict[str, Any]:
            with writing(files):
                return load(ports[0], us, paths, asked)

        running: dict[str, Callable[[], dict[str, Any]]] = {
            QUIET: lambda: load(ports[0], us, paths, asked),
            FASTAPI: lambda: load(ports[1], fastapi, paths, asked),
            STARLETTE: lambda: load(ports[2], starlette, paths, asked),
            CONDITIONAL: lambda: load(ports[0], us, paths, asked, "If-None-Match: *\r\n"),
            WRITING: beside_writes,
        }
        for number in range(asked.rounds):
            for name, run in running.items():
                one = run()
                told.setdefault(name, []).append(one)
                print(f"round {number + 1}: {name}: {json.dumps(one)}", file=sys.stderr, flush=True)
    return told


def figures(told: dict[str, list[dict[str, Any]]]) -> list[Figure]:
    """Compare medians of the rounds."""

    def median(name: str, what: str) -> float:
        return statistics.median(one[what] for one in told[name])

    def figure(name: str, peer: str, what: str, unit: str, target: float) -> Figure:
        """More is better; of what is less the better, the ratio is the peer's to ours."""
        ours, theirs = median(name, what), median(peer, what)
        ratio = ours / theirs if what == "rate" else theirs / ours
        title = f"GET /v1/companies/{{id}}{name.removeprefix('ours')}"
        return Figure(title, round(ours, 2), round(theirs, 2), peer, unit, round(ratio, 3), target)

    made = []
    for name in (QUIET, WRITING, CONDITIONAL):
        made += [
            figure(name, FASTAPI, "rate", "requests/s", 0.9),
            figure(name, FASTAPI, "p99_ms", "p99, ms (inverse)", round(1 / 1.3, 3)),
            figure(name, STARLETTE, "rate", "requests/s", 0.5),
            figure(name, STARLETTE, "cpu", "server µs a request (inverse)", 0.5),
        ]
    return made


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=4_000)
    options.add_argument("--companies", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--connections", type=int, default=32)
    asked = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="khabar-bench-") as folder:
        files = Files(Path(folder), asked.events * 2, asked.companies)
        files.fill(asked.events)
        found = figures(rounds(files, asked))
        files.feed.close()
    show(found)
    keep(found)


if __name__ == "__main__":
    main()
