"""Explaining a parse: which rule fired for each fact, on which words, and why candidates were turned down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seeds.facts import Fact, Investor, Parsed, Rejected, Value


def fact_record(fact: Fact) -> dict[str, Any]:
    """Return a fact as plain JSON values; `valid` is always an object with `from` and `to`."""
    record = fact.model_dump(mode="json", by_alias=True, exclude={"slots", "valid", "attributed_to"})
    record["slots"] = {name: _plain(value) for name, value in fact.slots.items()}
    record["valid"] = _plain(fact.valid) if fact.valid else {"from": None, "to": None}
    record["attributed_to"] = _plain(fact.attributed_to)
    return record


def _plain(value: object) -> Any:
    if isinstance(value, Value) and not isinstance(value, Investor):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Investor):  # its own share of the deal stands beside what names it
        own = value.model_dump(mode="json", exclude={"entity"}, exclude_none=True)
        return value.entity.model_dump(mode="json") | own
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def explain(parsed: Parsed) -> Iterator[str]:
    """Yield lines that tell the rule and the words of each fact, then each rejected candidate and why."""
    for n, fact in enumerate(parsed.facts):
        told = f", said by {fact.attributed_to.name}" if fact.attributed_to else ""
        parent = f", follows from {fact.derived_from}" if fact.derived_from is not None else ""
        yield f"{n} {fact.type}: rule {fact.rule}, {fact.stage}, {fact.modality}{told}{parent}"
        for path, spans in fact.evidence.items():
            words = " … ".join(f"{s.exact!r} ({s.part} {s.start}–{s.end})" for s in spans)
            yield f"    {path}: {words}"
    for candidate in parsed.rejected:
        yield _turned_down(candidate)


def _turned_down(candidate: Rejected) -> str:
    words = " … ".join(repr(s.exact) for s in candidate.spans)
    return f"– {candidate.type}: rule {candidate.rule} at {words}: {candidate.reason}"


def summary(fact: Fact) -> dict[str, str]:
    """Return the slots of a fact in short strings, for a table."""
    return {name: text for name, value in fact.slots.items() if (text := _short(value))}


def _short(value: object) -> str:
    record = _plain(value)
    if isinstance(record, list):
        return ", ".join(_short_record(r) for r in record)
    return _short_record(record)


def _short_record(record: Any) -> str:
    if not isinstance(record, dict):
        return str(record).lower() if isinstance(record, bool) else str(record)
    for key in ("name", "quote"):
        if key in record:
            return str(record[key])
    if "bound" in record:
        return _amount(record)
    if "precision" in record:
        return str(record["surface"] or f"{record['from']} – {record['to']}")
    return "; ".join(_short_record(v) for v in record.values() if v is not None)


def _amount(record: dict[str, Any]) -> str:
    low, high = record["low"], record["high"]
    number = low if low == high or high is None else high if low is None else f"{low}–{high}"
    sign = {"at_least": "≥ ", "at_most": "≤ ", "about": "≈ "}.get(record["bound"], "")
    return f"{sign}{number} {record['unit'] or ''}".strip()
