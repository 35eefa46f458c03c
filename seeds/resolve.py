"""Which entity a mention is.

A name that only one known entity has is that entity. A name in no list makes an unresolved entity, whose id
comes from the name alone: the same name gives the same id in every document. Nothing is accepted because it
looks alike. A reference ("the company") is resolved by `antecedent`, and only to the one name it can be.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from seeds.entities import known_entities
from seeds.facts import Entity, EntityKind
from seeds.mention import Mention
from seeds.naming import names_lexicon
from seeds.sentences import Sentence
from seeds.shadow import Shadow, fold

SLUG_MAX = 60
HASH_DIGITS = 8
REACH = 3  # sentences before its own in which the antecedent of a reference may stand
_GAP = re.compile(r"\s*(?:[(\[]\s*[\"«“]?|[\"«“])\s*$")


class Resolution(NamedTuple):
    """What a mention is, and why; no entity for a reference without one possible antecedent."""

    entity: Entity | None
    why: str


Resolved = dict[Mention, Resolution]


def resolve(mentions: Sequence[Mention], shadow: Shadow, published: date | None = None) -> Resolved:
    """Resolve the names of one document; references (COREF) are left to `antecedent`.

    `published` decides between two entities that had the same name at different times.
    """
    names = [m for m in mentions if m.kind != "COREF"]
    named_by = _first_names(names, shadow)
    found: Resolved = {}
    for m in names:
        full = named_by.get(m, m)
        candidates = full.candidates or m.candidates
        if len(candidates) > 1:
            candidates = _settled(candidates, full, names, published)
        if len(candidates) == 1:
            found[m] = Resolution(_known(candidates[0], m), _why_known(m, full))
        else:
            found[m] = Resolution(_unresolved(m, full), _why_unresolved(m, full, candidates))
    return found


# -- names of one document that are one entity


def _first_names(names: list[Mention], shadow: Shadow) -> dict[Mention, Mention]:
    """Map short names, and names in brackets behind another, to the mention that says it in full."""
    fullest: dict[Mention, Mention] = {}
    for before, after in pairwise(names):
        if _in_apposition(before, after, shadow):
            fullest[after] = before
            if after.candidates and not before.candidates:
                fullest[after], fullest[before] = after, after
    by_words: dict[tuple[str, tuple[str, ...]], set[Mention]] = {}
    for m in names:
        words = _words(m.name)
        for part in _parts(m.kind, words):
            by_words.setdefault((m.kind, part), set()).add(fullest.get(m, m))
    for m in names:
        if m in fullest or m.candidates:
            continue
        owners = by_words.get((m.kind, _words(m.name)), set())
        keys = {o.candidates or _words(o.name) for o in owners}
        if len(keys) == 1:
            fullest[m] = min(owners)
    same: dict[tuple[str, tuple[str, ...]], Mention] = {}
    for m, full in list(fullest.items()):  # what was said once in brackets holds wherever the name stands
        same.setdefault((m.kind, _words(m.name)), full)
    return {m: fullest.get(m) or same.get((m.kind, _words(m.name)), m) for m in names}


def _in_apposition(before: Mention, after: Mention, shadow: Shadow) -> bool:
    """Tell whether the second name stands in brackets right behind the first, in another script."""
    gap = shadow.folded[before.end : after.start]
    return (
        before.kind == after.kind
        and len(gap) < 5
        and _GAP.match(gap) is not None
        and before.name.isascii() != after.name.isascii()
    )


def _parts(kind: str, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what may stand for a longer name: of a person the surname, of a company the first words."""
    if kind == "PERSON":
        return [words[n:] for n in range(1, len(words))]
    return [words[:n] for n in range(1, len(words))] if kind == "ORG" else []


@cache
def _forms() -> frozenset[str]:
    """Legal forms and nouns such as شركة that do not tell names apart."""
    ar, en = names_lexicon("ar").lists, names_lexicon("en").lists
    return ar["organisation"] | frozenset(w.rstrip(".") for w in en["legal_forms"])


def _words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, without those that do not tell names apart."""
    words = tuple(
        re.sub(r"['’]s$", "", w).replace(".", "") for w in re.findall(r"[^\s\-–()\"«»“”,،&/]+", fold(name))
    )
    told = tuple(w for w in words if w and w not in _forms())
    return told or words


# -- entities


def _known(entity_id: str, m: Mention) -> Entity:
    entity = known_entities()[entity_id]
    return Entity(id=entity.id, name=entity.name, surface=m.name, kind=EntityKind(entity.kind), resolved=True)


def _unresolved(m: Mention, full: Mention) -> Entity:
    name = " ".join(full.name.split())[:300]
    kind = EntityKind(m.kind.lower())
    return Entity(id=unresolved_id(full.name), name=name, surface=m.name, kind=kind, resolved=False)


def unresolved_id(name: str) -> str:
    """Make the id of an entity in no list: `unresolved-najd-grid-1b2c3d4e`; the slug is empty for Arabic."""
    words = _words(name)
    plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:SLUG_MAX].strip("-")
    digest = hashlib.sha256(" ".join(words).encode()).hexdigest()[:HASH_DIGITS]
    return "-".join(part for part in ("unresolved", slug, digest) if part)


def _settled(
    candidates: tuple[str, ...], m: Mention, names: Iterable[Mention], published: date | None
) -> tuple[str, ...]:
    """Choose among entities of one name: what the document names otherwise, too; what had it that day."""
    elsewhere = {n.candidates[0] for n in names if len(n.candidates) == 1}
    told = tuple(c for c in candidates if c in elsewhere)
    if len(told) == 1 or published is None:
        return told or candidates
    name = fold(m.name)
    valid = [
        c
        for c in candidates
        for a in known_entities()[c].names()
        if name in map(fold, a.spellings())
        and (a.valid_from is None or a.valid_from <= published)
        and (a.valid_to is None or published <= a.valid_to)
    ]
    return tuple(dict.fromkeys(valid)) or candidates


def _why_known(m: Mention, full: Mention) -> str:
    if full is not m and full.name != m.name:
        return f"stands for {full.name!r}, told in the same document"
    if m.cue == "short":
        return f"{m.name!r} is a short name; the document names the entity in full, or with a cue"
    if m.cue == "part":
        return f"{m.name!r} is part of a name told in full before"
    return f"{m.name!r} is a name of this entity alone"


def _why_unresolved(m: Mention, full: Mention, candidates: tuple[str, ...]) -> str:
    if candidates:
        return f"{m.name!r} may be {', '.join(candidates)}: nothing in the document decides"
    if full is not m and full.name != m.name:
        return f"stands for {full.name!r}, which is in no list"
    return f"{m.name!r} is in no list; found by {m.cue!r}"


# -- references


def antecedent(
    reference: Mention,
    mentions: Sequence[Mention],
    resolved: Resolved,
    sentences: Sequence[Sentence],
    exclude: Collection[str] = (),
) -> Resolution:
    """Resolve a reference to one name: the only compatible entity of the nearest sentence that has any.

    First its own sentence up to the reference, then at most REACH sentences before. `exclude` are the ids of
    entities that it cannot be, since they play another part in the same event.
    """
    found = antecedents(reference, mentions, resolved, sentences, exclude)
    if len(found) == 1:
        return found[0]
    if found:
        return Resolution(None, f"{reference.name!r} stands for {len(found)} names")
    return Resolution(None, f"{reference.name!r}: no single antecedent")


def _start(m: Mention | Sentence) -> int:
    return m.start


def antecedents(
    reference: Mention,
    mentions: Sequence[Mention],
    resolved: Resolved,
    sentences: Sequence[Sentence],
    exclude: Collection[str] = (),
) -> tuple[Resolution, ...]:
    """Resolve a reference to as many names as it stands for (one or two); empty if they are not that many."""
    kind, _, number = reference.cue.partition(" ")
    wanted = 2 if number == "two" else 1
    at = max(bisect_right(sentences, reference.start, key=_start) - 1, 0)
    for n in range(at, max(at - REACH, 0) - 1, -1):
        if n >= len(sentences):
            break
        start, end = sentences[n].start, min(sentences[n].end, reference.start)
        here: dict[str, Entity] = {}
        for m in mentions[bisect_left(mentions, start, key=_start) : bisect_left(mentions, end, key=_start)]:
            if m.end <= end and m.kind == kind.upper() and m in resolved:
                entity = resolved[m].entity
                if entity is not None and entity.id not in exclude:
                    here.setdefault(entity.id, entity)
        if here:
            if len(here) != wanted:
                return ()
            why = f"{reference.name!r} can only be {{}} of {'its own' if n == at else 'an earlier'} sentence"
            return tuple(
                Resolution(e.model_copy(update={"surface": reference.name}), why.format(e.name))
                for e in here.values()
            )
    return ()
