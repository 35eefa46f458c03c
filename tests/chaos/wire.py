"""A wire between workers and Kafka that can be cut, or holds back requests of one kind: a proxy of our own.

Kafka gets a second listener whose advertised address is the proxy's, so whoever comes through the proxy stays
on it; all others use the first listener and feel nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from streams.broker import EmbeddedBroker
from streams.broker.node import Node
from streams.settings import Settings

PRODUCE, OFFSET_COMMIT = 0, 8  # Kafka's numbers of the requests
HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class _TwoListeners(Node):
    second: int = 0
    advertised: int = 0

    def properties(self, *arguments: object) -> str:
        lines = super().properties(*arguments).splitlines()  # type: ignore[arg-type]
        more = {
            "listeners=": f",WIRE://{HOST}:{self.second}",
            "advertised.listeners=": f",WIRE://{HOST}:{self.advertised}",
            "listener.security.protocol.map=": ",WIRE:PLAINTEXT",
        }
        return "".join(
            line + next((end for start, end in more.items() if line.startswith(start)), "") + "\n"
            for line in lines
        )


class WiredBroker(EmbeddedBroker):
    """The embedded Kafka with a second listener for the clients of a proxy."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.second, self.advertised = free_port(), free_port()
        self._node = _TwoListeners(settings.data, self.second, self.advertised)

    @property
    def wire_servers(self) -> str:
        """`host:port` of the proxy."""
        return f"{HOST}:{self.advertised}"


class Wire:
    """The proxy. What is held or cut waits; `drop` closes the connections whose requests are held."""

    def __init__(self, broker: WiredBroker) -> None:
        self._broker = broker
        self._held: set[int] = set()
        self._changed = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()
        self._dropping = False
        self.waiting = 0
        """Requests that are held back now."""

    def cut(self) -> None:
        """Let nothing through in either direction; connections stay, and look alive."""
        self._open.clear()

    def heal(self) -> None:
        self._open.set()

    def hold(self, *kinds: int) -> None:
        """Hold back the requests of these kinds, and what comes behind them on the same connection."""
        self._held, self._dropping = set(kinds), False

    def drop(self) -> None:
        """Let requests pass again; those that were held never reach Kafka."""
        self._held, self._dropping = set(), True
        self._notify()

    def release(self) -> None:
        """Let everything pass, and what was held."""
        self._held = set()
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there = await asyncio.open_connection(HOST, self._broker.second)
        except OSError:
            writer.close()
            return
        tasks = [
            asyncio.create_task(self._requests(reader, there)),
            asyncio.create_task(self._answers(there_reader, writer)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in (there, writer):
            end.close()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                length = await reader.readexactly(4)
                request = await reader.readexactly(int.from_bytes(length, "big"))
                kind = int.from_bytes(request[:2], "big")
                if kind in self._held:
                    self.waiting += 1
                    while kind in self._held:
                        await self._changed.wait()
                    self.waiting -= 1
                    if self._dropping:
                        return
                await self._open.wait()
                writer.write(length + request)
                await writer.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def a_wire(broker: WiredBroker) -> AsyncIterator[Wire]:
    wire = Wire(broker)
    server = await asyncio.start_server(wire.connected, HOST, broker.advertised)
    try:
        yield wire
    finally:
        wire.heal()
        wire.drop()
        server.close()
