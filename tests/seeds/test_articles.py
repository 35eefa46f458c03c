"""The sample articles ship with the package and are documents that khabar reads."""

from __future__ import annotations

from seeds.articles import sample_articles
from seeds.document import read_document
from seeds.facts import Value
from seeds.parse import parse


def test_samples_in_both_languages() -> None:
    paths = sample_articles()
    assert [p.name[:5] for p in paths] == ["00-ar", "01-en", "02-en", "03-ar"]
    for path in paths:
        document = read_document(path)
        assert document.language == path.name[3:5]
        assert document.published_day is not None
        assert len(document.text) > 800


def test_the_first_two_tell_the_same_events() -> None:
    arabic, english = (read_document(p) for p in sample_articles()[:2])
    assert arabic.published_at == english.published_at
    for name in ("Scale AI", "OpenAI", "Forrester", "Llama 4", "Behemoth"):
        assert name in arabic.text
        assert name in english.text


def test_made_up_articles_say_so() -> None:
    assert {read_document(p).publisher for p in sample_articles()[1:]} == {"khabar samples"}


def test_dates_have_words_and_words_have_slots() -> None:
    """A valuation has its deal's day with its words; half a comparison, which is no slot, has none."""
    for path in sample_articles():
        for fact in parse(read_document(path)).facts:
            assert fact.valid is None or {"valid", "when"} & set(fact.evidence), fact
            for place in set(fact.evidence) - {"trigger", "valid", "attributed_to"}:
                name, _, part = place.partition(".")
                assert name in fact.slots, place
                slot = fact.slots[name]
                assert not isinstance(slot, Value) or not part or getattr(slot, part) is not None, place
