"""Many subscribers of one process: does each get every event once, in order; how soon; what does one cost.

    python -m benchmarks.sse [--subscribers 1000] [--per-second 50] [--seconds 20]

Real HTTP streams in one client process. Events are read into the events file one by one, as the reader does
it, in this process. Prints what came of it and writes `benchmarks/out/sse.json`. Ends with 1 if any
subscriber missed an event, got one twice, or costs more memory than it may.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.events import OUT
from benchmarks.http import cpu_seconds, free_port, served
from benchmarks.http_files import Files
from streams.settings import Settings

BEFORE = 500  # events that are there already
KIB_MAX = 64
PATIENCE_SECONDS = 60


def resident_kib(pid: int) -> int:
    """Give the memory that a process takes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def measured(files: Files, asked: argparse.Namespace) -> dict[str, Any]:
    """Subscribe, tell events, and wait until all have come."""
    port, events = free_port(), int(asked.per_second * asked.seconds)
    environment = Settings(data=files.data, port=port).environment()
    arguments = [str(port), str(asked.subscribers), str(events), str(asked.seconds + PATIENCE_SECONDS)]
    with served(["benchmarks.serve_ours"], environment, port) as pid:
        warm(port)
        before = resident_kib(pid)
        client = subprocess.Popen(  # noqa: S603 - our client
            [sys.executable, "-m", "benchmarks.sse_load", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if client.stdin is None or client.stdout is None or client.stdout.readline() != "ready\n":
            message = "the subscribers did not come to be"
            raise SystemExit(message)
        subscribed = resident_kib(pid)
        cpu, began = cpu_seconds(pid), time.monotonic()
        peak = subscribed
        told = []
        for number in range(events):
            time.sleep(max(0.0, began + number / asked.per_second - time.monotonic()))
            told.append(time.time())
            files.tell_log(1)
            if number % 25 == 0:
                peak = max(peak, resident_kib(pid))
        share = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
        client.stdin.write("\n".join(map(str, told)))
        client.stdin.close()
        found: dict[str, Any] = json.loads(client.stdout.readline())
        client.wait()
        peak = max(peak, resident_kib(pid))
    return {
        **found,
        "per_second": asked.per_second,
        "server_cpu_share": round(share, 3),
        "kib_a_subscriber": round((subscribed - before) / asked.subscribers, 1),
        "kib_a_subscriber_at_most": round((peak - before) / asked.subscribers, 1),
    }


def warm(port: int) -> None:
    """Have the server load all that it needs for a stream, before its memory is taken."""
    subprocess.run(  # noqa: S603 - our client
        [sys.executable, "-m", "benchmarks.sse_load", str(port), "1", "1", "1"],
        input="", capture_output=True, text=True, check=False,
    )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--subscribers", type=int, default=1000)
    options.add_argument("--per-second", type=float, default=50)
    options.add_argument("--seconds", type=float, default=20)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="khabar-bench-") as folder:
        files = Files(Path(folder), BEFORE + int(asked.per_second * asked.seconds), 2000)
        files.fill(BEFORE)
        found = measured(files, asked)
        files.feed.close()
    for name, value in found.items():
        print(f"{name}: {value}")
    (OUT / "sse.json").write_text(json.dumps(found, indent=1) + "\n")
    if found["not_every_event_once_in_order"] or found["kib_a_subscriber_at_most"] > KIB_MAX:
        sys.exit(1)


if __name__ == "__main__":
    main()
