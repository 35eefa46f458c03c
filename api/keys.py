"""Idempotency keys of this process: what each led to, and one request at a time for each.

Beyond a restart the log remembers them: the key is the id of the request in the `documents` record.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.documents import Place, StoredDocument

KEPT_MAX = 10_000
Done = tuple[StoredDocument, Place]


class Keys:
    """The last keys, and locks on those in flight."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, Done] = OrderedDict()
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Hold a key: a second request with it waits for the first."""
        lock, holders = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, holders + 1
        try:
            async with lock:
                yield
        finally:
            holders = self._locks[key][1] - 1
            if holders:
                self._locks[key] = lock, holders
            else:
                del self._locks[key]

    def get(self, key: str) -> Done | None:
        """Look up what a key led to."""
        return self._done.get(key)

    def put(self, key: str, done: Done) -> None:
        """Remember what a key led to; without its text, of which there may be a MiB."""
        self._done[key] = done[0].model_copy(update={"text": ""}), done[1]
        self._done.move_to_end(key)
        while len(self._done) > KEPT_MAX:
            self._done.popitem(last=False)
