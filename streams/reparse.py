"""What reading documents again would change, told before anything is published.

Pure. It looks at the answers that `streams.delta` gives to `reparse` revisions, which are what the parse
agent would publish: new events, and retractions of those that are gone. Of one document, an event that goes
and one of the same type and home that comes are one fact, read with other values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from streams.documents import ParseRecord, Status
from streams.ids import meaning

TOLD = ("stage", "modality", "attributed_to", "valid")
KINDS = ("new", "gone", "changed")


@dataclass(frozen=True)
class Difference:
    """One fact that reading again makes different: `before` goes, `after` comes; data of events."""

    document: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """Name it: new, gone or changed."""
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"

    @property
    def event(self) -> dict[str, Any]:
        """The event that says it: the new one if there is one."""
        event = self.after or self.before
        assert event is not None, "a difference has a side"  # noqa: S101  # made in `differences` alone
        return event

    @property
    def group(self) -> tuple[str, str, str]:
        """By what differences are counted: type, rule, language."""
        event = self.event
        return event["type"], event["extraction"]["rule"], event["source"]["language"]

    def values(self) -> dict[str, list[Any]]:
        """Pair the values before and after that are not equal, by path; quotes count here."""
        sides = [_values(side) if side else {} for side in (self.before, self.after)]
        paths = sorted(sides[0].keys() | sides[1].keys())
        pairs = {path: [side.get(path) for side in sides] for path in paths}
        return {path: pair for path, pair in pairs.items() if meaning(pair[0]) != meaning(pair[1])}


def differences(answer: ParseRecord) -> list[Difference]:
    """Read the differences out of an answer, changed facts first."""
    new = [data for data in answer.events if data["type"] != "retraction"]
    gone = [data["slots"]["event"] for data in answer.events if data["type"] == "retraction"]
    found: list[Difference] = []
    for after in list(new):
        rivals = [data for data in gone if (data["type"], data["home"]) == (after["type"], after["home"])]
        if not rivals:
            continue
        before = max(rivals, key=lambda data: _in_common(data, after))  # the first of equal ones
        new.remove(after)
        gone.remove(before)
        found.append(Difference(answer.document, before, after))
    found += [Difference(answer.document, None, data) for data in new]
    return found + [Difference(answer.document, data, None) for data in gone]


def quote(event: dict[str, Any]) -> str:
    """Give the words of the article that say so, in its order; empty where they were erased."""
    spans = {
        (span.get("part", "text"), span["start"], span["end"]): span["exact"]
        for spans in event["evidence"].values()
        for span in spans
        if isinstance(span["exact"], str)
    }
    kept: list[tuple[str, int, int]] = []
    for part, start, end in sorted(spans, key=lambda at: (at[0], at[1], -at[2])):
        if not kept or (part, start) >= (kept[-1][0], kept[-1][2]):  # not within the one before
            kept.append((part, start, end))
    return " … ".join(spans[at] for at in kept)


@dataclass
class Report:
    """The differences of many documents, counted; of each group the first few stand for the rest."""

    examples_max: int = 3
    documents: int = 0
    differing: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Documents that were not read again, by the reason."""
    groups: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str, str], list[Difference]] = field(default_factory=dict)

    def add(self, answer: ParseRecord) -> bool:
        """Count what an answer changes; tell whether that is anything."""
        self.documents += 1
        if answer.status is Status.FAILED:
            self.outcomes["failed"] += 1
        found = differences(answer)
        self.differing += bool(found)
        for difference in found:
            self.groups.setdefault(difference.group, Counter())[difference.kind] += 1
            examples = self.examples.setdefault(difference.group, [])
            if len(examples) < self.examples_max:
                examples.append(difference)
        return bool(found)

    def skip(self, reason: str) -> None:
        """Count a document that is not read again."""
        self.outcomes[reason] += 1

    def total(self) -> dict[str, int]:
        """Count the differences of all groups by kind."""
        return {kind: sum(counts[kind] for counts in self.groups.values()) for kind in KINDS}

    def to_json(self) -> dict[str, Any]:
        """Tell all of it, groups in the order of their names."""
        return {
            "documents": self.documents,
            "differing": self.differing,
            "skipped": dict(self.outcomes),
            **self.total(),
            "groups": [
                {
                    **dict(zip(("type", "rule", "language"), group, strict=True)),
                    **{kind: self.groups[group][kind] for kind in KINDS},
                    "examples": [_example(difference) for difference in self.examples[group]],
                }
                for group in sorted(self.groups)
            ],
        }


def _example(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "document": difference.document,
        "before": difference.before["id"] if difference.before else None,
        "home": difference.event["home"],
        "quote": quote(difference.event),
        "values": difference.values(),
    }


def _values(event: dict[str, Any]) -> dict[str, Any]:
    told = {name: event[name] for name in TOLD if event.get(name) is not None}
    return told | {f"slots.{name}": value for name, value in event["slots"].items() if value is not None}


def _in_common(one: dict[str, Any], other: dict[str, Any]) -> int:
    mine, theirs = _values(one), _values(other)
    return sum(meaning(mine[path]) == meaning(theirs[path]) for path in mine.keys() & theirs.keys())
