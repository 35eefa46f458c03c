"""Whether every value of an event is what its evidence says: read again, slot by slot."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from seeds.facts import Bound, Entity, Interval, Investor, OpenEnum, Quantity, Span, Text, Value
from streams.agree_entities import entity_agrees
from streams.checks import Check, is_erased, same
from streams.events import AnyEvent
from streams.reread import Reading, read_again

TRIGGER = "trigger"  # the evidence of the event itself: its words tell stage and modality
Leaf = tuple[str, Any]


def agreements(event: AnyEvent, headline: str | None, text: str) -> Iterator[Check]:
    """Check every slot, and who says so and when, against the spans of the same path."""
    source = event.source
    reading = read_again(headline, text, source.language, source.published_at)
    if reading is None:
        told = f"khabar has no grammar for {source.language!r}, so the values cannot be read again"
        yield Check("evidence", "source.language", False, told)
        return
    parts = {"headline": headline or "", "text": text}
    spans = {
        path: tuple(s.model_copy(update={"exact": parts[s.part][s.start : s.end]}) for s in found)
        for path, found in event.evidence.items()
    }
    leaves = list(_leaves(event))
    if not spans.get(TRIGGER):
        yield Check("evidence", TRIGGER, False, "no words are named that tell the event")
    for path, value in leaves:
        evidence = _evidence(path, spans, event)
        if not evidence and isinstance(value, OpenEnum | bool):
            yield _constant(event, path, value, reading)
        elif not evidence:
            yield Check("evidence", path, False, f"no words are named that say {_name(value)}")
        else:
            yield _best(_agrees(event, path, value, span, reading) for span in evidence)
    known = {path for path, _ in leaves} | {TRIGGER}
    for path in spans.keys() - known:
        if not any(name.startswith(f"{path}.") for name in known):
            yield Check("evidence", path, False, "words are named for a slot that the event does not fill")


def _leaves(event: AnyEvent) -> Iterator[Leaf]:
    """Walk all values that have evidence of their own, by the paths that evidence has."""
    for name in ("attributed_to", "valid"):
        if getattr(event, name) is not None:
            yield name, getattr(event, name)
    yield from _inside("", event.slots)


def _inside(path: str, value: Any) -> Iterator[Leaf]:
    if value is None:
        return
    if isinstance(value, Entity | Quantity | Interval | Text):
        yield path, value
    elif isinstance(value, Investor):
        yield path, value.entity
        yield from _inside(f"{path}.amount", value.amount)
        yield from _inside(f"{path}.lead", value.lead)
    elif isinstance(value, Value):
        for name in type(value).model_fields:
            yield from _inside(f"{path}.{name}".lstrip("."), getattr(value, name))
    elif isinstance(value, tuple):
        for number, member in enumerate(value):
            yield from _inside(f"{path}.{number}", member)
    else:
        yield path, value


def _evidence(path: str, spans: dict[str, tuple[Span, ...]], event: AnyEvent) -> tuple[Span, ...]:
    """Return the spans of a slot: its own, else those of the list that it is a member of.

    The day of a product's launch is the event's own day too, and stands under `when` alone.
    """
    if path == "valid" and path not in spans and event.valid == getattr(event.slots, "when", None):
        return spans.get("when", ())
    head, _, member = path.rpartition(".")
    return spans.get(path) or (spans.get(head, ()) if member.isdecimal() else ())


def _best(checks: Iterator[Check]) -> Check:
    """Take the first of several places that agrees; one is enough."""
    found = list(checks)
    return next((check for check in found if check.ok), found[0])


def _agrees(event: AnyEvent, path: str, value: Any, span: Span, reading: Reading) -> Check:
    salt = event.source.salt
    if isinstance(value, Entity):
        return entity_agrees(path, value, span, reading, event)
    if isinstance(value, Quantity):
        return _quantity(path, value, span, reading, salt)
    if isinstance(value, Interval):
        return _interval(path, value, span, reading, salt)
    if isinstance(value, Text):
        right = same(value.quote, span.exact, salt)
        told = f"quotes “{span.exact}”" if right else f"the span says “{span.exact}”, the slot {_name(value)}"
        return Check("quote", path, right, told + _erased(value.quote), span=span)
    right = reading.choice(event.type, path, value, span)
    told = f"“{span.exact}” {'says' if right else 'does not say'} {_name(value)}"
    return Check("choice", path, right, told, span=span)


def _quantity(path: str, value: Quantity, span: Span, reading: Reading, salt: str) -> Check:
    now = reading.quantity(span)
    if now is None:
        return Check("quantity", path, False, f"no single amount is read in “{span.exact}”", span=span)
    right, told = _compared(_amount(value), _amount(now), value.surface, now.surface, span.exact, salt)
    return Check("quantity", path, right, told, span=span)


def _interval(path: str, value: Interval, span: Span, reading: Reading, salt: str) -> Check:
    now = reading.interval(span)
    if now is None:
        return Check("interval", path, False, f"no single date is read in “{span.exact}”", span=span)
    right, told = _compared(_days(value), _days(now), value.surface, now.surface, span.exact, salt)
    return Check("interval", path, right, told, span=span)


def _compared(
    said: str, read: str, surface: str | None, written: str | None, words: str, salt: str
) -> tuple[bool, str]:
    """Compare a value, as told in full, and its surface with what the grammar reads now."""
    if said != read:
        return False, f"“{words}” is read as {read}, the event says {said}"
    if surface is not None and not same(surface, written or "", salt):
        shown = "something else, which was erased" if is_erased(surface) else f"“{surface}”"
        return False, f"it is written “{written}”, the event says {shown}"
    return True, f"“{words}” is read as {read}{_erased(surface)}"


def _amount(value: Quantity) -> str:
    """Tell all of a quantity, so that two are told alike only if they are equal."""
    low, high = (f"{Decimal(end):,f}" if end is not None else None for end in (value.low, value.high))
    if low == high:
        number = low or "no number"
    else:
        number = f"{low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
    unit = f" {value.unit}" if value.unit is not None else ""
    return f"{number}{unit}" + (f" ({value.bound})" if value.bound != Bound.EXACT else "")


def _days(value: Interval) -> str:
    """Tell all of an interval, so that two are told alike only if they are equal."""
    ends = [end.isoformat() if end else "open" for end in (value.start, value.end)]
    return f"{' to '.join(dict.fromkeys(ends))} ({value.precision})"


def _constant(event: AnyEvent, path: str, value: OpenEnum | bool, reading: Reading) -> Check:
    """Check a value without words of its own: the rule says that its trigger means it."""
    right = reading.constant(event.type, path, value, event.extraction.rule)
    told = f"{_name(value)} follows from the trigger, says the rule {event.extraction.rule}"
    if not right:
        told = f"no words are named that say {_name(value)}, nor does the rule {event.extraction.rule}"
    return Check("choice" if right else "evidence", path, right, told)


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    said = str(getattr(value, "surface", None) or getattr(value, "quote", None) or value)
    return "what was erased" if is_erased(said) else f"“{said}”"


def _erased(said: str | None) -> str:
    return " (erased from the event; its hash agrees)" if is_erased(said) else ""
