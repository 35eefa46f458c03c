"""A load client: keep-alive connections that each ask, wait for the whole answer, and ask again.

    python -m benchmarks.http_load PORT CONNECTIONS SECONDS < paths

Before the clock begins each path is asked once; then each is as likely as another. Prints one line of JSON:
`answers`, `seconds`, `bytes` of bodies, latencies `median_ms` and `p99_ms`, and `statuses`. Any answer but
200 and 304 ends it.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter

import uvloop

LENGTH = b"content-length: "


class Load:
    """What all connections share: what is asked, and what came of it."""

    def __init__(self, paths: list[str], headers: str, seconds: float) -> None:
        host = f"Host: 127.0.0.1\r\n{headers}\r\n"
        self.asked = [f"GET {path} HTTP/1.1\r\n{host}".encode() for path in paths]
        self.choose = random.Random(1).choice  # noqa: S311  # no secret
        self.first = list(self.asked)
        self.seconds = seconds
        self.begun = self.until = float("inf")
        self.latencies: list[float] = []
        self.bytes = 0
        self.statuses: Counter[bytes] = Counter()
        self.done = asyncio.Event()

    def request(self) -> bytes:
        if self.first:
            return self.first.pop()
        if self.until == float("inf"):
            self.begun = time.perf_counter()
            self.until = self.begun + self.seconds
        return self.choose(self.asked)


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._head = b""
        self._left = 0
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._load.request())  # type: ignore[attr-defined]  # a stream's transport

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            at = head.find(LENGTH)
            length = int(head[at + len(LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
            status = head[9:12]
            if status not in (b"200", b"304"):
                print(self._head[:2000].decode(errors="replace"), file=sys.stderr)
                sys.exit(1)
            self._load.statuses[status] += 1
            self._load.bytes += length
            self._left = length - (len(self._head) - end - 4)
            self._head = b""
        if not self._left:
            self._answered()

    def _answered(self) -> None:
        now, load = time.perf_counter(), self._load
        if now >= load.until:
            load.done.set()
            return
        if self._asked >= load.begun:
            load.latencies.append(now - self._asked)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() < self._load.until:
            sys.exit(f"the server closed a connection: {exc}")


async def run(port: int, connections: int, seconds: float, headers: str = "") -> dict[str, object]:
    load = Load(sys.stdin.read().split(), headers, seconds)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await load.done.wait()
    points = statistics.quantiles(load.latencies, n=100)
    return {
        "answers": len(load.latencies),
        "seconds": seconds,
        "bytes": load.bytes,
        "median_ms": round(points[49] * 1000, 3),
        "p99_ms": round(points[98] * 1000, 3),
        "statuses": {status.decode(): n for status, n in load.statuses.items()},
    }


def main() -> None:
    port, connections, seconds, *headers = sys.argv[1:]
    print(json.dumps(uvloop.run(run(int(port), int(connections), float(seconds), "".join(headers)))))


if __name__ == "__main__":
    main()
