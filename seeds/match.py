"""Matching: which rules a sentence sets off, and what fills their slots.

One index over the triggers of all rules of a language; each trigger is tried once per rule. What comes out
are drafts: typed places in the text, nothing resolved yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from seeds.cues import Cue, Frame, frames, scan
from seeds.fill import Filler
from seeds.modality import Telling, chain, tell
from seeds.phrases import Found, PhraseIndex
from seeds.places import Hit, words_index
from seeds.rules import Rule, SlotSpec, load_rules, trigger_phrases
from seeds.scene import Item, Scene, Sentence
from seeds.tokens import forms
from seeds.verbs import FormKind

TRIES_MAX = 8  # other fillings that are tried where a required slot stays empty
PER_SENTENCE_MAX = 60
NOUN_PREFIXES = ("ال", "ب", "ل", "بال", "لل", "كال")  # no verb has them
FOLLOW_MAX = 9  # tokens behind a trigger in which `follow` words count
NEXT_MAX = 5  # … and `unfollowed` words


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


@cache
def rule_index(language: str) -> PhraseIndex[tuple[Rule, FormKind]]:
    """Return the triggers of all rules of a language."""
    return PhraseIndex(
        (phrase, (rule, kind)) for rule in load_rules(language) for phrase, kind in trigger_phrases(rule)
    )


def match(scene: Scene) -> Iterator[tuple[Sentence, list[Draft]]]:
    """Yield the drafts of each sentence, in the order of the text."""
    for sentence in scene.sentences:
        yield sentence, match_sentence(sentence)


def match_sentence(sentence: Sentence) -> list[Draft]:
    """Return the drafts of one sentence; those that lack a required slot say which (`missing`)."""
    found = _triggers(sentence)
    if not found:
        return []
    cues = scan(sentence)
    spoken = frames(sentence, cues)
    drafts = []
    for n, hit in enumerate(found[:PER_SENTENCE_MAX]):
        rule, kind = hit.payload
        trigger = Cue(hit.first, hit.last, "trigger", rule.id, hit.form.prefix, kind)
        limit = _limit(sentence, found[n + 1 :], hit)
        drafts.append(_draft(sentence, cues, spoken, trigger, rule, limit))
    return drafts


def _triggers(sentence: Sentence) -> list[Found[tuple[Rule, FormKind]]]:
    """List the triggers in order; of one rule at one place only the longest."""
    tokens = sentence.scene.tokens
    found: list[Found[tuple[Rule, FormKind]]] = []
    taken: dict[str, int] = {}
    for hit in rule_index(sentence.scene.language).find(tokens, sentence.first, sentence.last):
        rule, kind = hit.payload
        if taken.get(rule.id, -1) > hit.first:
            same = next((n for n, f in enumerate(found) if f.payload[0] is rule and f[:2] == hit[:2]), None)
            if same is not None and kind == FormKind.NOUN and _nominal(sentence, hit):
                found[same] = hit
            continue
        if not _in_name(sentence, hit.first, hit.last) and _fits(sentence, rule, hit):
            taken[rule.id] = hit.last
            found.append(hit)
    found = [f for f in found if not any(_within(f, other) for other in found)]
    for rule in _item_rules(sentence.scene.language):
        for item in sentence.items:
            hit = Found(item.first, item.last, (rule, FormKind.PHRASE), forms(tokens[item.first].text)[0])
            if item.type in rule.items and _fits(sentence, rule, hit):
                found.append(hit)
    return found


def _within(hit: Found[tuple[Rule, FormKind]], other: Found[tuple[Rule, FormKind]]) -> bool:
    """Tell whether a longer phrase of another rule of the same type takes a trigger in."""
    longer = other.last - other.first > hit.last - hit.first
    return longer and other.first <= hit.first and hit.last <= other.last and _event(hit) == _event(other)


def _event(hit: Found[tuple[Rule, FormKind]]) -> str:
    return hit.payload[0].event


def _in_name(sentence: Sentence, first: int, last: int) -> bool:
    """Tell whether a word is part of a name or a value, and so sets nothing off."""
    item = sentence.item_at(first)
    if item is None or item.what is None or item.type == "COREF":
        return False
    return item.first < first or item.last >= last


def _nominal(sentence: Sentence, hit: Found[tuple[Rule, FormKind]]) -> bool:
    """Tell whether a word that may be a verb or its noun (نشر، خفض) is the noun: what is before it decides."""
    if hit.form.prefix in NOUN_PREFIXES or hit.form.conjunction:
        return hit.first > sentence.first
    before = sentence.scene.tokens[hit.first - 1].text if hit.first > sentence.first else ""
    return before in sentence.scene.grammar.prepositions or any(c.last == hit.first for c in scan(sentence))


@cache
def _item_rules(language: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in load_rules(language) if rule.items)


def _fits(sentence: Sentence, rule: Rule, hit: Found[tuple[Rule, FormKind]]) -> bool:
    """Check the words that a rule wants, or does not want, around its trigger."""
    tokens, first, last = sentence.scene.tokens, sentence.first, sentence.last
    if rule.needs and not words_index(rule.needs).find(tokens, first, last):
        return False
    if rule.without and words_index(rule.without).find(tokens, first, last):
        return False
    if rule.document and not sentence.scene.has(words_index(rule.document)):
        return False
    if rule.unfollowed and words_index(rule.unfollowed).find(
        tokens, hit.last, min(hit.last + NEXT_MAX, last)
    ):
        return False
    if rule.follow and not words_index(rule.follow).find(tokens, hit.last, min(hit.last + FOLLOW_MAX, last)):
        return False
    around = words_index(rule.unless).find(tokens, max(first, hit.first - 4), min(hit.last + 4, last))
    return not any(f.first < hit.last and f.last > hit.first for f in around)


def _limit(
    sentence: Sentence, later: list[Found[tuple[Rule, FormKind]]], hit: Found[tuple[Rule, FormKind]]
) -> int:
    """Where the next event of the same type begins: its slots are not this one's."""
    event, own = hit.payload[0].event, hit.payload[1]
    for other in later:
        rule, kind = other.payload
        verbal = kind in (FormKind.PAST, FormKind.PRESENT) or (kind == own and kind != FormKind.PHRASE)
        if rule.event == event and other.first >= hit.last + 2 and verbal:
            return other.first
    return sentence.last


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
