"""What each change of a document does to its events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from seeds.document import Document
from seeds.facts import Entity, Fact, Parsed, Quantity, Span
from streams.codec import decode, event_id, wire
from streams.delta import answer, apply, failed, needs_parse, retraction, unchanged
from streams.documents import Change, Place, Request, Status, decode_parse, encode, stored
from streams.ids import canonical, erased
from streams.slots import Cause

PLACE = Place("documents", 2, 40)
FIRST = stored(Document(text="Rimal supplies.", language="en"))
NOTHING = Parsed(extractor="rules", version="1")


def entity(id_):
    return Entity(id=id_, name=id_, surface=id_)


def fact(event_type, derived_from=None, **slots):
    return Fact(
        type=event_type,
        stage="completed",
        modality="asserted",
        slots=slots,
        evidence={"trigger": (Span(start=0, end=5, exact="Rimal"),)},
        rule="en.test",
        confidence="0.9",
        derived_from=derived_from,
    )


def supply(customer):
    return fact("supply", supplier=entity("rimal"), customer=entity(customer))


def worth(of, low):
    amount = Quantity(low=low, high=low, unit="USD", surface=low)
    return fact("valuation", of, company=entity("sadaf"), amount=amount)


DEAL = fact("investment", target=entity("sadaf"))


class Story:
    """A document over its revisions: what stands, and all that was published."""

    def __init__(self):
        self.live = {}
        self.published = []
        self.last = None

    def told(self, change, *facts, by="desk", event=None, cause=None):
        """Answer a change; the answer travels as bytes, as it does in the log."""
        document = FIRST.changed(
            change, Request(id=f"r{len(self.published)}", by=by, event=event, cause=cause)
        )
        parsed = NOTHING.model_copy(update={"facts": facts}) if needs_parse(document) else NOTHING
        record = answer(document, PLACE, self.live, parsed, 0.5)
        assert encode(answer(document, PLACE, self.live, parsed, 0.5)) == encode(record)
        record = decode_parse(encode(record))
        apply(self.live, record)
        self.published += record.events
        self.last = record
        return record

    def living(self):
        return sorted(d["id"] for d in self.live.values() if d["type"] != "retraction")


def alive_by_the_log(published):
    """Judge from the events alone, as a view does: alive is what no living retraction takes back."""
    takers = {}
    for data in published:
        if data["type"] == "retraction":
            takers.setdefault(data["slots"]["event"]["id"], set()).add(data["id"])

    def alive(id_):
        return not any(alive(taker) for taker in takers.get(id_, ()))

    return sorted({d["id"] for d in published if d["type"] != "retraction" and alive(d["id"])})


def kinds(record):
    return [
        (data["type"], data["slots"]["cause"]) if data["type"] == "retraction" else data["type"]
        for data in record.events
    ]


def test_a_first_text_publishes_its_facts():
    story = Story()
    record = story.told(Change.TEXT, supply("a"), DEAL, worth(1, "5"))
    assert record.status is Status.PARSED
    assert (record.partition, record.offset) == (2, 40)
    assert kinds(record) == ["supply", "investment", "valuation"]
    assert len(story.living()) == 3


def test_an_edited_paragraph_touches_the_facts_of_no_other():
    story = Story()
    story.told(Change.TEXT, supply("a"), supply("b"))
    record = story.told(Change.TEXT, supply("b"), supply("c"))
    assert kinds(record) == ["supply", ("retraction", "source_corrected")]
    new, taken_back = record.events
    assert new["slots"]["customer"]["id"] == "c"
    assert taken_back["slots"]["event"]["slots"]["customer"]["id"] == "a"
    assert taken_back["home"] == "rimal"


def test_a_corrected_deal_takes_its_valuation_along():
    story = Story()
    story.told(Change.TEXT, DEAL, worth(0, "5"))
    smaller = DEAL.model_copy(update={"stage": "planned"})
    record = story.told(Change.TEXT, smaller, worth(0, "5"))
    assert kinds(record) == ["investment", "valuation"] + [("retraction", "source_corrected")] * 2
    deal, value, deal_gone, value_gone = record.events
    assert value["derived_from"] == deal["id"]
    assert value_gone["derived_from"] == deal_gone["id"]


def test_a_withdrawn_article_takes_everything_back_and_reinstating_tells_it_again():
    story = Story()
    story.told(Change.TEXT, supply("a"), DEAL, worth(1, "5"))
    gone = story.told(Change.WITHDRAWN, by="Gulf Wire")
    assert gone.status is Status.WITHDRAWN
    assert kinds(gone) == [("retraction", "source_withdrawn")] * 3
    assert gone.events[0]["slots"]["by"] == "Gulf Wire"
    assert story.living() == []
    back = story.told(Change.REINSTATED, supply("a"), DEAL, worth(1, "5"))
    assert back.status is Status.REINSTATED
    assert kinds(back) == ["supply", "investment", "valuation"]
    assert story.living() == alive_by_the_log(story.published)


def test_reading_again_with_a_better_extractor_blames_the_extractor():
    story = Story()
    story.told(Change.TEXT, supply("a"), supply("b"))
    record = story.told(Change.REPARSE, supply("b"))
    assert record.status is Status.REPARSED
    assert kinds(record) == [("retraction", "extractor_bug")]


def test_a_retraction_on_request_cascades_and_survives_every_later_revision():
    story = Story()
    deal, value, other = story.told(Change.TEXT, DEAL, worth(0, "5"), supply("a")).events
    record = story.told(Change.RETRACTION, event=deal["id"], cause=Cause.MERGE_UNDONE)
    assert record.status is Status.RETRACTED
    assert kinds(record) == [("retraction", "merge_undone")] * 2
    assert [data["slots"]["event"]["id"] for data in record.events] == [deal["id"], value["id"]]
    assert story.living() == [other["id"]]
    for change in (Change.TEXT, Change.REPARSE, Change.REINSTATED):
        assert kinds(story.told(change, DEAL, worth(0, "5"), supply("a"))) == []
    story.told(Change.WITHDRAWN)
    assert kinds(story.told(Change.REINSTATED, DEAL, worth(0, "5"), supply("a"))) == ["supply"]


def test_a_retraction_can_be_taken_back_itself_with_what_it_cascaded_to():
    story = Story()
    told = story.told(Change.TEXT, DEAL, worth(0, "5")).events
    taken_back = story.told(Change.RETRACTION, event=told[0]["id"]).events
    undone = story.told(Change.RETRACTION, event=taken_back[0]["id"]).events
    assert [data["slots"]["event"]["id"] for data in undone] == [data["id"] for data in taken_back]
    assert story.living() == sorted(data["id"] for data in told) == alive_by_the_log(story.published)
    assert kinds(story.told(Change.TEXT, DEAL, worth(0, "5"))) == []
    assert story.told(Change.RETRACTION, event=told[1]["id"]).status is Status.RETRACTED


def test_only_what_lives_can_be_retracted():
    story = Story()
    (event,) = story.told(Change.TEXT, supply("a")).events
    story.told(Change.RETRACTION, event=event["id"])
    for asked in (event["id"], "0" * 64, None):
        record = story.told(Change.RETRACTION, event=asked)
        assert (record.status, record.events) == (Status.FAILED, ())
        assert "is not a living event of this document" in record.error


def test_a_change_of_a_newer_khabar_is_answered_with_a_failure():
    record = Story().told(Change.OTHER)
    assert record.status is Status.FAILED
    assert "update" in record.error


def test_what_fails_or_does_not_change_leaves_everything_as_it_was():
    story = Story()
    story.told(Change.TEXT, supply("a"))
    before = dict(story.live)
    for record in (
        failed(FIRST, PLACE, "rules", "1", "out of time " * 500),
        unchanged(FIRST, PLACE, "rules", "1"),
    ):
        apply(story.live, decode_parse(encode(record)))
        assert story.live == before
    assert unchanged(FIRST, PLACE, "rules", "1").status is Status.UNCHANGED


def test_a_retraction_is_the_same_whenever_it_is_made_and_verifies_with_the_targets_strings_erased():
    story = Story()
    (target,) = story.told(Change.TEXT, supply("a")).events
    later = stored(Document(text="Other.", language="en")).changed(Change.TEXT, Request(id="r", by="x"))
    one, two = (retraction(target, Cause.DUPLICATE, "desk", later) for _ in range(2))
    assert canonical(one.model_dump(mode="json")) == canonical(two.model_dump(mode="json"))
    hidden = wire(one)
    hidden["slots"]["event"] = erased(target, target["source"]["salt"])
    assert event_id(hidden) == one.id
    assert event_id(hidden["slots"]["event"]) == target["id"]


FACTS = (supply("a"), supply("b"), DEAL)
steps = st.one_of(
    st.tuples(
        st.sampled_from([Change.TEXT, Change.REPARSE, Change.REINSTATED]),
        st.sets(st.sampled_from(range(5))),
    ),
    st.tuples(st.just(Change.WITHDRAWN), st.none()),
    st.tuples(st.just(Change.RETRACTION), st.integers(0, 40)),
)


@given(st.lists(steps, max_size=12))
@settings(max_examples=60)
def test_whatever_happens_what_stands_is_what_the_log_says(happened):
    story = Story()
    for change, which in happened:
        if change is Change.RETRACTION:
            published = story.published
            story.told(change, event=published[which % len(published)]["id"] if published else None)
        else:
            facts = [fact for number, fact in enumerate(FACTS) if number in (which or ())]
            # A valuation that follows from the deal, and one that follows from that.
            if {2, 3} <= (which or set()):
                facts.append(worth(facts.index(DEAL), "5"))
                facts += [worth(len(facts) - 1, "7")] if 4 in which else []
            story.told(change, *facts)
        assert story.living() == alive_by_the_log(story.published)
        for data in story.last.events:
            assert decode(canonical(data)).id == data["id"]
    ids = [data["id"] for data in story.published]
    assert len(ids) == len(set(ids))


def some_facts(which):
    """Facts by number; a valuation that follows from the deal, and one that follows from that."""
    facts = [fact for number, fact in enumerate(FACTS) if number in which]
    if {2, 3} <= which:
        facts.append(worth(facts.index(DEAL), "5"))
        facts += [worth(len(facts) - 1, "7")] if 4 in which else []
    return facts


texts = st.tuples(st.just(Change.TEXT), st.frozensets(st.sampled_from(range(5))))
others = st.tuples(st.sampled_from([Change.WITHDRAWN, Change.REINSTATED, Change.REPARSE]), st.none())


@given(st.lists(st.one_of(texts, others), min_size=1, max_size=12))
def test_the_living_claims_are_those_of_the_last_text(happened):
    """However it came to it; and a claim that stood before and stands now was not published again."""
    story, which, withdrawn = Story(), frozenset(), False
    for change, told in happened:
        if change is Change.REPARSE and withdrawn:
            continue  # `unchanged`, by the parse agent
        before = dict(story.live)
        which = told if change is Change.TEXT else which
        withdrawn = change is Change.WITHDRAWN
        record = story.told(change, *some_facts(which))
        fresh = Story()
        fresh.told(Change.TEXT, *([] if withdrawn else some_facts(which)))
        assert story.live.keys() == fresh.live.keys()
        stayed = before.keys() & story.live.keys()
        assert {claim: story.live[claim] for claim in stayed} == {claim: before[claim] for claim in stayed}
        touched = {(data if data["type"] != "retraction" else data["slots"]["event"])["claim_id"]
                   for data in record.events}  # fmt: skip
        assert touched == before.keys() ^ story.live.keys()


def test_a_fact_that_was_gone_and_is_told_again_lives_again_as_a_new_event():
    story = Story()
    (first,) = story.told(Change.TEXT, supply("a")).events
    story.told(Change.TEXT)
    (again,) = story.told(Change.TEXT, supply("a")).events
    assert again["claim_id"] == first["claim_id"]
    assert again["id"] != first["id"]
    assert story.living() == [again["id"]] == alive_by_the_log(story.published)
