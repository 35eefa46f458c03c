"""From a draft to a fact: resolve what was found, and give each slot its value and its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from seeds.built import Built, Spans
from seeds.coref import Context
from seeds.event_types import PAIRS, required_slots, slot_kinds
from seeds.facts import (
    Entity,
    Interval,
    Investor,
    Modality,
    SlotValue,
    Text,
)
from seeds.match import Draft
from seeds.nearby import Hit
from seeds.values import Value


class Incomplete(Exception):
    """A draft that lacks something; the message says what."""


def build(draft: Draft, context: Context) -> Iterator[Built]:
    """Yield the facts of a draft: one for each member of the slot that the rule says `each` of.

    Raises Incomplete if a required slot stays empty.
    """
    values, evidence = _values(draft, context)
    if draft.rule.event in PAIRS:
        yield from _pairs(draft, context, values, evidence)
        return
    each = draft.rule.each
    members = values.get(each or "", [])
    if not each or not isinstance(members, list):
        yield _one(draft, context, values, evidence)
        return
    for n, member in enumerate(members):
        own = {**evidence, each: [evidence[each][n]]}
        yield _one(draft, context, {**values, each: [member]}, own)


PAIRS_MAX = 10
Found = dict[str, list[SlotValue]]


def _values(draft: Draft, context: Context) -> tuple[Found, dict[str, Spans]]:
    """Resolve the hits of each slot, names before references; what stays empty falls back."""
    values: Found = {}
    evidence: dict[str, Spans] = {}
    taken: set[str] = set()  # one entity has one part in an event
    slots = sorted(
        draft.hits, key=lambda name: any(h.item and h.item.type == "COREF" for h in draft.hits[name])
    )
    for name in slots:
        for hit in draft.hits[name]:
            for value in _read(draft, hit, name, context, taken):
                values.setdefault(name, []).append(value)
                evidence.setdefault(name, []).append((hit.start, hit.end))
                if isinstance(value, Entity):
                    taken.add(value.id)
    for name, spec in draft.rule.slots.items():
        for way in spec.orelse if name not in values else ():
            found = context.fallback(way, draft, taken, values)
            if found is not None:
                if way == "previous" and draft.bare:
                    draft.telling = draft.telling._replace(stage=context.facts[-1].stage)
                values[name], evidence[name] = [found[0]], [found[1]]
                taken.add(found[0].id)
                break
        if spec.required and name not in values:
            msg = f"no {name}"
            raise Incomplete(msg)
    return values, evidence


def _read(draft: Draft, hit: Hit, name: str, context: Context, taken: set[str]) -> list[SlotValue]:
    """Return the values of a hit: one, except where a reference stands for two."""
    if hit.value is not None:
        return [hit.value]
    item = hit.item
    if item is None or item.type == "ROLE":
        quote = draft.sentence.scene.exact(hit.start, hit.end)
        if slot_kinds(draft.rule.event).get(name) == "entity":
            return [context.product(quote)]
        return [Text(quote=quote, modality=_part_modality(draft, hit))]
    if isinstance(item.what, Value):
        found = item.what.quantity or item.what.interval
        return [found] if found is not None else []
    return list(context.entities(item, taken, product=name == "product"))


def _part_modality(draft: Draft, hit: Hit) -> Modality | None:
    """How a text slot is told, where that differs from the whole."""
    for frame in draft.spoken:
        start = draft.sentence.scene.tokens[frame.first].start
        end = draft.sentence.scene.tokens[frame.last - 1].end
        reported = frame.media or (frame.speaker is not None and frame.speaker.type == "GROUP")
        if reported and start <= hit.start < end and draft.telling.modality == Modality.ASSERTED:
            return Modality.REPORTED
    return None


def _one(draft: Draft, context: Context, values: Found, evidence: dict[str, Spans]) -> Built:
    slots: dict[str, SlotValue] = dict(draft.rule.const)
    for name, kind in slot_kinds(draft.rule.event).items():
        found = values.get(name)
        if found:
            slots[name] = _shaped(kind, found)
    missing = required_slots(draft.rule.event) - set(slots)
    if missing:
        msg = f"no {', '.join(sorted(missing))}"
        raise Incomplete(msg)
    spans = {name: evidence[name] for name in evidence if name in slots}
    spans["trigger"] = [draft.span]
    built = Built(
        draft.rule.event,
        draft.telling.stage,
        draft.telling.modality,
        draft.rule,
        draft.sentence.number,
        draft.span,
        slots,
        spans,
    )
    built.referred = {
        n for n in slots if any(h.item and h.item.type == "COREF" for h in draft.hits.get(n, ()))
    }
    _attribute(built, draft, context)
    _date(built, draft)
    return built


def _shaped(kind: str, found: list[SlotValue]) -> SlotValue:
    if kind == "investors":
        return tuple(Investor(entity=e) for e in found if isinstance(e, Entity))
    if kind == "entities":
        return tuple(e for e in found if isinstance(e, Entity))
    return found[0]


def _attribute(built: Built, draft: Draft, context: Context) -> None:
    speaker = draft.telling.speaker
    if speaker is None:
        return
    found = context.entities(speaker, set())
    if (
        built.modality == Modality.REPORTED
        and not draft.telling.media
        and context.own(built, draft, speaker, found)
    ):
        built.modality = Modality.ASSERTED
    if len(found) == 1:
        built.attributed_to = found[0]
        built.evidence["attributed_to"] = [(speaker.start, speaker.end)]


def _date(built: Built, draft: Draft) -> None:
    """Let an unused date of the sentence, or the `when` of a product, say when the event was."""
    when = built.slots.get("when")
    if isinstance(when, Interval):
        built.valid = when
        return
    if not draft.rule.dated:
        return
    near = min(draft.dates, key=lambda d: abs(d.first - draft.trigger.first), default=None)
    if near is not None and isinstance(near.what, Value) and near.what.interval is not None:
        built.valid = near.what.interval
        built.evidence["valid"] = [(near.start, near.end)]


def _pairs(draft: Draft, context: Context, values: Found, evidence: dict[str, Spans]) -> Iterator[Built]:
    """One fact for each pair: of the one party with each other, or among the others alone."""
    party = [(v, s) for v, s in zip(values.get("party", ()), evidence.get("party", ()), strict=True)]
    others = list(zip(values.get("others", ()), evidence.get("others", ()), strict=True))
    pairs = [(p, o) for p in party for o in others] or list(combinations(others, 2))
    for one, other in pairs[:PAIRS_MAX]:
        if not isinstance(one[0], Entity) or not isinstance(other[0], Entity) or one[0].id == other[0].id:
            continue
        first, second = sorted(
            (one, other), key=lambda pair: pair[0].id if isinstance(pair[0], Entity) else ""
        )
        found: Found = {name: v for name, v in values.items() if name not in ("party", "others")}
        own = {name: s for name, s in evidence.items() if name in found}
        built = _one(draft, context, {**found, "parties": [(first[0], second[0])]}, own)  # type: ignore[list-item]
        built.evidence["parties.0"], built.evidence["parties.1"] = [first[1]], [second[1]]
        yield built
