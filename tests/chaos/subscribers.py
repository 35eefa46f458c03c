"""Subscribers that live through everything: they note what they get, and resume where they were cut off."""

from __future__ import annotations

import asyncio
import contextlib
import random

import httpx
import orjson
from aiokafka.errors import KafkaError

from streams.settings import Settings
from streams.subscribe import Places, records

Seen = list[tuple[str, int, int, str]]
"""Topic, partition, offset and id of the events, in the order of coming."""


class SseSubscriber:
    """Reads /v1/events/stream from the beginning, lets go now and then, and resumes by `Last-Event-ID`."""

    def __init__(self, address: str, seed: int, let_go_after: int = 200) -> None:
        self._address = address
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._let_go_after = let_go_after
        self.seen: Seen = []
        self.resumed = 0

    async def run(self) -> None:
        last: str | None = None
        while True:
            with contextlib.suppress(httpx.HTTPError):
                last = await self._read(last)
            self.resumed += 1
            await asyncio.sleep(0.1)

    async def _read(self, last: str | None) -> str | None:
        headers = {"Last-Event-ID": last} if last else {}
        left = self._random.randrange(1, self._let_go_after)
        token, data = last, ""
        url = f"{self._address}/v1/events/stream?from=beginning"
        with contextlib.suppress(httpx.HTTPError):
            async with (
                httpx.AsyncClient(timeout=30) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code != 200:
                    return last
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        token = value
                    elif name == "data":
                        data = value
                    elif not line:
                        last = token  # only a message that came whole counts
                        if data:
                            self._note(data)
                            data, left = "", left - 1
                        if left <= 0:
                            return last
        return last

    def _note(self, data: str) -> None:
        told = orjson.loads(data)
        at = told["recorded"]
        self.seen.append((at["topic"], at["partition"], at["offset"], told["event"]["id"]))


class KafkaSubscriber:
    """Reads the fact topics from the beginning; what was published twice counts once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next: dict[str, dict[int, int]] = {}
        self._ids: set[str] = set()
        self.seen: Seen = []

    async def run(self) -> None:
        while True:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with contextlib.aclosing(
                    records(self._settings, Places(self._next), frozenset())
                ) as coming:
                    async for record in coming:
                        self._next.setdefault(record.topic, {})[record.partition] = record.offset + 1
                        event_id = _id_of(record.value)
                        if event_id is not None and event_id not in self._ids:
                            self._ids.add(event_id)
                            self.seen.append((record.topic, record.partition, record.offset, event_id))
            await asyncio.sleep(0.2)


def _id_of(value: bytes | None) -> str | None:
    with contextlib.suppress(orjson.JSONDecodeError, TypeError, KeyError):
        return str(orjson.loads(value or b"")["id"])
    return None
