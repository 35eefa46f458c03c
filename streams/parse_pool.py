"""Parse documents in child processes, each document within a deadline, whatever it does to its child.

A lane is one spawned child. (Fork is unsafe beside RocksDB's threads and open sockets; a shared pool breaks
for all when one child dies, and a hung child cannot be cancelled.) A document that hangs or kills its lane
is tried once more in a fresh one, so that it does not suffer for what an earlier one left behind.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from pydantic import ValidationError

from seeds.document import TEXT_BYTES_MAX, Document
from seeds.errors import SeedsError
from seeds.facts import Parsed
from streams.processes import begin_child, end_pool, settle_heap

if TYPE_CHECKING:
    from streams.documents import StoredDocument
    from streams.settings import Settings

TRIES = 2
START_SECONDS_MAX = 60.0


class ParseFailed(Exception):
    """When a document could not be parsed; the message is the reason, for its `failed` record."""


class ParsePool:
    """`settings.parse_workers` lanes. Use from one event loop; close() when done."""

    def __init__(self, settings: Settings) -> None:
        self._timeout = settings.parse_timeout_seconds
        self._count = settings.parse_workers
        self._free: asyncio.Queue[_Lane] = asyncio.Queue()
        self._lanes: list[_Lane] = []

    async def start(self) -> None:
        """Start the children and have them read their rules, so that no document pays for it."""
        for _ in range(self._count):
            lane = _Lane()
            self._lanes.append(lane)
            await lane.start()
            self._free.put_nowait(lane)

    async def parse(self, stored: StoredDocument) -> Parsed:
        """Parse in a free lane. Raises ParseFailed: refused input, out of time twice, child died twice."""
        document = _within_limits(stored)
        lane = await self._free.get()
        try:
            for _ in range(TRIES):
                try:
                    return await asyncio.wait_for(lane.parse(document), self._timeout)
                except TimeoutError:
                    reason = f"not parsed within {self._timeout:g} s"
                except BrokenProcessPool:
                    reason = "the parser's process died"
                except SeedsError as error:
                    raise ParseFailed(str(error)) from error
                except Exception as error:  # a fault in a rule must not stop every other document
                    message = f"the parser failed: {type(error).__name__}: {error}"
                    raise ParseFailed(message) from error
                await lane.replace()
            raise ParseFailed(reason)
        finally:
            self._free.put_nowait(lane)

    def close(self) -> None:
        """Kill the children."""
        for lane in self._lanes:
            lane.kill()


def _within_limits(stored: StoredDocument) -> Document:
    size = len(stored.text.encode())
    if size > TEXT_BYTES_MAX:
        message = f"limit: the text has {size} bytes, more than {TEXT_BYTES_MAX}"
        raise ParseFailed(message)
    try:
        return stored.as_document()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise ParseFailed(message) from error


class _Lane:
    """One child process, remade when it hangs or dies."""

    def __init__(self) -> None:
        self._executor = _executor()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.run_in_executor(self._executor, _warm_up), START_SECONDS_MAX)

    async def parse(self, document: Document) -> Parsed:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._executor, _parse, document.model_dump_json())
        return Parsed.model_validate_json(answer)

    async def replace(self) -> None:
        self.kill()
        self._executor = _executor()
        await self.start()

    def kill(self) -> None:
        end_pool(self._executor, wait=False)


def _executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=begin_child, initargs=(os.getpid(),)
    )


def _warm_up() -> None:
    from seeds.parse import parse

    parse(Document(text="Acme Corp said on Monday it will invest $1 million.", language="en"))
    parse(Document(text="قالت شركة المثال إنها ستستثمر مليون دولار.", language="ar"))
    settle_heap()


def _parse(document: str) -> str:
    from seeds.parse import parse

    return parse(Document.model_validate_json(document)).model_dump_json()
