"""Many real streams of one server: mixed filters, some resumed on the way, some slow to take anything."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest

from streams.events import AnyEvent
from streams.filters import EventFilter
from streams.settings import Settings
from tests.api.making import article, events, fact, investment, org
from tests.api.test_as_of import feed_in

# As `khabar serve` serves, with so little room for what is on its way that a slow client is felt at once.
SERVER = """
import socket
from api import fanout
from api.app import served
from api.server import server_of
from api.sockets import listening
from streams.settings import Settings

fanout.GROUP_BYTES_MAX = 20_000
settings = Settings()
taken = listening(settings)
taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
server_of(served(settings), "warning").run(sockets=[taken])
"""
FILTERS = [
    EventFilter(),
    EventFilter(types=frozenset({"layoff"})),
    EventFilter(company="firm-1"),
    EventFilter(company="fund", types=frozenset({"investment"})),
    EventFilter(company="nobody"),
]
EVENTS = 150
STREAMS = 50


@contextmanager
def a_server(data: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, **Settings(data=data, port=port).environment()}
    process = subprocess.Popen([sys.executable, "-c", SERVER], env=environment)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(15)


@asynccontextmanager
async def a_stream(port: int, wanted: EventFilter, last: str | None) -> AsyncIterator[asyncio.StreamReader]:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=client)
    asked = {"from": "beginning", "type": list(wanted.types)}
    if wanted.company:
        asked["company"] = wanted.company
    resumed = f"Last-Event-ID: {last}\r\n" if last else ""
    path = f"/v1/events/stream?{urlencode(asked, doseq=True)}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{resumed}\r\n".encode())
    try:
        assert b" 200 " in await reader.readline()
        await reader.readuntil(b"\r\n\r\n")
        yield reader
    finally:
        writer.close()


class Seen:
    """The events that came, in order; `last` is the id of the last whole message."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.last: str | None = None

    async def read(self, reader: asyncio.StreamReader, goal: int) -> None:
        """Read until so many events are there."""
        data = b""
        while len(self.events) < goal:
            size = int(await reader.readline(), 16)
            data += (await reader.readexactly(size + 2))[:-2]
            *messages, data = data.split(b"\n\n")
            for message in messages[: goal - len(self.events)]:
                fields = dict(line.partition(b": ")[::2] for line in message.split(b"\n"))
                self.last = fields[b"id"].decode()
                if b"data" in fields:
                    self.events.append(orjson.loads(fields[b"data"])["event"]["id"])


async def up(port: int) -> None:
    for _ in range(1200):
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
        except OSError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError


async def subscriber(port: int, number: int, seen: Seen, goal: int, all_told: asyncio.Event) -> None:
    """Every third goes away twice on its way; every tenth takes nothing until all is told."""
    wanted = FILTERS[number % len(FILTERS)]
    for part in (goal // 3, goal * 2 // 3) if number % 3 == 0 else ():
        async with a_stream(port, wanted, seen.last) as reader:
            await seen.read(reader, part)
    async with a_stream(port, wanted, seen.last) as reader:
        if number % 10 == 0:
            await all_told.wait()
        await seen.read(reader, goal)


def made() -> list[AnyEvent]:
    told: list[AnyEvent] = []
    for number in range(EVENTS):
        firm = f"firm-{number % 5}"
        if number % 4:
            told.append(investment("fund", firm, number + 1))
        else:
            told += events(article(), fact("layoff", {"company": org(firm)}))
    return told


@pytest.mark.timeout(120)
async def test_each_of_many_gets_every_event_once_and_in_order(tmp_path: Path) -> None:
    feed, told, all_told = feed_in(tmp_path), made(), asyncio.Event()
    seen = [Seen() for _ in range(STREAMS)]
    wanted = [[event.id for event in told if one.matches(event)] for one in FILTERS]
    assert [len(one) > 20 for one in wanted] == [True, True, True, True, False]
    with a_server(tmp_path) as port:
        await up(port)
        async with asyncio.TaskGroup() as group:
            for number, one in enumerate(seen):
                goal = len(wanted[number % len(FILTERS)])
                group.create_task(subscriber(port, number, one, goal, all_told))
            for event in told:
                feed.publish(event)
                await asyncio.sleep(0.01)
            all_told.set()
    for number, one in enumerate(seen):
        assert one.events == wanted[number % len(FILTERS)], number
    feed.close()
