"""The report of reading again: what is new, gone, or changed."""

from hypothesis import given
from hypothesis import strategies as st

from seeds.facts import Span
from streams.delta import answer, failed
from streams.documents import Change, Request
from streams.reparse import Difference, Report, differences, quote
from tests.streams.test_delta import (
    DEAL,
    FIRST,
    NOTHING,
    PLACE,
    Story,
    entity,
    some_facts,
    supply,
    worth,
)


def read_again(before, after):
    """The answer to a `reparse` of a document of which these facts stand, when those are found in it."""
    story = Story()
    story.told(Change.TEXT, *before)
    document = FIRST.changed(Change.REPARSE, Request(id="r", by="test"))
    return answer(document, PLACE, story.live, NOTHING.model_copy(update={"facts": tuple(after)}), 0.5)


def kinds(record):
    return [(difference.kind, difference.event["type"]) for difference in differences(record)]


def test_what_is_only_there_now_is_new_and_what_is_no_more_is_gone():
    assert kinds(read_again([supply("a")], [DEAL])) == [("new", "investment"), ("gone", "supply")]
    assert kinds(read_again([supply("a")], [supply("a")])) == []


def test_the_same_type_and_home_with_other_values_is_a_change():
    (change,) = differences(read_again([DEAL, worth(0, "5")], [DEAL, worth(0, "7")]))
    assert change.kind == "changed"
    assert change.values().keys() == {"slots.amount"}
    before, after = change.values()["slots.amount"]
    assert (before["low"], after["low"]) == ("5", "7")
    assert change.group == ("valuation", "en.test", "en")


def test_of_several_the_most_alike_is_the_one_that_changed():
    planned = {"stage": "planned"}
    was = [supply("a").model_copy(update=planned), supply("b").model_copy(update=planned)]
    changed, gone = differences(read_again(was, [supply("b")]))
    assert (changed.kind, gone.kind) == ("changed", "gone")
    assert changed.values() == {"stage": ["planned", "completed"]}
    assert gone.event["slots"]["customer"]["id"] == "a"


def test_other_words_for_the_same_value_are_no_difference_of_values():
    before = {"stage": "completed", "modality": "asserted", "slots": {"supplier": wire(entity("a"))}}
    written = wire(entity("a").model_copy(update={"surface": "The A company"}))
    after = before | {"stage": "planned", "slots": {"supplier": written}}
    assert Difference("d", before, after).values() == {"stage": ["completed", "planned"]}


def wire(value):
    return value.model_dump(mode="json", exclude_none=True)


def test_a_quote_is_what_the_article_says_in_its_order_each_character_once():
    spans = [Span(start=6, end=15, exact="supplies."), Span(start=0, end=5, exact="Rimal")]
    inner = [Span(start=6, end=12, exact="suppli")]
    headline = Span(part="headline", start=0, end=3, exact="Big")
    evidence = {"trigger": spans, "supplier": inner, "matter": [headline]}
    event = {"evidence": {path: [wire(span) for span in found] for path, found in evidence.items()}}
    assert quote(event) == "Big … Rimal … supplies."
    event["evidence"]["trigger"][0]["exact"] = {"sha256": "0" * 64}
    assert quote(event) == "Big … Rimal … suppli"


def test_a_report_counts_all_and_shows_a_few():
    report = Report(examples_max=2)
    for customers in ("abc", "a", ""):
        report.add(read_again([supply("z")], [supply("z"), *map(supply, customers)]))
    report.add(failed(FIRST, PLACE, "rules", "1", "out of time"))
    report.skip("withdrawn")
    told = report.to_json()
    assert (told["documents"], told["differing"], told["new"], told["gone"], told["changed"]) == (
        4,
        2,
        4,
        0,
        0,
    )
    assert told["skipped"] == {"failed": 1, "withdrawn": 1}
    (group,) = told["groups"]
    assert (group["type"], group["rule"], group["language"], group["new"]) == ("supply", "en.test", "en", 4)
    assert len(group["examples"]) == 2
    assert group["examples"][0]["quote"] == "Rimal"
    assert group["examples"][0]["values"]["slots.customer"][1]["id"] == "a"


subsets = st.frozensets(st.sampled_from(range(5)))


@given(subsets, subsets)
def test_every_event_of_an_answer_is_in_exactly_one_difference(before, after):
    record = read_again(some_facts(before), some_facts(after))
    found = differences(record)
    new = [data["id"] for data in record.events if data["type"] != "retraction"]
    gone = [data["slots"]["event"]["id"] for data in record.events if data["type"] == "retraction"]
    assert sorted(d.after["id"] for d in found if d.after) == sorted(new)
    assert sorted(d.before["id"] for d in found if d.before) == sorted(gone)
    for difference in found:
        if difference.kind == "changed":
            assert difference.before["type"] == difference.after["type"]
            assert difference.before["home"] == difference.after["home"]
    assert Report().add(record) is (before != after and some_facts(before) != some_facts(after))
