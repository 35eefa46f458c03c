"""Every rule's own examples, and what the loader says of malformed files."""

from __future__ import annotations

from typing import Any

import pytest

from seeds.document import Document
from seeds.errors import BadRule
from seeds.expect import as_expected
from seeds.facts import Fact
from seeds.parse import parse
from seeds.rules import LANGUAGES, Rule, load_rules, load_verbs, read_rules

RULES = [rule for language in LANGUAGES for rule in load_rules(language)]
YES = [(rule, example) for rule in RULES for example in rule.yes]
NO = [(rule, text) for rule in RULES for text in rule.no]
PUBLISHED = "2025-06-17"


def told(rule: Rule, text: str) -> list[Fact]:
    """The facts of the rule's type that a text tells."""
    parsed = parse(Document(text=text, language=rule.language, published_at=PUBLISHED))
    return [fact for fact in parsed.facts if fact.type == rule.event]


@pytest.mark.parametrize(("rule", "example"), YES, ids=[f"{r.id}:{n}" for n, (r, _) in enumerate(YES)])
def test_an_example_matches(rule: Rule, example: Any) -> None:
    facts = told(rule, example.text)
    assert any(fact.rule == rule.id and as_expected(fact, example.expect) for fact in facts), facts


@pytest.mark.parametrize(("rule", "text"), NO, ids=[f"{r.id}:{n}" for n, (r, _) in enumerate(NO)])
def test_a_counterexample_does_not(rule: Rule, text: str) -> None:
    assert [fact for fact in told(rule, text) if fact.rule == rule.id] == []


def test_every_type_has_rules_in_both_languages() -> None:
    from seeds.event_types import event_types

    for language in LANGUAGES:
        assert {rule.event for rule in load_rules(language)} == set(event_types())


def test_the_types_are_those_of_the_event_catalogue() -> None:
    from seeds.event_types import event_types, required_slots, slot_kinds
    from streams.events import CATALOGUE

    assert set(event_types()) == set(CATALOGUE) - {"retraction"}
    for event in event_types():
        fields = CATALOGUE[event].model_fields
        assert {name.partition(".")[0] for name in slot_kinds(event)} == set(fields), event
        assert {n for n, f in fields.items() if f.is_required()} <= required_slots(event), event


def test_the_choices_are_those_of_the_event_catalogue() -> None:
    from streams.events import CATALOGUE

    for rule in RULES:
        fields = CATALOGUE[rule.event].model_fields
        chosen = {(name, v) for name, spec in rule.slots.items() for v in spec.choose}
        for name, value in chosen | set(rule.const.items()):
            choices = {str(c) for c in _enum(fields[name].annotation)}
            assert value in choices - {"other"}, (rule.id, name, value)


def _enum(annotation: Any) -> Any:
    import typing

    options = [a for a in typing.get_args(annotation) if a is not type(None)]
    return options[0] if options else annotation


RULE = """
event: layoff
slots:
  company: {type: ORG, at: subject}
rules:
  - id: en.layoff.test
    triggers: [cut]
    %s
    yes: [{text: "x"}]
"""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("slots: {count: {type: NUMBER_OF}}", "slots.count.type"),
        ("slots: {people: {type: COUNT}}", "'people'"),
        ("verbs: [frobnicate]", "'frobnicate'"),
        ("stage: {past: finished}", "stage.past"),
        ("colour: red", "colour"),
        ("each: customer", "'customer'"),
    ],
)
def test_a_malformed_rule_is_told_with_file_and_id(line: str, says: str) -> None:
    with pytest.raises(BadRule) as error:
        read_rules(RULE % line, "en/layoff.yaml", "en", load_verbs("en"))
    assert "en/layoff.yaml" in str(error.value)
    assert "en.layoff.test" in str(error.value)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("source", ["[1, 2", "event: layoff", "rules: []", "event: nothing\nrules: []"])
def test_a_file_that_is_no_rule_file(source: str) -> None:
    with pytest.raises(BadRule, match=r"en/layoff\.yaml"):
        read_rules(source, "en/layoff.yaml", "en", load_verbs("en"))


def test_a_rule_without_an_example_is_refused() -> None:
    source = (RULE % "").replace('yes: [{text: "x"}]', "yes: []")
    with pytest.raises(BadRule, match="example"):
        read_rules(source, "en/layoff.yaml", "en", load_verbs("en"))


def test_invisible_characters_are_refused() -> None:
    with pytest.raises(BadRule, match="invisible"):
        read_rules(RULE % "needs: ['jobs\u202e']", "en/layoff.yaml", "en", load_verbs("en"))
