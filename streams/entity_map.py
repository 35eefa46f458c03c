"""What the changes of entities mean: under which id every entry is shown.

A map over ids, applied entry by entry: entries keep the ids they were published with. Changes that make no
sense (a merge that would close a circle) have no effect, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import product

from streams.entity_changes import ChangeKind, EntityChange
from streams.lines import Line, entities_of, with_entities

HALF = 32
"""Digits of an event's id that name it here, as in the keys of the table."""


class EntityMap:
    """How entities stand after some changes. Immutable."""

    def __init__(self) -> None:
        self._into: dict[str, str] = {}
        self._splits: dict[str, dict[str, str]] = {}
        self._names: dict[str, tuple[str, str | None]] = {}
        self.distinct: set[frozenset[str]] = set()
        """Pairs of which a person has said that they are two."""
        self.refused: dict[str, str] = {}
        """Id of a change that has no effect → why."""

    @classmethod
    def of(cls, changes: Iterable[EntityChange]) -> EntityMap:
        """Apply changes in the order of the log."""
        ordered = list(changes)
        made = cls()
        undone = _undone(ordered, made.refused)
        for change in ordered:
            if change.id not in undone:
                made._apply(change)
            elif change.kind is not ChangeKind.UNDO:
                made.refused[change.id] = "it was undone"
        return made

    def resolve(self, entity_id: str, event_id: str | None = None) -> str:
        """Give the id under which an entity is shown; with an event's id, where that event is about it."""
        if event_id is not None and self._splits:
            entity_id = self._splits.get(entity_id, {}).get(event_id[:HALF], entity_id)
        while (into := self._into.get(entity_id)) is not None:
            entity_id = into
        return entity_id

    def line(self, line: Line, event_id: str | None = None) -> Line:
        """Give the line on which an entry is shown that was posted to a line.

        Where a company and its counterpart were merged, that is a line with itself: it shows what was said,
        and by whom the two were taken for one.
        """
        company = self.resolve(line.company, event_id)
        parts = [self.resolve(part, event_id) for part in entities_of(line)]
        return with_entities(line, company, parts)

    def sources(self, entity_id: str) -> frozenset[str]:
        """List the published ids of which entries may be shown under an id."""
        return self._sources.get(entity_id, frozenset((entity_id,)))

    def sources_of(self, line: Line) -> list[Line]:
        """List the lines to which entries that are shown on a line may have been posted."""
        ids = [sorted(self.sources(one)) for one in (line.company, *entities_of(line))]
        return [with_entities(line, company, list(parts)) for company, *parts in product(*ids)]

    def concerns(self, line: Line) -> bool:
        """Say whether anything on a line, as posted or shown, may be shown elsewhere or come from there."""
        ids = self.ids()
        return bool(ids) and any(one in ids for one in (line.company, *entities_of(line)))

    def ids(self) -> frozenset[str]:
        """List all ids that are merged or split, or that others are merged or split into."""
        return self._ids

    def fate(self, entity_id: str) -> tuple[str, frozenset[tuple[str, str]]]:
        """Say where entries of a published id are shown: all, and those of single events."""
        apart = self._splits.get(entity_id, {})
        return self.resolve(entity_id), frozenset((e, self.resolve(into)) for e, into in apart.items())

    def splits(self, ids: Iterable[str]) -> bool:
        """Say whether events of any of these ids are shown apart from the others."""
        return any(one in self._splits for one in ids)

    def name(self, entity_id: str) -> tuple[str, str | None] | None:
        """Give the name, and the Arabic one, that a person gave to an entity last."""
        return self._names.get(entity_id)

    @cached_property
    def _sources(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for one in self._ids:
            found.setdefault(one, set())
            found.setdefault(self.resolve(one), set()).add(one)
            for into in self._splits.get(one, {}).values():
                found.setdefault(self.resolve(into), set()).add(one)
        return {one: frozenset(sources) for one, sources in found.items()}

    @cached_property
    def _ids(self) -> frozenset[str]:
        apart = {into for intos in self._splits.values() for into in intos.values()}
        return frozenset({*self._into, *self._into.values(), *self._splits, *apart})

    def _apply(self, change: EntityChange) -> None:
        entity, into = change.entity or "", change.into or ""
        match change.kind:
            case ChangeKind.MERGE:
                self._merge(change.id, entity, into)
            case ChangeKind.SPLIT:
                # Whoever sees an entity sees all that was merged into it: that is what is split.
                root = self.resolve(entity)
                shown = [one for one in {entity, root, *self._into} if self.resolve(one) == root]
                for one in shown:
                    self._splits.setdefault(one, {}).update((event[:HALF], into) for event in change.events)
            case ChangeKind.RENAME:
                self._names[entity] = (change.name or "", change.name_ar)
            case ChangeKind.DISTINCT:
                self.distinct.add(frozenset((entity, into)))
            case _:
                pass

    def _merge(self, change_id: str, entity: str, into: str) -> None:
        if entity in self._into:
            self.refused[change_id] = f"{entity} was merged into {self._into[entity]} already"
        elif self.resolve(into) == entity:
            self.refused[change_id] = f"{into} was merged into {entity}: undo that first"
        else:
            self._into[entity] = into


def _undone(changes: list[EntityChange], refused: dict[str, str]) -> set[str]:
    """Find the changes that are undone by a later change which is not undone itself."""
    places = {change.id: n for n, change in reversed(list(enumerate(changes)))}
    undone: set[str] = set()
    for n, change in reversed(list(enumerate(changes))):
        if change.kind is ChangeKind.UNDO and change.id not in undone and change.undoes is not None:
            if places.get(change.undoes, n) < n:
                undone.add(change.undoes)
            else:
                refused[change.id] = "there is no earlier change of this id"
    return undone
