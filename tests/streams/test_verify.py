"""An event against its text: what agrees, and that nothing altered goes unnoticed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.articles import sample_articles
from seeds.document import Document, read_document, text_hash
from seeds.parse import parse
from seeds.rules import LANGUAGES, load_rules
from streams.codec import wire
from streams.delta import retraction
from streams.documents import StoredDocument, stored
from streams.from_facts import events
from streams.ids import claim_id, erased, event_id
from streams.slots import Cause
from streams.verify import verify

ARTICLES = {path.stem[:5]: path for path in sample_articles()}
Told = tuple[StoredDocument, dict[str, Any]]


def read(document: Document) -> list[Told]:
    record = stored(document)
    return [(record, wire(event)) for event in events(parse(document), record, {}).new]


@cache
def facts_of(article: str) -> list[Told]:
    return read(read_document(ARTICLES[article]))


def fact(article: str, event_type: str, slot: str = "") -> Told:
    """The first fact of a type in an article (with a slot filled), to be altered."""
    document, event = next(
        (d, e) for d, e in facts_of(article) if e["type"] == event_type and slot in ("", *e["slots"])
    )
    return document, copy.deepcopy(event)


def wrong(event: dict[str, Any], document: StoredDocument, text: str | None = None) -> set[tuple[str, str]]:
    """What does not agree, by kind and path."""
    checks = verify(event, document.headline, document.text if text is None else text)
    return {(check.what, check.path) for check in checks if not check.ok}


def notes(event: dict[str, Any], document: StoredDocument) -> list[str]:
    return [c.told for c in verify(event, document.headline, document.text) if c.note]


def sealed(event: dict[str, Any]) -> dict[str, Any]:
    """Give an altered event the ids of what it holds now, as somebody would who wants to deceive."""
    if "derived_from" not in event:
        event["claim_id"] = claim_id(event["source"]["document"], event, None)
    return {**event, "id": event_id(event)}


def replaced(text: str, at: int) -> str:
    return text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]


# -- what agrees


@pytest.mark.parametrize("article", ARTICLES)
def test_every_fact_of_the_shipped_articles_agrees_with_its_text(article: str) -> None:
    told = facts_of(article)
    assert len(told) >= 12
    for document, event in told:
        checks = verify(event, document.headline, document.text)
        assert [c for c in checks if not c.ok or c.note] == []
        kinds = {c.what for c in checks}
        assert {"id", "schema", "text", "span", "rules"} <= kinds
        spans = sum(len(found) for found in event["evidence"].values())
        assert sum(c.what == "span" for c in checks) == spans


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_examples_of_the_rules_tell_agrees_with_them(language: str) -> None:
    """Parts of companies, groups, products, two for one reference: all ways in which a slot is filled."""
    count = 0
    for example in (example for rule in load_rules(language) for example in rule.yes):
        article = Document(
            text=example.text, headline=example.headline, language=language, published_at="2025-06-17"
        )
        for document, event in read(article):
            checks = verify(event, document.headline, document.text)
            assert [c for c in checks if not c.ok or c.note] == [], example.text
            count += 1
    assert count >= 60


def test_the_part_of_a_company_that_is_sold() -> None:
    article = Document(text="IBM sold its PC business to Lenovo for $1.75 billion.", language="en")
    ((document, event),) = read(article)
    assert event["slots"]["target"]["id"].startswith("ibm/")
    assert wrong(event, document) == set()
    for key, value in (("id", "ibm/pc-business-00000000"), ("id", "lenovo/x"), ("name", "IBM: servers")):
        altered = copy.deepcopy(event)
        altered["slots"]["target"][key] = value
        altered["home"] = altered["slots"]["target"]["id"]
        assert wrong(sealed(altered), document) == {("entity", "target")}


def test_places_are_counted_in_code_points() -> None:
    document = Document(text="🏭🏭 OpenAI bought Cohere for $5 billion on Monday.", published_at="2025-06-17")
    ((record, event),) = read(document.model_copy(update={"language": "en"}))
    assert event["evidence"]["amount"][0]["start"] == document.text.index("$5")
    assert wrong(event, record) == set()


def test_every_slot_of_every_fact_is_looked_at() -> None:
    """Who and when too; an enumeration without words of its own is the rule's."""
    for article in ARTICLES:
        for document, event in facts_of(article):
            looked_at = {c.path.partition(".")[0] for c in verify(event, document.headline, document.text)}
            assert set(event["slots"]) | ({"valid", "attributed_to"} & set(event)) <= looked_at


# -- what was altered


@given(st.data())
def test_a_changed_character_inside_a_span_is_found(data: st.DataObject) -> None:
    document, event = data.draw(st.sampled_from([t for a in ARTICLES for t in facts_of(a)]))
    path = data.draw(st.sampled_from(sorted(event["evidence"])))
    spans = [s for s in event["evidence"][path] if s["part"] == "text"]
    if not spans:
        return
    span = data.draw(st.sampled_from(spans))
    at = data.draw(st.integers(span["start"], span["end"] - 1))
    char = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != document.text[at]))
    altered = document.text[:at] + char + document.text[at + 1 :]
    event = copy.deepcopy(event)
    event["source"]["text_sha256"] = text_hash(altered)  # even where the hash goes along
    found = wrong(sealed(event), document, altered)
    assert {path, f"{path}[{event['evidence'][path].index(span)}]"} & {
        p for kind, p in found if kind == "span"
    }


def test_a_changed_character_outside_all_spans_is_found_by_the_hash() -> None:
    document, event = fact("01-en", "investment")
    assert wrong(event, document, document.text + " ") == {("text", "source.text_sha256")}


def test_a_changed_headline_is_found() -> None:
    document, event = fact("01-en", "investment")
    for headline in (replaced(document.headline or "", 3), None):
        checks = verify(event, headline, document.text)
        assert ("headline", "source.headline_sha256") in {(c.what, c.path) for c in checks if not c.ok}
    document, event = fact("00-ar", "investment")  # it has none
    checks = verify(event, "A headline", document.text)
    assert ("headline", "source.headline_sha256") in {(c.what, c.path) for c in checks if not c.ok}


def test_any_changed_value_breaks_the_id() -> None:
    document, event = fact("01-en", "investment")
    event["slots"]["amount"]["unit"] = "EUR"
    assert ("id", "id") in wrong(event, document)
    document, event = fact("01-en", "investment")
    event["id"] = replaced(event["id"], 5)
    assert wrong(event, document) == {("id", "id")}
    document, event = fact("01-en", "investment")
    event["claim_id"] = replaced(event["claim_id"], 5).replace("x", "0").replace("y", "0")
    assert ("claim", "claim_id") in wrong({**event, "id": event_id(event)}, document)


def put(event: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    at: Any = event
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value


ALTERED = [
    ("01-en", "investment", "slots.amount.low", "14800000001", ("quantity", "amount")),
    ("01-en", "investment", "slots.amount.high", "15000000000", ("quantity", "amount")),
    ("01-en", "investment", "slots.amount.unit", "EUR", ("quantity", "amount")),
    ("01-en", "investment", "slots.amount.bound", "at_most", ("quantity", "amount")),
    ("00-ar", "investment", "slots.amount.surface", "14.8 مليار", ("quantity", "amount")),
    ("00-ar", "capex_plan", "slots.amount.low", "6000000000", ("quantity", "amount")),
    ("00-ar", "capex_plan", "slots.compared_with.ratio.low", "3", ("quantity", "compared_with.ratio")),
    ("00-ar", "capex_plan", "slots.compared_with.period.to", None, ("interval", "compared_with.period")),
    ("00-ar", "investment", "valid.from", "2025-06-12", ("interval", "valid")),
    ("00-ar", "investment", "valid.precision", "month", ("interval", "valid")),
    ("00-ar", "investment", "valid.surface", "12 يونيو", ("interval", "valid")),
    ("00-ar", "product", "slots.when.to", "2025-04-29", ("interval", "when")),
    ("01-en", "investment", "slots.target.surface", "Scale A1", ("entity", "target")),
    ("01-en", "investment", "slots.investors.0.entity.surface", "Beta", ("entity", "investors.0")),
    ("01-en", "supply", "slots.customer.id", "nvidia", ("entity", "customer")),
    ("02-en", "acquisition", "slots.acquirers.0.name", "Nadj Grid", ("entity", "acquirers.0")),
    ("02-en", "acquisition", "slots.acquirers.0.id", "unresolved-najd-e3af513c", ("entity", "acquirers.0")),
    ("02-en", "acquisition", "slots.acquirers.0.resolved", True, ("entity", "acquirers.0")),
    ("02-en", "acquisition", "slots.target.kind", "person", ("entity", "target")),
    ("03-ar", "appointment", "attributed_to.surface", "شركة", ("entity", "attributed_to")),
    ("01-en", "concern", "slots.matter.quote", "nothing much", ("quote", "matter")),
    ("00-ar", "appointment", "slots.previous.role.quote", "المدير", ("quote", "previous.role")),
    ("01-en", "concern", "slots.kind", "regulatory", ("choice", "kind")),
    ("00-ar", "investment", "slots.voting", True, ("choice", "voting")),
    ("01-en", "product", "slots.status", "recalled", ("evidence", "status")),
    ("01-en", "investment", "evidence.amount.0.start", 0, ("span", "amount")),
    ("01-en", "investment", "evidence.amount.0.end", 99999, ("span", "amount")),
    ("01-en", "investment", "evidence.amount.0.exact", "$14.9 billion", ("span", "amount")),
    ("01-en", "investment", "evidence.amount.0.part", "headline", ("span", "amount")),
    ("01-en", "investment", "evidence.trigger", [], ("evidence", "trigger")),
    ("01-en", "investment", "evidence.amount", [], ("evidence", "amount")),
    ("01-en", "investment", "evidence.seller", [{"start": 0, "end": 1, "exact": "x"}], ("span", "seller")),
    ("01-en", "investment", "evidence.seller", [], ("evidence", "seller")),
    ("01-en", "investment", "source.language", "fr", ("evidence", "source.language")),
    ("01-en", "investment", "schema_version", 999, ("schema", "schema_version")),
    ("01-en", "investment", "home", "openai", ("schema", "schema_version")),
]  # fmt: skip


@pytest.mark.parametrize(("article", "event_type", "path", "value", "named"), ALTERED)
def test_what_was_altered_is_named_even_if_the_ids_go_along(
    article: str, event_type: str, path: str, value: Any, named: tuple[str, str]
) -> None:
    slot = path.split(".")[1] if path.startswith("slots.") else ""
    document, event = fact(article, event_type, slot)
    assert wrong(event, document) == set()
    put(event, path, value)
    assert named in wrong(sealed(event), document)


def quantities(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "bound" in value:
            yield value
        for inner in value.values():
            yield from quantities(inner)


@pytest.mark.parametrize("article", ARTICLES)
def test_no_quantity_of_any_fact_can_be_altered(article: str) -> None:
    count = 0
    for document, original in facts_of(article):
        for number, _ in enumerate(quantities(original["slots"])):
            for key, value in (("low", "7"), ("high", "7.5"), ("bound", "at_least"), ("unit", "km")):
                event = copy.deepcopy(original)
                quantity = list(quantities(event["slots"]))[number]
                if quantity.get(key) == value:
                    continue
                quantity[key] = value
                assert {what for what, _ in wrong(sealed(event), document)} == {"quantity"}, event
                count += 1
    assert count >= 20


# -- what cannot be as it was


def test_an_altered_stage_is_noted_since_no_words_are_its_own() -> None:
    document, event = fact("01-en", "investment")
    event["stage"] = "considering"
    event = sealed(event)
    assert wrong(event, document) == set()
    assert any("today's rules do not make this claim" in told for told in notes(event, document))


def test_an_entity_that_left_the_list_is_a_note_and_another_one_is_wrong() -> None:
    document, event = fact("01-en", "supply")
    event["slots"]["customer"]["id"] = "a-company-of-an-older-list"
    event = sealed(event)
    assert wrong(event, document) == set()
    assert any("not in today's entity list" in told for told in notes(event, document))
    event["slots"]["customer"]["id"] = "nvidia"
    assert wrong(sealed(event), document) == {("entity", "customer")}


def test_a_reference_may_only_mean_what_the_text_names() -> None:
    document, event = fact("00-ar", "capex_plan")
    assert event["slots"]["company"]["surface"] == "الشركة"
    told = [c.told for c in verify(event, document.headline, document.text) if c.path == "company"]
    assert any("refers to meta-platforms, which the text names" in line for line in told)
    event["slots"]["company"] |= {"id": "saudi-aramco", "name": "Saudi Aramco"}
    event["home"] = "saudi-aramco"
    assert ("entity", "company") in wrong(sealed(event), document)


def test_erased_strings_are_checked_by_their_hash() -> None:
    for article in ARTICLES:
        for document, event in facts_of(article):
            blind = erased(event, event["source"]["salt"])
            assert wrong(blind, document) == set()
    document, event = fact("01-en", "investment")
    blind = erased(event, event["source"]["salt"])
    told = [c.told for c in verify(blind, document.headline, document.text) if c.path == "amount"]
    assert all("erased" in line for line in told)
    assert len(told) == 2
    blind["evidence"]["amount"][0]["exact"] = {"sha256": "0" * 64}
    blind["slots"]["target"]["surface"] = {"sha256": "0" * 64}
    assert wrong(sealed(blind), document) == {("span", "amount"), ("entity", "target")}


def test_of_a_retraction_what_it_takes_back_is_checked() -> None:
    document, event = fact("01-en", "investment")
    later = document.model_copy(update={"revision": "0" * 26, "text_sha256": "0" * 64, "text": ""})
    back = wire(retraction(event, Cause.SOURCE_CORRECTED, "a test", later))
    assert wrong(back, document) == set()
    assert "event.amount" in {c.path for c in verify(back, document.headline, document.text)}
    again = wire(retraction(back, Cause.DUPLICATE, "a test", later))
    assert wrong(again, document) == set()
    assert wrong(back, document, document.text + " ") == {("text", "event.source.text_sha256")}
    altered = copy.deepcopy(event)
    altered["slots"]["amount"]["low"] = "1"
    back["slots"]["event"] = altered
    assert {("id", "event.id"), ("quantity", "event.amount")} <= wrong(sealed_retraction(back), document)


def sealed_retraction(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "id": event_id(event)}


@pytest.mark.parametrize(
    "value", [{}, {"source": 5}, {"source": {"salt": 1}, "exact": "y"}, {"source": {"salt": "s"}, "n": 0.5}]
)
def test_what_is_no_event_is_told_so(value: Any) -> None:
    assert [(c.what, c.ok) for c in verify(value, None, "")] == [("id", False)]


def test_an_event_of_no_type_ends_at_the_schema() -> None:
    value = {"source": {"salt": "s"}, "type": "merger", "schema_version": 1}
    checks = verify({**value, "id": event_id(value)}, None, "")
    assert [(c.what, c.ok) for c in checks] == [("id", True), ("schema", False)]


# -- what strangers send


def ways(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*way, key)
        yield from ways(inner, (*way, key))


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just({"sha256": "0" * 64})
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@given(st.data())
def test_whatever_is_put_into_an_event_is_answered_and_found(data: st.DataObject) -> None:
    """Never an exception; and a changed value never passes without a failure or a note."""
    document, original = data.draw(st.sampled_from([t for a in ARTICLES for t in facts_of(a)]))
    event = copy.deepcopy(original)
    *way, last = data.draw(st.sampled_from(sorted(ways(event), key=repr)))
    at: Any = event
    for step in way:
        at = at[step]
    value = data.draw(ANYTHING)
    if at[last] == value and type(at[last]) is type(value):
        return
    at[last] = value
    assert wrong(event, document)
    try:
        event = sealed(event)
    except (TypeError, KeyError, AttributeError):
        return  # no id can be made of it
    checks = verify(event, document.headline, document.text)
    if way[:1] in (["slots"], ["valid"], ["attributed_to"], ["evidence"]) and value not in (None, []):
        assert [c for c in checks if not c.ok or c.note], (way, last, value)
