"""Where the records of a log go in a copy of it: pure.

With as many partitions as before, everything stays in the partition where it was. With others, a record goes
where its document or home belongs; one that was in a wrong place, and so counts for nothing, stays wrong.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from streams.topics import partition_of


class Routes:
    """From `old` to `new` numbers of partitions."""

    def __init__(self, old: int, new: int) -> None:
        self._old, self._new = old, new

    def of_document(self, key: bytes | None, value: bytes | None, partition: int) -> int:
        """Give the partition of a `documents` record; its key is document/revision."""
        if self._old == self._new:
            return partition
        document = _field(value, "document")
        if document is None:
            document = (key or b"").decode("utf-8", "replace").rpartition("/")[0]
        return _belongs(document, self._new)

    def of_parse(self, value: bytes | None, partition: int) -> int:
        """Give the partition of an answer to a document that is no longer there."""
        if self._old == self._new:
            return partition
        document = _field(value, "document")
        return partition % self._new if document is None else _belongs(document, self._new)

    def of_event(self, value: bytes | None, partition: int) -> int | None:
        """Give the partition of a record of facts; none where it would begin to count in the only one."""
        if self._old == self._new:
            return partition
        home = _field(value, "home")
        if home is None:
            return partition % self._new
        belongs = _belongs(home, self._new)
        if _belongs(home, self._old) == partition:
            return belongs
        wrong = [p for p in (partition % self._new, (belongs + 1) % self._new) if p != belongs]
        return wrong[0] if wrong else None


@lru_cache(maxsize=1 << 16)
def _belongs(name: str, partitions: int) -> int:
    return partition_of(name.encode("utf-8", "replace"), partitions)


def _field(value: bytes | None, name: str) -> str | None:
    try:
        data: Any = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) else None
