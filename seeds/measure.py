"""Counts how often the rules are right: `python -m seeds.measure` writes `rules/confidence.json` anew.

What is counted, and all that is: the rules' own examples and counterexamples, and the shipped article that
is there in two languages, where a fact is right if its twin tells it too. These are texts that the rules'
authors saw, so the figures say which rules are firmly tried, not how they do on articles of strangers; the
prior of `seeds.confidence` keeps a rule with few trials near its type's figure.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from seeds.articles import sample_articles
from seeds.built import Built
from seeds.confidence import traits_of
from seeds.document import Document, read_document
from seeds.expect import as_expected, essence
from seeds.facts import Fact
from seeds.parse import parse_with_built
from seeds.rules import LANGUAGES, load_rules

TWINS = ("00-", "01-")  # one article in two languages
PUBLISHED = "2025-06-17"
Outcome = tuple[Fact, Built, bool]


def outcomes() -> Iterator[Outcome]:
    """Yield each fact of the measured texts with whether it is right."""
    for language in LANGUAGES:
        for rule in load_rules(language):
            for example in rule.yes:
                own = [(f, b) for f, b in _facts(example.text, language) if f.rule == rule.id]
                right = [(f, b) for f, b in own if as_expected(f, example.expect)]
                # where one matches, the others are those of a list that the example does not spell out
                yield from ((f, b, True) for f, b in right)
                yield from ((f, b, False) for f, b in own if not right)
            for text in rule.no:
                yield from ((f, b, False) for f, b in _facts(text, language) if f.rule == rule.id)
    one, other = (_article(prefix) for prefix in TWINS)
    for mine, twin in ((one, other), (other, one)):
        told = {essence(fact) for fact, _ in twin}
        yield from ((fact, built, essence(fact) in told) for fact, built in mine)


def _facts(text: str, language: str) -> list[tuple[Fact, Built]]:
    return parse_with_built(Document(text=text, language=language, published_at=PUBLISHED))


def _article(prefix: str) -> list[tuple[Fact, Built]]:
    return parse_with_built(read_document(next(p for p in sample_articles() if p.name.startswith(prefix))))


def counts() -> dict[str, dict[str, list[int]]]:
    """Count right and wrong by rule, and by trait."""
    tally: Counter[tuple[str, str, bool]] = Counter()
    for fact, built, right in outcomes():
        tally["rules", fact.rule, right] += 1
        for trait in traits_of(built):
            tally["traits", trait, right] += 1
    found: dict[str, dict[str, list[int]]] = {"rules": {}, "traits": {}}
    for group, name, _ in sorted(tally):
        found[group][name] = [tally[group, name, True], tally[group, name, False]]
    return found


def main() -> None:
    """Write the counts beside the rules."""
    path = Path(__file__).parent / "rules" / "confidence.json"
    path.write_bytes(orjson.dumps(counts(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stderr.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
