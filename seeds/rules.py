"""Rules are data: one YAML file per event type and language, checked when they are loaded.

A rule is trigger words and slots told by cue words. No regular expressions and no parts of speech: whoever
speaks the language can add one. Each carries examples that must and must not match; the tests run them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from seeds.errors import BadRule
from seeds.event_types import event_types
from seeds.rule import Rule
from seeds.verbs import FormKind, conjugate

LANGUAGES = ("ar", "en")
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reorder what a person sees: a file with one could say something else than it shows."""


class _Loader(yaml.SafeLoader):
    """YAML in which `yes` and `no` are words; what is a flag, the model knows."""


def _as_written(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node))  # type: ignore[arg-type] # only registered for scalars


_Loader.add_constructor("tag:yaml.org,2002:bool", _as_written)


def read_rules(source: str, name: str, language: str, verbs: Mapping[str, Any]) -> list[Rule]:
    """Read one rule file. Raises BadRule that names the file and the rule."""
    if not BIDI_CONTROLS.isdisjoint(source):
        msg = f"{name}: holds invisible characters that reorder the text"
        raise BadRule(msg)
    try:
        data = yaml.load(source, _Loader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        msg = f"{name}: not YAML: {' '.join(str(error).split())}"
        raise BadRule(msg) from None
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        msg = f"{name}: a rule file has `event` and a list `rules`"
        raise BadRule(msg)
    event = data.get("event")
    if event not in event_types():
        msg = f"{name}: event {event!r} is none of {', '.join(event_types())}"
        raise BadRule(msg)
    shared = data.get("slots") or {}
    return [_rule(entry, n, name, language, event, shared, verbs) for n, entry in enumerate(data["rules"], 1)]


def _rule(
    entry: Any,
    n: int,
    name: str,
    language: str,
    event: str,
    shared: Mapping[str, Any],
    verbs: Mapping[str, Any],
) -> Rule:
    label = entry.get("id", f"rule {n}") if isinstance(entry, dict) else f"rule {n}"
    try:
        slots = _merged(shared, entry.get("slots") or {})
        rule = Rule.model_validate({**entry, "slots": slots, "event": event, "language": language})
    except (AttributeError, TypeError):
        msg = f"{name}: {label}: a rule, its `slots` and each slot are maps"
        raise BadRule(msg) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        msg = f"{name}: {label}: {where or 'rule'}: {first['msg'].removeprefix('Value error, ')}"
        raise BadRule(msg) from None
    unknown = next((verb for verb in rule.verbs if verb not in verbs), None)
    if unknown is not None:
        msg = f"{name}: {label}: verb {unknown!r} is not in lexicon/{language}/verbs.yaml"
        raise BadRule(msg)
    return rule


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Join the slots that all rules of a file have with a rule's own, which are filled first.

    `slot: null` takes a shared slot away.
    """
    slots = {name: {**shared.get(name, {}), **spec} for name, spec in own.items() if spec is not None}
    return slots | {name: spec for name, spec in shared.items() if name not in own}


@cache
def load_rules(language: str) -> tuple[Rule, ...]:
    """All rules of a language, by file name. Raises BadRule also for an id that stands twice."""
    folder = files("seeds") / "rules" / language
    verbs = load_verbs(language)
    rules: list[Rule] = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            rules += read_rules(file.read_text("utf-8"), f"{language}/{file.name}", language, verbs)
    ids = [rule.id for rule in rules]
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            msg = f"{language}: two rules are called {rule_id}"
            raise BadRule(msg)
    return tuple(rules)


@cache
def load_verbs(language: str) -> dict[str, Any]:
    """Verbs of a language with what cannot be derived of their forms."""
    return read_lexicon(language, "verbs")


def read_lexicon(language: str, name: str) -> dict[str, Any]:
    """Read one lexicon file of a language: always a map."""
    data = yaml.safe_load((files("seeds") / "lexicon" / language / f"{name}.yaml").read_text("utf-8"))
    if not isinstance(data, dict):
        msg = f"lexicon/{language}/{name}.yaml: a lexicon is a map"
        raise BadRule(msg)
    return data


def trigger_phrases(rule: Rule) -> list[tuple[str, FormKind]]:
    """List the phrases that set a rule off, with the kind of each."""
    found = [(phrase, FormKind.PHRASE) for phrase in rule.triggers]
    verbs = load_verbs(rule.language)
    for verb in rule.verbs:
        forms = conjugate(rule.language, verb, verbs[verb] or {})
        found += [(form, kind) for form, kind in forms if not rule.forms or kind in rule.forms]
    return found
