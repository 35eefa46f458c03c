"""From a document to its facts: the map of this package.

    document ── language ─► scene: shadow text, tokens, sentences, mentions, values     scene.py, items.py
             ── triggers and cued slots ─► drafts        triggers.py, match.py, fill.py, nearby.py, places.py
             ── stage, modality, attribution ─► how each is told                   modality.py, cues.py
             ── resolution and coreference ─► facts in the making   build.py, references.py, coref.py
             ── checks, merging ─► facts, and rejected candidates with the reason     checks.py, merge.py

Deterministic: the same document and version give the same facts. No I/O but the package's own data files.
"""

from __future__ import annotations

from seeds.build import Incomplete, build
from seeds.built import Built, nested
from seeds.checks import check
from seeds.confidence import confidence
from seeds.coref import Context
from seeds.document import Document
from seeds.facts import Fact, Parsed, Rejected, Span
from seeds.language import language_of
from seeds.match import Draft, match
from seeds.merge import merge
from seeds.scene import Scene

EXTRACTOR = "rules"
VERSION = "1"
FACTS_MAX = 200
REJECTED_MAX = 500
CANDIDATES_MAX = 1000  # drafts of one document; an article has some dozens
SEPARATOR = "\n\n"  # between the headline and the text, for reading only: spans count in each part


def parse(document: Document) -> Parsed:
    """Read the facts out of a document.

    Raises UnsupportedLanguage if khabar has no rules for its language.
    """
    facts, rejected, spans = _read(document)
    return Parsed(
        extractor=EXTRACTOR,
        version=VERSION,
        facts=_finished(facts[:FACTS_MAX], spans),
        rejected=tuple(
            [_turned_down(draft, reason, spans) for draft, reason in rejected[-REJECTED_MAX:]]
            + [_over(fact, spans) for fact in facts[FACTS_MAX : FACTS_MAX + REJECTED_MAX]]
        ),
    )


def parse_with_built(document: Document) -> list[tuple[Fact, Built]]:
    """Return the facts with what they were made of, for measuring."""
    facts, _, spans = _read(document)
    return list(zip(_finished(facts, spans), facts, strict=True))


def _read(document: Document) -> tuple[list[Built], list[tuple[Draft, str]], _Spans]:
    language = language_of(document)
    head = document.headline + SEPARATOR if document.headline else ""
    scene = Scene(head + document.text, language, document.published_day)
    context = Context(scene, document.published_day)
    rejected: list[tuple[Draft, str]] = []
    for draft in match(scene):
        if len(context.facts) + len(rejected) >= CANDIDATES_MAX:
            rejected.append((draft, "limit: the document has too many candidates; the rest was not read"))
            break
        try:
            for fact in build(draft, context):
                fact.headline = bool(head) and draft.sentence.number == 0
                reason = check(fact)
                if reason is None:
                    context.add(fact)
                else:
                    rejected.append((draft, reason))
        except Incomplete as lack:
            rejected.append((draft, str(lack)))
    return merge(context.facts), rejected, _Spans(scene, len(head))


class _Spans:
    """Turns folded offsets of the scene into spans of the headline or the text."""

    def __init__(self, scene: Scene, body: int) -> None:
        self.scene, self.body = scene, body

    def span(self, start: int, end: int) -> Span:
        first, last = self.scene.shadow.origin(start, end)
        exact = self.scene.shadow.text[first:last]
        if last <= self.body:
            return Span(part="headline", start=first, end=last, exact=exact)
        return Span(part="text", start=first - self.body, end=last - self.body, exact=exact)


def _finished(facts: list[Built], spans: _Spans) -> tuple[Fact, ...]:
    numbers = {id(fact): n for n, fact in enumerate(facts)}
    return tuple(
        Fact(
            type=fact.type,
            stage=fact.stage,
            modality=fact.modality,
            attributed_to=fact.attributed_to,
            valid=fact.valid,
            slots=nested(fact.slots),
            evidence={path: tuple(spans.span(*place) for place in places) for path, places in _paths(fact)},
            rule=fact.rule.id,
            confidence=confidence(fact),
            derived_from=numbers.get(id(fact.parent)) if fact.parent is not None else None,
        )
        for fact in facts
    )


def _paths(fact: Built) -> list[tuple[str, list[tuple[int, int]]]]:
    """Evidence by path; the members of a list each have their own ("investors.0").

    Half a comparison makes no slot, and so its words are no evidence.
    """
    found: list[tuple[str, list[tuple[int, int]]]] = []
    slots = nested(fact.slots)
    for name, places in fact.evidence.items():
        if "." in name and name.partition(".")[0] not in slots:
            continue
        value = fact.slots.get(name)
        if isinstance(value, tuple) and len(value) == len(places):
            found += [(f"{name}.{n}", [place]) for n, place in enumerate(places)]
        else:
            found.append((name, places))
    return found


def _turned_down(draft: Draft, reason: str, spans: _Spans) -> Rejected:
    return Rejected(
        type=draft.rule.event, rule=draft.rule.id, reason=reason[:500], spans=(spans.span(*draft.span),)
    )


def _over(fact: Built, spans: _Spans) -> Rejected:
    return Rejected(type=fact.type, rule=fact.rule.id, reason="limit", spans=(spans.span(*fact.trigger),))
