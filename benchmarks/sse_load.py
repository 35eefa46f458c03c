"""Subscribers of the event stream: real connections, each of which must get every event once, in order.

    python -m benchmarks.sse_load PORT SUBSCRIBERS EVENTS SECONDS_MAX

Prints `ready` once all are subscribed; then, when each has its events, a line of JSON. The n-th event to come
was told at the n-th number that comes in on standard input (seconds of the machine's clock).
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

import uvloop

PLACE = re.compile(rb'"topic":"([^"]+)","partition":(\d+),"offset":(\d+)')
REQUEST = b"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Subscriber(asyncio.Protocol):
    """One connection; `seen` are the places of the events in the order in which they came, and when."""

    def __init__(self, events: int, ready: asyncio.Queue[None], done: asyncio.Queue[None]) -> None:
        self._events = events
        self._ready = ready
        self._done = done
        self._tail = b""
        self._subscribed = False
        self.seen: list[bytes] = []
        self.at: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(REQUEST)  # type: ignore[attr-defined]  # a stream's transport

    def data_received(self, data: bytes) -> None:
        if not self._subscribed and b"retry: " in data:
            self._subscribed = True
            self._ready.put_nowait(None)
        *lines, self._tail = (self._tail + data).split(b"\n")
        now = time.time()
        for line in lines:
            if line.startswith(b"data: "):
                self.seen += [found[0] for found in PLACE.finditer(line, line.rindex(b'"recorded":'))]
                self.at.append(now)
                if len(self.seen) == self._events:
                    self._done.put_nowait(None)

    def connection_lost(self, exc: Exception | None) -> None:
        sys.exit(f"the server closed a stream: {exc}")


async def run(port: int, subscribers: int, events: int, seconds_max: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    ready: asyncio.Queue[None] = asyncio.Queue()
    done: asyncio.Queue[None] = asyncio.Queue()
    made: list[Subscriber] = []
    for _ in range(subscribers):
        subscriber = Subscriber(events, ready, done)
        await loop.create_connection(lambda one=subscriber: one, "127.0.0.1", port)  # type: ignore[misc]
        made.append(subscriber)
    for _ in made:
        await ready.get()
    print("ready", flush=True)
    try:
        async with asyncio.timeout(seconds_max):
            for _ in made:
                await done.get()
        await asyncio.sleep(1)  # would any come twice
    except TimeoutError:
        pass
    told = [float(line) for line in sys.stdin.read().split()]
    order = max((one.seen for one in made), key=len)
    wrong = sum(one.seen != order for one in made)
    latencies = sorted(at - told[n] for one in made for n, at in enumerate(one.at[:events]))
    return {
        "subscribers": len(made),
        "events": len(set(order)),
        "received": sum(len(one.seen) for one in made),
        "not_every_event_once_in_order": wrong + (len(order) != events or len(set(order)) != events),
        "median_ms": round(latencies[len(latencies) // 2] * 1000, 1),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1000, 1),
    }


def main() -> None:
    port, subscribers, events, seconds_max = sys.argv[1:]
    print(
        json.dumps(uvloop.run(run(int(port), int(subscribers), int(events), float(seconds_max)))), flush=True
    )


if __name__ == "__main__":
    main()
