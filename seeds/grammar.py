"""The small words of a language: what ends a noun phrase, what parts clauses, what joins a list.

They stand in `lexicon/<language>/grammar.yaml` and `roles.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from seeds.phrases import PhraseIndex
from seeds.rules import read_lexicon
from seeds.shadow import fold


@dataclass(frozen=True)
class Grammar:
    """The small words of a language."""

    stops: frozenset[str]  # words that end a noun phrase
    boundaries: PhraseIndex[str]  # words that start a new clause
    relatives: frozenset[str]
    prepositions: frozenset[str]
    connectors: PhraseIndex[str]  # what joins the names of a list
    breaks: frozenset[str]  # "after", بعد: what follows them is another thing that happened
    infinitives: frozenset[str]  # "to", "will": what a verb's bare form stands behind
    heads: frozenset[str]  # nouns that may stand before a name, so that a clitic on them is one
    companies: frozenset[str]  # "شركة": nouns that a company's name stands behind
    named: frozenset[str]  # … and those that may stand between a verb and the name of its object
    owned: frozenset[str]  # "عملاء": a name behind them tells whose they are, and does nothing itself
    groups: PhraseIndex[str]  # "experts", "مصادر": nouns of described groups
    roles: PhraseIndex[str]  # "chief executive", and what tells a role by its work ("to lead")


@cache
def grammar(language: str) -> Grammar:
    """Read the small words of a language from its lexicon."""
    words = {key: frozenset(_flat(values)) for key, values in read_lexicon(language, "grammar").items()}
    groups = PhraseIndex((word, word) for word in words["groups"])
    stops = (
        words["stops"]
        | frozenset(w for w in words["boundaries"] if " " not in w)
        | words["relatives"]
        | words["prepositions"]
    )
    names = ("relatives", "prepositions", "breaks", "infinitives", "heads", "companies")
    roles = read_lexicon(language, "roles")
    index = PhraseIndex((str(role), kind) for kind in ("roles", "leads") for role in roles[kind])
    relatives, prepositions, breaks, infinitives, heads, companies = (words[name] for name in names)
    boundaries = PhraseIndex((word, word) for word in words["boundaries"])
    connectors = PhraseIndex((word, word) for word in words["connectors"])
    return Grammar(
        stops,
        boundaries,
        relatives,
        prepositions,
        connectors,
        breaks,
        infinitives,
        heads,
        companies,
        words.get("named", frozenset()),
        words.get("owned", frozenset()),
        groups,
        index,
    )


def _flat(values: list[object]) -> list[str]:
    """Fold the words of a list, whose lines may be lists themselves so that a file reads in paragraphs."""
    return [word for v in values for word in (_flat(v) if isinstance(v, list) else [fold(str(v))])]
