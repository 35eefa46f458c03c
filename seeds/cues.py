"""The cues of a sentence for stage and modality, and the frames in which somebody says something.

The words stand in `lexicon/<language>/modality.yaml`, apart from the event rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from seeds.items import COMMAS, QUOTES, Item, Sentence
from seeds.phrases import Found, PhraseIndex
from seeds.rules import load_verbs, read_lexicon
from seeds.verbs import FormKind, conjugate

SPEAKER_REACH = 8
TAIL_MAX = 4  # tokens after a verb of saying that closes its sentence ("…, X has said")
SPEAKERS = ("ORG", "PERSON", "GROUP", "COREF")


class Cue(NamedTuple):
    """A cue at the tokens [first, last). `group` is stage, hedge, imperfect, negation, denial or said."""

    first: int
    last: int
    group: str
    value: str
    prefix: str = ""
    kind: FormKind = FormKind.PHRASE


@dataclass(frozen=True)
class Frame:
    """A stretch of tokens that somebody says. `value` is says, announces, according or unnamed."""

    first: int
    last: int
    value: str
    speaker: Item | None
    media: bool
    cue: Cue


@cache
def cue_index(language: str) -> PhraseIndex[tuple[str, str, FormKind]]:
    """All cues of a language; the payload is group, value, and the kind of verb form."""
    data = read_lexicon(language, "modality")
    index: PhraseIndex[tuple[str, str, FormKind]] = PhraseIndex()
    verbs = load_verbs(language)

    def add(entry: dict[str, list[str]], group: str, value: str) -> None:
        for word in entry.get("words") or ():
            index.add(str(word), (group, value, FormKind.PHRASE))
        for verb in entry.get("verbs") or ():
            for form, kind in conjugate(language, verb, verbs[verb] or {}):
                index.add(form, (group, value, kind))

    for stage, entry in data["stages"].items():
        add(entry, "stage", stage)
    reporting = data["reporting"]
    add({"verbs": [v for v in reporting["verbs"] if v not in reporting["announcing"]]}, "said", "says")
    add({"verbs": reporting["announcing"]}, "said", "announces")
    add({"words": reporting["according"]}, "said", "according")
    add({"words": reporting["unnamed"]}, "said", "unnamed")
    add({"words": data["collapsed"]}, "collapse", "cancelled")
    add({"words": data["hedges"]["words"]}, "hedge", "possible")
    add({"words": data["hedges"]["before_imperfect"]}, "imperfect", "possible")
    add({"words": data["negations"]}, "negation", "denied")
    add(data["denials"], "denial", "denied")
    add({"words": data["not_denials"]}, "open", "possible")
    add({"words": data["media"]}, "media", "media")
    add({"words": data["anaphors"]}, "anaphor", "this")
    return index


def scan(sentence: Sentence) -> list[Cue]:
    """All cues of a sentence; at one token the longest of each group."""
    tokens = sentence.scene.tokens
    found: list[Cue] = []
    taken: dict[str, int] = {}
    for hit in cue_index(sentence.scene.language).find(tokens, sentence.first, sentence.last):
        group, value, kind = hit.payload
        item = sentence.item_at(hit.first)
        if item is not None and group not in ("media", "said"):
            continue
        if taken.get(group, -1) > hit.first:
            continue
        if kind == FormKind.BASE and hit.first > sentence.first and tokens[hit.first - 1].text == "the":
            continue  # "the end of production"
        if group == "imperfect" and not _imperfect(sentence, hit):
            continue
        taken[group] = hit.last
        found.append(Cue(hit.first, hit.last, group, value, hit.form.prefix, kind))
    opened = [c for c in found if c.group == "open"]
    return [c for c in found if not any(o.first <= c.first < o.last and c is not o for o in opened)]


def _imperfect(sentence: Sentence, hit: Found[tuple[str, str, FormKind]]) -> bool:
    """قد before an imperfect means "may"; before a perfect it means that it has happened."""
    word = sentence.scene.tokens[hit.last].text if hit.last < sentence.last else ""
    return len(word) > 3 and word[0] in "يت" and not word.endswith("ت")


def frames(sentence: Sentence, cues: list[Cue]) -> list[Frame]:
    """Who says what in a sentence."""
    return [frame for cue in cues if cue.group == "said" for frame in _frame(sentence, cues, cue)]


def _frame(sentence: Sentence, cues: list[Cue], cue: Cue) -> Iterator[Frame]:
    if cue.value == "unnamed":
        yield Frame(sentence.first, sentence.last, cue.value, _unnamed(sentence, cue), True, cue)
        return
    speaker = _reached(sentence, cue.last, 1)
    if cue.value == "according":
        media = _is_media(sentence, cues, cue.last, cue.last + SPEAKER_REACH)
        yield Frame(sentence.first, sentence.last, cue.value, speaker, media, cue)
        return
    if cue.kind in (FormKind.NOUN, FormKind.GERUND, FormKind.BASE):
        return
    before = _reached(sentence, cue.first - 1, -1)
    arabic = sentence.scene.language == "ar"
    spoken = (speaker or before) if arabic else (before or speaker)
    end = spoken.last if spoken is not None and spoken.first >= cue.last else cue.last
    last_words = sum(1 for i in range(end, sentence.last) if sentence.scene.tokens[i].is_word)
    media = _is_media(sentence, cues, cue.first - SPEAKER_REACH, cue.last + SPEAKER_REACH)
    if last_words <= TAIL_MAX or _closes_quote(sentence, cue, spoken):
        yield Frame(sentence.first, cue.first, cue.value, spoken, media, cue)
    if last_words > TAIL_MAX:
        yield Frame(cue.last, sentence.last, cue.value, spoken, media, cue)


def _unnamed(sentence: Sentence, cue: Cue) -> Item | None:
    """Give the "reports" of a cue such as "reports say" as a described group."""
    tokens = sentence.scene.tokens
    for i in range(cue.first, cue.last):
        item = sentence.item_at(i)
        if item is not None and item.type == "GROUP":
            return item
        if tokens[i].text == "reports":
            return Item("GROUP", tokens[i].start, tokens[i].end, i, i + 1)
    return None


def _closes_quote(sentence: Sentence, cue: Cue, speaker: Item | None) -> bool:
    """Tell whether a quotation or a comma ends right before the verb of saying and its speaker."""
    i = min(cue.first, speaker.first if speaker else cue.first) - 1
    return i > sentence.first and sentence.scene.tokens[i].text in (*QUOTES, *COMMAS)


def _reached(sentence: Sentence, i: int, step: int) -> Item | None:
    """Return the speaker next to a cue, over a few plain words (titles, "شركة")."""
    for _ in range(SPEAKER_REACH):
        if not sentence.first <= i < sentence.last:
            return None
        item = sentence.item_at(i)
        if item is not None and item.type in SPEAKERS:
            nxt = sentence.item_at(item.last) if step > 0 and item.last < sentence.last else None
            return nxt if nxt is not None and nxt.type == "PERSON" and item.type == "ORG" else item
        if item is None and not sentence.plain(i) and not _auxiliary(sentence, i):
            return None
        i = i + step
    return None


def _auxiliary(sentence: Sentence, i: int) -> bool:
    return sentence.scene.tokens[i].text in ("has", "have", "had", "also", "of", "ايضا", "قد", "في")


def _is_media(sentence: Sentence, cues: list[Cue], first: int, last: int) -> bool:
    return any(c.group == "media" and first <= c.first < last for c in cues if sentence.first <= c.first)
