"""Matching: which rules a sentence sets off, and what fills their slots.

One index over the triggers of all rules of a language; each trigger is tried once per rule. What comes out
are drafts: typed places in the text, nothing resolved yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seeds.cues import Cue, Frame, frames, scan
from seeds.fill import Filler
from seeds.items import Item, Sentence
from seeds.modality import Telling, chain, tell
from seeds.nearby import Hit, words_index
from seeds.rule import Rule, SlotSpec
from seeds.scene import Scene
from seeds.triggers import limit, triggers
from seeds.verbs import FormKind

TRIES_MAX = 8  # other fillings that are tried where a required slot stays empty
PER_SENTENCE_MAX = 60


@dataclass
class Draft:
    """A rule that fired: its trigger, and for each slot the hits that fill it."""

    rule: Rule
    sentence: Sentence
    trigger: Cue
    hits: dict[str, list[Hit]]
    telling: Telling
    missing: tuple[str, ...] = ()
    dates: list[Item] = field(default_factory=list)
    spoken: list[Frame] = field(default_factory=list)
    bare: bool = False  # a noun that nothing governs: its stage is that of what it goes on about

    @property
    def span(self) -> tuple[int, int]:
        """Folded offsets of the trigger words."""
        tokens = self.sentence.scene.tokens
        return tokens[self.trigger.first].start, tokens[self.trigger.last - 1].end


def match(scene: Scene) -> Iterator[Draft]:
    """Yield the drafts of a document in the order of the text."""
    for sentence in scene.sentences:
        yield from match_sentence(sentence)


def match_sentence(sentence: Sentence) -> Iterator[Draft]:
    """Yield the drafts of one sentence; those that lack a required slot say which (`missing`)."""
    found = triggers(sentence)
    if not found:
        return
    cues = scan(sentence)
    spoken = frames(sentence, cues)
    for n, hit in enumerate(found[:PER_SENTENCE_MAX]):
        rule, kind = hit.payload
        trigger = Cue(hit.first, hit.last, "trigger", rule.id, hit.form.prefix, kind)
        bound = limit(sentence, found[n + 1 :], hit)
        for end in sentence.find(words_index(rule.bounds), hit.last, bound) if rule.bounds else ():
            bound = min(bound, end.first)
        yield _draft(sentence, cues, spoken, trigger, rule, bound)


def _draft(
    sentence: Sentence, cues: list[Cue], spoken: list[Frame], trigger: Cue, rule: Rule, limit: int
) -> Draft:
    governing = chain(sentence, cues, trigger)
    filler = Filler(sentence, trigger, governing, spoken, limit)
    hits, missing = _fill(filler, list(rule.slots.items()), [TRIES_MAX])
    dates = _dates(sentence, cues, trigger, _firsts(hits))
    own = {hit.item.first for found in hits.values() for hit in found if hit.item is not None}
    hedged = any(
        c.group in ("hedge", "imperfect")
        for name in rule.hedged_by
        for hit in hits.get(name, ())
        for c in cues
        if hit.start <= sentence.scene.tokens[c.first].start < hit.end
    )
    telling = tell(sentence, cues, spoken, trigger, rule, lambda item: item.first in own, hedged)
    nominal = trigger.kind in (FormKind.NOUN, FormKind.GERUND)
    bare = nominal and not governing and trigger.kind not in rule.stage and "any" not in rule.stage
    return Draft(rule, sentence, trigger, hits, telling, missing, dates, spoken, bare)


def _dates(sentence: Sentence, cues: list[Cue], trigger: Cue, used: set[int]) -> list[Item]:
    """List the dates that may be the event's own: of its clause, with no other plan told in between."""
    first, last = sentence.clause(trigger.first, trigger.last)
    plans = [c.first for c in cues if c.group == "stage" and c.value == "planned"]

    def own(item: Item) -> bool:
        low, high = sorted((item.first, trigger.first))
        free = item.type == "DATE" and item.first not in used and first <= item.first < last
        return free and not any(max(low, trigger.last) <= plan < high for plan in plans)

    return [item for item in sentence.items if own(item)]


def _firsts(hits: dict[str, list[Hit]]) -> set[int]:
    return {hit.item.first for found in hits.values() for hit in found if hit.item is not None}


def _fill(
    filler: Filler, specs: list[tuple[str, SlotSpec]], tries: list[int]
) -> tuple[dict[str, list[Hit]], tuple[str, ...]]:
    """Fill slot after slot; where a required one stays empty, try other fillings of those before it."""
    if not specs:
        return {}, ()
    (name, spec), rest = specs[0], specs[1:]
    best: tuple[dict[str, list[Hit]], tuple[str, ...]] | None = None
    for hits in filler.hits(spec):
        if spec.absent:
            return {}, (name,)
        filler.filled[name] = hits
        taken = {hit.item.first for hit in hits if hit.item is not None} - filler.used
        filler.used |= taken
        found, missing = _fill(filler, rest, tries)
        filler.used -= taken
        del filler.filled[name]
        if best is None or len(missing) < len(best[1]):
            best = ({name: hits, **found}, missing)
        if not missing or tries[0] <= 0:
            return best
        tries[0] -= 1
    found, missing = _fill(filler, rest, tries) if best is None or not spec.required else ({}, ())
    if best is None:
        return found, ((name, *missing) if spec.required else missing)
    return best if spec.required or len(best[1]) <= len(missing) else (found, missing)
