"""The forms of a verb by templates, so that a rule names the verb and not its conjugation.

The lexicon holds what cannot be derived: in Arabic the present and the verbal nouns, in English what is
irregular. Passives are not listed: Arabic news tells them by تم and the noun, English by "be" and the past,
and both are seen in the sentence (`seeds.modality`, `seeds.match`).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from seeds.errors import BadRule
from seeds.shadow import fold

Forms = list[tuple[str, "FormKind"]]


class FormKind(StrEnum):
    """How a trigger stands in its sentence; a rule's stage may depend on it."""

    PAST = "past"
    PRESENT = "present"
    BASE = "base"  # after "to" or "will"
    GERUND = "gerund"
    NOUN = "noun"
    PHRASE = "phrase"  # words given as they are


def conjugate(language: str, verb: str, entry: dict[str, Any]) -> Forms:
    """List the forms of a verb of the lexicon; `entry` holds what cannot be derived."""
    unknown = set(entry) - _ENTRY[language]
    if unknown:
        msg = f"verb {verb!r} ({language}): unknown {', '.join(sorted(unknown))}"
        raise BadRule(msg)
    found = list(_arabic(verb, entry) if language == "ar" else _english(verb, entry))
    found += [(noun, FormKind.NOUN) for noun in _list(entry.get("noun"))]
    return list(dict.fromkeys(found))


def _list(value: object) -> list[str]:
    return [] if value is None else [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _arabic(verb: str, entry: dict[str, Any]) -> Iterator[tuple[str, FormKind]]:
    """Past by its endings, present by its prefixes; a weak final letter gives way before an ending."""
    past = fold(verb)
    weak = past.endswith("ي")
    root = past[:-1] if weak else past[:-1] if past.endswith("ا") else past
    yield from ((form, FormKind.PAST) for form in (past, root + "ت", root + "وا", root + "تا"))
    yield (root + "يا" if weak else past + "ا", FormKind.PAST)
    for present in _list(entry.get("present")):
        body = fold(present)[1:]
        stem = body[:-1] if body[-1:] in "يو" and len(body) > 2 else body
        for prefix in "يتنا":
            yield (prefix + body, FormKind.PRESENT)
        for prefix in "يت":
            yield from ((prefix + stem + end, FormKind.PRESENT) for end in ("ون", "وا"))
            yield (prefix + body + "ان", FormKind.PRESENT)
            if stem != body:
                yield (prefix + stem, FormKind.PRESENT)  # the jussive drops the weak letter: لم يشتر


def _english(verb: str, entry: dict[str, Any]) -> Iterator[tuple[str, FormKind]]:
    """Regular spelling, unless the entry says otherwise; a particle ("cut back") stays behind the verb."""
    head, _, particle = verb.partition(" ")
    tail = f" {particle}" if particle else ""
    y = head.endswith("y") and head[-2] not in "aeiou"
    e = head.endswith("e")
    double = head + head[-1] if entry.get("double") else head
    past = _list(entry.get("past")) or [head + "d" if e else head[:-1] + "ied" if y else double + "ed"]
    gerund = head[:-1] + "ing" if e and not head.endswith("ee") else double + "ing"
    third = (
        head[:-1] + "ies"
        if y
        else head + "es"
        if head.endswith(("s", "x", "z", "ch", "sh", "o"))
        else head + "s"
    )
    yield (head + tail, FormKind.BASE)
    yield (third + tail, FormKind.PRESENT)
    yield (gerund + tail, FormKind.GERUND)
    for form in (*past, *_list(entry.get("participle"))):
        yield (form + tail, FormKind.PAST)


_ENTRY = {"ar": {"present", "noun"}, "en": {"past", "participle", "double", "noun"}}
