"""Triggers: which words of a sentence set a rule off.

One index over the triggers of all rules of a language, so that a sentence is read once.
"""

from __future__ import annotations

from functools import cache

from seeds.cues import scan
from seeds.items import COMMAS, Sentence
from seeds.naming import names_lexicon
from seeds.nearby import words_index
from seeds.phrases import Found, PhraseIndex
from seeds.rule import Rule
from seeds.rules import load_rules, trigger_phrases
from seeds.tokens import forms
from seeds.verbs import FormKind

NOUN_PREFIXES = ("ال", "ب", "ل", "بال", "لل", "كال")  # no verb has them
FOLLOW_MAX = 12  # tokens behind a trigger in which `follow` words count
MARKS_MAX = 3  # … and more in Arabic, where names stand in quotation marks
NEXT_MAX = 5  # … and `unfollowed` words
VERBAL = (FormKind.BASE, FormKind.PRESENT, FormKind.PAST)
AROUND = 4  # tokens around a trigger in which an `unless` phrase may begin

Trigger = Found[tuple[Rule, FormKind]]


@cache
def rule_index(language: str) -> PhraseIndex[tuple[Rule, FormKind]]:
    """Return the triggers of all rules of a language."""
    return PhraseIndex(
        (phrase, (rule, kind)) for rule in load_rules(language) for phrase, kind in trigger_phrases(rule)
    )


def triggers(sentence: Sentence) -> list[Trigger]:
    """List the triggers in order; of one rule at one place only the longest."""
    tokens = sentence.scene.tokens
    found: list[Trigger] = []
    taken: dict[str, int] = {}
    for hit in rule_index(sentence.scene.language).find(tokens, sentence.first, sentence.last):
        rule, kind = hit.payload
        if taken.get(rule.id, -1) > hit.first:
            same = next((n for n, f in enumerate(found) if f.payload[0] is rule and f[:2] == hit[:2]), None)
            if same is not None and kind == FormKind.NOUN and _nominal(sentence, hit):
                found[same] = hit
            continue
        if kind in VERBAL and _determined(sentence, hit.first, kind):
            continue
        if _compound(sentence, hit.first) or _in_name(sentence, hit.first, hit.last):
            continue
        if hit.form.prefix == "لل" and _ends_name(sentence, hit.first):
            continue
        if _fits(sentence, rule, hit):
            taken[rule.id] = hit.last
            found.append(hit)
    found = [f for f in found if not any(_within(f, other) for other in found)]
    for rule in _item_rules(sentence.scene.language):
        for item in sentence.items:
            hit = Found(item.first, item.last, (rule, FormKind.PHRASE), forms(tokens[item.first].text)[0])
            if item.type in rule.items and _fits(sentence, rule, hit):
                found.append(hit)
    return found


def _within(hit: Trigger, other: Trigger) -> bool:
    """Tell whether a longer phrase of another rule of the same type takes a trigger in."""
    longer = other.last - other.first > hit.last - hit.first
    return longer and other.first <= hit.first and hit.last <= other.last and _event(hit) == _event(other)


def _event(hit: Trigger) -> str:
    return hit.payload[0].event


def _determined(sentence: Sentence, i: int, kind: FormKind) -> bool:
    """Tell whether an English word that may be a verb is none: "its forecast", "a July estimate"."""
    tokens = sentence.scene.tokens
    if sentence.scene.language != "en" or i == sentence.first:
        return False
    before = tokens[i - 1].text
    if before in ("a", "an", "the", "its", "their"):
        return True
    if kind != FormKind.BASE:
        return False
    if before in ("this", "that"):
        return True
    described = i - 2 >= sentence.first and tokens[i - 2].text in ("a", "an")
    return described and before not in ("to", "not", "would")


def _compound(sentence: Sentence, i: int) -> bool:
    """Tell whether a word is the end of a compound: the "hire" of "acqui-hire"."""
    tokens = sentence.scene.tokens
    joined = i - 1 > sentence.first and tokens[i - 1].text == "-" and tokens[i - 1].end == tokens[i].start
    return joined and tokens[i - 2].end == tokens[i - 1].start


def _in_name(sentence: Sentence, first: int, last: int) -> bool:
    """Tell whether a word is part of a name or a value, and so sets nothing off."""
    item = sentence.item_at(first)
    if item is None or item.what is None or item.type in ("COREF", "COUNT"):
        return False  # "430 job losses": what is counted may be what is told of
    return item.first < first or item.last >= last


def _ends_name(sentence: Sentence, i: int) -> bool:
    """Tell whether a word tells what the company before it is for: "شركة «X» للاستثمار المباشر"."""
    before = i - 1 if i == sentence.first or sentence.scene.tokens[i - 1].is_word else i - 2
    item = sentence.item_at(before) if before >= sentence.first else None
    tails = names_lexicon(sentence.scene.language).lists["tails"]
    return item is not None and item.type == "ORG" and sentence.scene.tokens[i].text in tails


def _nominal(sentence: Sentence, hit: Trigger) -> bool:
    """Tell whether a word that may be a verb or its noun (نشر، خفض) is the noun, by what is before it."""
    if hit.form.prefix in NOUN_PREFIXES or hit.form.conjunction:
        return hit.first > sentence.first
    before = sentence.scene.tokens[hit.first - 1].text if hit.first > sentence.first else ""
    if before in sentence.scene.grammar.infinitives:
        return False
    return before in sentence.scene.grammar.prepositions or any(c.last == hit.first for c in scan(sentence))


def _joined(sentence: Sentence, hit: Trigger) -> bool:
    """Tell whether "and" stands before a trigger: "building a … and deploying …"."""
    before = sentence.scene.tokens[hit.first - 1].text if hit.first > sentence.first else ""
    return bool(hit.form.conjunction) or before == "and"


@cache
def _item_rules(language: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in load_rules(language) if rule.items)


def _fits(sentence: Sentence, rule: Rule, hit: Trigger) -> bool:
    """Check the words that a rule wants, or does not want, around its trigger."""
    first, last = sentence.first, sentence.last
    if rule.needs and not sentence.find(words_index(rule.needs), first, last):
        return False
    if rule.without and sentence.find(words_index(rule.without), first, last):
        return False
    if rule.document and not sentence.scene.has(words_index(rule.document)):
        return False
    if rule.unfollowed and sentence.find(
        words_index(rule.unfollowed), hit.last, min(hit.last + NEXT_MAX, last)
    ):
        return False
    reach = hit.last + FOLLOW_MAX + MARKS_MAX * (rule.language == "ar")
    if rule.follow and not sentence.find(words_index(rule.follow), hit.last, min(reach, last)):
        return False
    if rule.unled and _led(sentence, rule, hit):
        return False
    around = sentence.find(
        words_index(rule.unless), max(first, hit.first - AROUND), min(hit.last + AROUND, last)
    )
    return not any(f.first < hit.last and f.last > hit.first for f in around)


def _led(sentence: Sentence, rule: Rule, hit: Trigger) -> bool:
    """Tell whether one of the rule's `unled` words stands before a trigger, with no comma between."""
    tokens = sentence.scene.tokens
    start = max(sentence.first, hit.first - FOLLOW_MAX)
    start = next((i + 1 for i in range(hit.first - 1, start - 1, -1) if tokens[i].text in COMMAS), start)
    return bool(sentence.find(words_index(rule.unled), start, hit.first))


def _measures(rule: Rule) -> bool:
    """Tell whether a rule's trigger words say what is measured: revenue, profit, a loss."""
    metric = rule.slots.get("metric")
    return metric is not None and "trigger" in metric.at


def limit(sentence: Sentence, later: list[Trigger], hit: Trigger) -> int:
    """Where the next event of the same type begins: its slots are not this one's."""
    event, own = hit.payload[0].event, hit.payload[1]
    for other in later:
        rule, kind = other.payload
        verbal = kind in (FormKind.PAST, FormKind.PRESENT)
        joined = kind == own and _joined(sentence, other)
        if rule.event == event and other.first >= hit.last + 2 and (verbal or joined):
            return other.first
        if rule.event == event and other.first >= hit.last and _measures(rule) and _measures(hit.payload[0]):
            return other.first  # "profit rose … on revenue of …"
    return sentence.last
