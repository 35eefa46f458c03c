"""Answers that are kept, the last ones within bounds, each until something is changed that it was made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.read_model.changes import Changed

ONE_BYTES_MAX = 8 << 20
"""What takes more is made anew each time, rather than that it drives out hundreds of others."""

ID_BYTES = 200
"""What it takes to know that an answer depends on an id, about."""

Answer = TypeVar("Answer")


@dataclass
class _Kept(Generic[Answer]):
    answer: Answer
    ids: frozenset[str]
    names: frozenset[str]
    size: int


class KeptAnswers(Generic[Answer]):
    """Answers by the id that is asked for."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._kept: OrderedDict[str, _Kept[Answer]] = OrderedDict()
        self._by_id: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        self.size = 0
        """Bytes that are kept, about."""

    def get(self, asked: str) -> Answer | None:
        """Give what is kept of an id."""
        kept = self._kept.get(asked)
        if kept is None:
            return None
        self._kept.move_to_end(asked)
        return kept.answer

    def keep(self, asked: str, answer: Answer, size: int, ids: Iterable[str], names: Iterable[str]) -> None:
        """Keep an answer: it depends on all that is told of `ids`, and on what `names` are called."""
        self.drop(asked)
        kept = _Kept(answer, frozenset(ids), frozenset(names), size)
        kept.size += ID_BYTES * (len(kept.ids) + len(kept.names))
        if kept.size > ONE_BYTES_MAX:
            return
        self._kept[asked] = kept
        self.size += kept.size
        for by, on in ((self._by_id, kept.ids), (self._by_name, kept.names)):
            for one in on:
                by.setdefault(one, set()).add(asked)
        while self.size > self._bytes_max:
            self.drop(next(iter(self._kept)))

    def drop(self, asked: str) -> None:
        """Keep an answer no longer, if it is."""
        kept = self._kept.pop(asked, None)
        if kept is None:
            return
        self.size -= kept.size
        for by, on in ((self._by_id, kept.ids), (self._by_name, kept.names)):
            for one in on:
                by[one].discard(asked)
                if not by[one]:
                    del by[one]

    def drop_changed(self, changed: Changed) -> None:
        """Keep none that a change concerns."""
        if changed.anything:
            self.clear()
            return
        for by, ids in ((self._by_id, changed.ids), (self._by_name, changed.names)):
            for one in ids:
                for asked in tuple(by.get(one, ())):
                    self.drop(asked)

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._by_id.clear()
        self._by_name.clear()
        self.size = 0
