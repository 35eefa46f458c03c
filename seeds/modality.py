"""Stage, modality and attribution: what has happened to an event, how it is told, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from seeds.cues import Cue, Frame
from seeds.facts import Modality, Stage
from seeds.items import COMMAS, Item, Sentence
from seeds.rule import Rule
from seeds.verbs import FormKind

REACH = 9  # tokens outside of an apposition between two cues of one chain, or a cue and its trigger
NEGATION_REACH = 3
AUXILIARIES = ("has", "is", "was")  # not "have": both names may be the subject
LIGHT = frozenset(
    ("make", "launch", "pursue", "seek", "consider", "table", "submit", "enter", "hold", "form", "do")
)
DEALS = ("acquisition", "investment", "partnership")
ORDER = ("cancelled", "ended", "considering", "planned", "agreed", "completed")


class Telling(NamedTuple):
    """How one event is told."""

    stage: Stage
    modality: Modality
    speaker: Item | None = None
    media: bool = False


def chain(sentence: Sentence, cues: list[Cue], trigger: Cue) -> list[Cue]:
    """Return the stage, hedge and denial cues that govern a trigger, the outermost first."""
    found: list[Cue] = []
    left = trigger.first
    for cue in reversed(cues):
        if cue.last > left or cue.group not in ("stage", "denial", "hedge", "open"):
            continue
        aside = _apposition(sentence, cue.last, left)
        reach = REACH + len(aside)
        lone = not aside and _comma(sentence, left - 1)
        if left == trigger.first and trigger.kind == FormKind.NOUN and lone:
            left -= 1  # "تعتزم شركة X الأمريكية، افتتاح مصنع"
        if left - cue.last > reach or not _open(sentence, cue.last, left):
            break
        found.append(cue)
        left = cue.first
    return found[::-1]


def _open(sentence: Sentence, first: int, last: int) -> bool:
    """Tell whether nothing parts the tokens [first, last) from what comes before them."""
    scene = sentence.scene
    aside = _apposition(sentence, first, last)
    return not any(
        scene.tokens[i].text in (*COMMAS, *scene.grammar.breaks)
        or scene.is_boundary(i)
        or scene.is_relative(i)
        or _new_subject(sentence, i)
        for i in range(first, last)
        if i not in aside
    )


def _comma(sentence: Sentence, i: int) -> bool:
    return sentence.scene.language == "ar" and i > sentence.first and sentence.scene.tokens[i].text in COMMAS


def _apposition(sentence: Sentence, first: int, last: int) -> range:
    """Return the tokens between two commas of an Arabic sentence: "تعتزم X، عملاق الطيران، شراء …"."""
    tokens = sentence.scene.tokens
    commas = [i for i in range(first, last) if tokens[i].text in COMMAS]
    return (
        range(commas[0], commas[-1] + 1) if len(commas) == 2 and sentence.scene.language == "ar" else range(0)
    )


def _new_subject(sentence: Sentence, i: int) -> bool:
    """Tell whether "and" joins a clause with a subject of its own: "X will retire and Y has been named"."""
    item = sentence.item_at(i + 1) if sentence.scene.tokens[i].text == "and" else None
    if item is None or item.type not in ("ORG", "PERSON") or item.last >= sentence.last:
        return False
    return sentence.scene.tokens[item.last].text in AUXILIARIES


def _collapses(sentence: Sentence, cue: Cue, trigger: Cue) -> bool:
    """Tell whether the words behind a deal say that it came to nothing: "its merger with X fell through"."""
    return trigger.last <= cue.first and _open(sentence, trigger.last, cue.first)


def presupposed(sentence: Sentence, frame: Frame, trigger: Cue) -> bool:
    """Tell whether a trigger stands in a relative clause or an aside, which the speaker does not assert.

    "Reports say that the model that X launched …": that X launched it is the article's own word.
    """
    scene = sentence.scene
    aside = sentence.asides.get(trigger.first)
    if aside is not None and aside != sentence.asides.get(frame.cue.first):
        return scene.tokens[aside].text not in "([" and aside > frame.cue.first
    for i in range(trigger.first - 1, max(frame.cue.last - 1, trigger.first - REACH), -1):
        if scene.is_relative(i):
            return i > frame.cue.last
        if scene.tokens[i].text in COMMAS or scene.is_boundary(i):
            return False
    return False


def negated(cues: list[Cue], at: int) -> bool:
    """Tell whether a negation stands right before a token."""
    return any(c.group == "negation" and c.last <= at and at - c.last < NEGATION_REACH for c in cues)


def tell(
    sentence: Sentence,
    cues: list[Cue],
    spoken: list[Frame],
    trigger: Cue,
    rule: Rule,
    own: Callable[[Item], bool],
    hedged: bool = False,
) -> Telling:
    """Decide how a trigger's event is told.

    `own` tells whether a speaker is a party of the event or speaks for one: what a company announces of
    itself is asserted, what others say of it is reported. `hedged` says that its own words are hedged.
    """
    governing = chain(sentence, cues, trigger)
    stage = _stage(sentence, trigger, rule, governing)
    if rule.event in DEALS and any(_collapses(sentence, c, trigger) for c in cues if c.group == "collapse"):
        stage = Stage.CANCELLED
    frame = next(
        (f for f in spoken if f.first <= trigger.first < f.last and f.cue.first != trigger.first), None
    )
    if frame is not None and presupposed(sentence, frame, trigger):
        frame = None
    speaker = frame.speaker if frame is not None else None
    if _denied(sentence, cues, trigger, governing):
        named = frame is not None and frame.value != "unnamed"
        return Telling(stage, Modality.DENIED, speaker if named else None)
    if rule.modality is not None and not hedged:
        return Telling(stage, rule.modality, speaker)
    before = [c for c in cues if c.group == "hedge" and c.last <= trigger.first]
    near = any(
        trigger.first - c.last < NEGATION_REACH and _open(sentence, c.last, trigger.first) for c in before
    )
    imperfect = any(c.group == "imperfect" and 0 <= trigger.first - c.last < NEGATION_REACH for c in cues)
    if hedged or near or imperfect or any(c.group in ("hedge", "open") for c in governing):
        open_yet = stage == Stage.COMPLETED and trigger.kind == FormKind.PRESENT
        ahead = open_yet and not hedged and not {"any", "fixed", "present"} & set(rule.stage)  # "قد يستقيل"
        return Telling(Stage.PLANNED if ahead else stage, Modality.POSSIBLE, speaker)
    if frame is None:
        return Telling(stage, Modality.ASSERTED)
    mine = speaker is not None and not frame.media and own(speaker)
    announced = (
        frame.value == "announces" and not frame.media and (speaker is None or speaker.type != "GROUP")
    )
    if mine or announced:
        return Telling(stage, Modality.ASSERTED, speaker)
    if frame.value == "says" and speaker is None and not frame.media:
        return Telling(stage, Modality.ASSERTED)
    return Telling(stage, Modality.REPORTED, speaker, frame.media or frame.value == "unnamed")


def _stage(sentence: Sentence, trigger: Cue, rule: Rule, governing: list[Cue]) -> Stage:
    """Let the outermost stage cue decide, if the trigger's form leaves it open; else the rule's table."""
    if "fixed" in rule.stage:
        return rule.stage["fixed"]
    kind = _finite(sentence, trigger)
    ahead = kind == FormKind.PAST and to_be(sentence, trigger)  # "to be sold"
    stages = [c for c in governing if c.group == "stage"]
    if trigger.prefix == "س" or any(c.prefix == "س" and c.kind == FormKind.PRESENT for c in stages[:1]):
        return Stage.PLANNED
    if len(stages) > 1 and stages[0].value == "completed" and stages[1].value in ("planned", "considering"):
        del stages[0]  # "began talks to buy"
    if stages and (ahead or kind != FormKind.PAST):
        return Stage(stages[0].value)
    if sentence.scene.language == "ar" and stages and stages[0].value in ("planned", "considering"):
        return Stage(stages[0].value)  # "تعتزم X ضخ …": the noun is spelt like the past
    purpose = kind == FormKind.NOUN and trigger.prefix in ("ل", "لل")  # لإنشاء: "in order to build"
    if ahead or purpose:
        return Stage.PLANNED
    own = rule.stage.get(kind) or rule.stage.get("any")
    return own or (Stage.PLANNED if kind == FormKind.BASE else Stage.COMPLETED)


def _finite(sentence: Sentence, trigger: Cue) -> FormKind:
    """Return the kind of a form as the words before it make it: "is buying", "they buy", "has become"."""
    before = sentence.scene.tokens[max(sentence.first, trigger.first - 2) : trigger.first]
    words = {token.text for token in before}
    if trigger.kind == FormKind.GERUND and words & {"is", "are"}:
        return FormKind.PRESENT
    if trigger.kind != FormKind.BASE or words & sentence.scene.grammar.infinitives:
        return trigger.kind
    return FormKind.PAST if words & {"has", "have", "had"} else FormKind.PRESENT


def to_be(sentence: Sentence, trigger: Cue) -> bool:
    """Tell whether a passive lies ahead: "to be replaced", "will be built", "is being sold"."""
    tokens = sentence.scene.tokens
    before = [tokens[i].text for i in range(max(sentence.first, trigger.first - 2), trigger.first)]
    return "be" in before or "being" in before


def _denied(sentence: Sentence, cues: list[Cue], trigger: Cue, governing: list[Cue]) -> bool:
    """Negated itself, or through what governs it; or denied by somebody before it in the sentence."""
    if any(negated(cues, at) for at in (trigger.first, *(c.first for c in governing if c.group == "stage"))):
        return True
    for cue in cues:
        if cue.group != "denial" or negated(cues, cue.first):
            continue
        reach = [i for i in range(cue.last, trigger.first) if sentence.scene.tokens[i].text in (";", "؛")]
        if cue.last <= trigger.first and not reach and _before_denied(sentence, cue, trigger):
            return True
        anaphor = any(c.group == "anaphor" and 0 <= c.first - cue.last <= 1 for c in cues)
        if trigger.last <= cue.first and anaphor:
            return True
    return False


def _before_denied(sentence: Sentence, cue: Cue, trigger: Cue) -> bool:
    """Give a denial reaches over "that", not over a comma or another clause."""
    scene = sentence.scene
    if scene.tokens[cue.last].text == "to" and trigger.kind in (FormKind.PHRASE, FormKind.NOUN):
        done = cue.last + 1  # "no plans to improve its bid for X" does not deny the bid
        if done < trigger.first and scene.tokens[done].text not in LIGHT:
            return False
    return not any(
        scene.tokens[i].text in COMMAS or scene._is_dash(i) or scene.is_relative(i)
        for i in range(cue.last, trigger.first)
        if scene.tokens[i].text != "that"  # "denied reports that …"
    )
