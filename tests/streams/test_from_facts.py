"""From facts to events: what is published, under which ids, and what is refused."""

from hypothesis import given
from hypothesis import strategies as st

from seeds.document import Document
from seeds.facts import Entity, Fact, Parsed, Quantity, Span, Text
from streams.codec import decode, encode, wire
from streams.documents import stored
from streams.from_facts import EVENTS_MAX, events
from streams.ids import claim_id
from tests.strategies import TEXTS, documents, parses

DOCUMENT = stored(Document(text=TEXTS[0], language="en", published_at="2025-06-17"))


def entity(id_):
    return Entity(id=id_, name=id_.title(), surface=id_)


def supply(customer, product=None, **more):
    slots = {"supplier": entity("rimal"), "customer": entity(customer)}
    if product is not None:
        slots["product"] = Text(quote=product)
    return fact("supply", slots, **more)


def fact(event_type, slots, **more):
    told = {
        "stage": "completed",
        "modality": "asserted",
        "evidence": {"trigger": (Span(start=0, end=5, exact="Rimal"),)},
        "rule": "en.test",
        "confidence": "0.9",
    }
    return Fact(type=event_type, slots=slots, **{**told, **more})


def made(*facts, live=None, **more):
    return events(Parsed(extractor="rules", version="1", facts=facts), DOCUMENT, live or {}, **more)


def reasons(result):
    return [refused.reason for refused in result.rejected]


@given(st.data())
def test_every_valid_fact_becomes_one_event_that_can_be_written(data):
    document = data.draw(documents())
    parsed = data.draw(parses(document))
    result = events(parsed, document, {})
    assert len(result.new) + len(result.rejected) == len(parsed.facts)
    assert {r.reason for r in result.rejected} <= {"the same claim was found before"}
    assert len({event.claim_id for event in result.new}) == len(result.new)
    for event in result.new:
        assert decode(encode(event)) == event
        assert event.source.document == document.document
        assert event.source.revision == document.revision


@given(st.data())
def test_doing_it_again_gives_the_same_bytes(data):
    document = data.draw(documents())
    parsed = data.draw(parses(document))
    again = Parsed.model_validate_json(parsed.model_dump_json())  # as it comes from a child process
    first, second = events(parsed, document, {}), events(again, document, {})
    assert [encode(event) for event in first.new] == [encode(event) for event in second.new]


@given(st.data())
def test_what_is_live_is_kept_and_not_told_again(data):
    document = data.draw(documents())
    parsed = data.draw(parses(document))
    new = events(parsed, document, {}).new
    later = document.model_copy(update={"revision": "Z" * 26})
    live = {event.claim_id: event.id for event in new}
    again = events(parsed, later, live)
    assert again.new == ()
    assert again.kept == live.keys()


def test_a_derived_event_points_at_its_parent_and_claims_with_it():
    deal = fact("investment", {"target": entity("sadaf")})
    worth = fact(
        "valuation", {"company": entity("sadaf"), "amount": Quantity(low="5", surface="5")}, derived_from=1
    )
    child, parent = sorted(made(worth, deal).new, key=lambda event: event.type, reverse=True)
    assert child.derived_from == parent.id
    assert child.claim_id == claim_id(DOCUMENT.document, wire(child), parent.claim_id)
    assert child.claim_id != claim_id(DOCUMENT.document, wire(child), None)


def test_a_new_child_of_a_living_event_points_at_that():
    deal = fact("investment", {"target": entity("sadaf")})
    (parent,) = made(deal).new
    worth = fact(
        "valuation", {"company": entity("sadaf"), "amount": Quantity(low="5", surface="5")}, derived_from=0
    )
    (child,) = made(deal, worth, live={parent.claim_id: "f" * 64}).new
    assert child.derived_from == "f" * 64


def test_what_was_retracted_on_request_stays_so_and_with_it_what_follows():
    deal = fact("investment", {"target": entity("sadaf")})
    (parent,) = made(deal).new
    worth = fact(
        "valuation", {"company": entity("sadaf"), "amount": Quantity(low="5", surface="5")}, derived_from=0
    )
    result = made(deal, worth, retracted=frozenset({parent.claim_id}))
    assert result.new == ()
    assert reasons(result) == ["retracted on request", "what it follows from was rejected"]


def test_a_pair_is_put_in_order_with_its_evidence():
    first, second = Span(start=0, end=5, exact="Rimal"), Span(start=6, end=12, exact="Cement")
    (event,) = made(
        fact(
            "rivalry",
            {"parties": (entity("z"), entity("b"))},
            evidence={"parties.0": (first,), "parties.1": (second,)},
        )
    ).new
    assert [party.id for party in event.slots.parties] == ["b", "z"]
    assert event.home == "b"
    assert event.evidence == {"parties.0": (second,), "parties.1": (first,)}


def test_homes():
    percent = Quantity(low="85", high="85", unit="%", surface="85")
    of = [
        supply("b"),
        fact("survey_statistic", {"percent": percent}),
        fact("forecast", {"about": entity("sadaf")}),
        fact("forecast", {}),
    ]
    assert [event.home for event in made(*of).new] == ["rimal", DOCUMENT.document, "sadaf", DOCUMENT.document]


def test_what_breaks_the_catalogue_is_refused_with_the_reason():
    result = made(
        fact("supply", {"supplier": entity("a")}),
        fact("supply", {"supplier": entity("a"), "customer": entity("b"), "colour": "red"}),
        fact("merger_of_equals", {}),
        fact("retraction", {}),
        fact("product", {"company": entity("a"), "product": entity("p"), "status": "other"}),
        fact("rivalry", {"parties": (entity("a"), entity("a"))}),
    )
    assert result.new == ()
    told = reasons(result)
    assert "customer" in told[0]
    assert "colour" in told[1]
    assert told[2:4] == ["no event type merger_of_equals", "no event type retraction"]
    assert "status is `other`" in told[4]
    assert "parties" in told[5]


def test_a_fact_below_the_confidence_asked_for_is_refused():
    result = made(supply("a", confidence="0.49"), supply("b", confidence="0.5"), min_confidence=0.5)
    assert [event.slots.customer.id for event in result.new] == ["b"]
    assert reasons(result) == ["confidence 0.49 is below 0.5"]


def test_a_quote_that_does_not_stand_in_the_document_is_refused():
    wrong = {"customer": (Span(start=1, end=6, exact="Rimal"),)}
    beyond = {"trigger": (Span(part="headline", start=0, end=5, exact="Rimal"),)}
    result = made(supply("a", evidence=wrong), supply("b", evidence=beyond))
    assert reasons(result) == [
        "evidence of customer is not what stands at [1, 6)",
        "evidence of trigger is not what stands at [0, 5)",
    ]


def test_facts_beyond_the_limit_are_refused():
    result = made(*(supply(f"customer-{n}") for n in range(EVENTS_MAX + 3)))
    assert len(result.new) == EVENTS_MAX
    assert all(reason.startswith("limit") for reason in reasons(result))
    assert len(result.rejected) == 3


def test_an_event_that_would_be_too_long_is_refused():
    span = Span(start=0, end=len(TEXTS[0]), exact=TEXTS[0])
    result = made(supply("a", evidence={"trigger": (span,) * 200}), supply("b"))
    assert [event.slots.customer.id for event in result.new] == ["b"]
    assert "more than 16384" in reasons(result)[0]


def test_what_the_extractor_rejected_comes_along():
    parsed = Parsed.model_validate(
        {"extractor": "rules", "version": "1", "rejected": [{"type": "supply", "rule": "r", "reason": "why"}]}
    )
    assert reasons(events(parsed, DOCUMENT, {})) == ["why"]


def test_facts_that_follow_from_one_another_are_refused():
    result = made(supply("a", derived_from=1), supply("b", derived_from=0), supply("c", derived_from=99))
    assert result.new == ()
    assert set(reasons(result)) == {"what it follows from was rejected"}


def test_an_event_names_the_language_that_its_document_was_read_in():
    """A plain text file does not say; the document's own word is normalised."""
    arabic = "أعلنت الشركة يوم الاثنين أنها ستبني مصنعا جديدا قرب المدينة."
    span = {"trigger": (Span(start=0, end=5, exact=arabic[:5]),)}
    for language in (None, "ar-SA"):
        document = stored(Document(text=arabic, language=language))
        parsed = Parsed(extractor="rules", version="1", facts=(supply("a", evidence=span),))
        (event,) = events(parsed, document, {}).new
        assert event.source.language == "ar"
