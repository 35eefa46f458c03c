"""Hostile documents: bounded time, bounded facts, and every span still the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.parse import FACTS_MAX, parse

WORDS = [
    *(
        "Microsoft",
        "بيع",
        "شركة",
        "OpenAI",
        "اشترت",
        "bought",
        "a",
        "stake",
        "in",
        "20%",
        "of",
        "$3bn",
        "مليار",
    ),
    *(
        "دولار",
        "قد",
        "لم",
        "said",
        "that",
        "Reuters",
        '"',
        "«",
        "»",
        "“",
        "(",
        "–",
        ",",
        ".",
        "؛",
        "\n",
        "which",
    ),
    *(
        "التي",
        "و",
        "بـ",
        "13",
        "June",
        "يونيو",
        "\u202e",
        "\u200f",
        "ـ",
        "ً",
        "تم",
        "عن",
        "في",
        "more",
        "than",
    ),
    *("أكثر", "من", "٤٩٪", "", "the company", "its", "rival", "survey", "حصة", "الشركة"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=80), st.sampled_from(["ar", "en"]))
@settings(max_examples=200, deadline=None)
def test_any_words_parse_and_every_span_is_the_text(words: list[str], language: str) -> None:
    text = " ".join(words)
    parsed = parse(Document(text=text, language=language, published_at="2025-06-17"))
    for fact in parsed.facts:
        for spans in fact.evidence.values():
            assert all(text[s.start : s.end] == s.exact for s in spans)
    for candidate in parsed.rejected:
        assert all(text[s.start : s.end] == s.exact for s in candidate.spans)


@given(st.text(max_size=300), st.sampled_from(["ar", "en"]))
@settings(max_examples=100, deadline=None)
def test_any_text_parses(text: str, language: str) -> None:
    parse(Document(text=text, headline=text[:50] or None, language=language))


@pytest.mark.parametrize(
    "text",
    [
        "Microsoft bought OpenAI. " * 8000,
        "Microsoft and Google and OpenAI and Nvidia bought " * 3000,
        "استثمرت ميتا 3 مليارات دولار في شركة OpenAI و" * 3000,
        "(" * 100_000,
        "والبالفكال" * 20_000,
        "20% of " * 20_000 + "survey",
        "said that " * 20_000,
        "a" * 200_000,
        "1,1" * 60_000,
    ],
    ids=["sentences", "one-sentence", "arabic", "brackets", "clitics", "percent", "said", "word", "digits"],
)
@pytest.mark.timeout(30)  # the parse agent gives a document ten seconds
def test_a_long_repetition_ends_soon_and_tells_little(text: str) -> None:
    parsed = parse(Document(text=text, language="en" if text.isascii() else "ar"))
    assert len(parsed.facts) <= FACTS_MAX


def test_the_same_document_gives_the_same_facts() -> None:
    for path in sample_articles():
        document = read_document(path)
        assert parse(document) == parse(document)


def test_more_facts_than_the_limit_are_rejected_as_such() -> None:
    syllables = (
        "dax",
        "tech",
        "soft",
        "lux",
        "mar",
        "nix",
        "pol",
        "qua",
        "rem",
        "sun",
        "tan",
        "ver",
        "wex",
        "yal",
    )
    names = [f"{a}{b}".title() for a in syllables for b in syllables]
    names += [f"{name}or" for name in names]
    text = " ".join(f"Microsoft has bought {name} Inc for ${n + 2}m." for n, name in enumerate(names))
    parsed = parse(Document(text=text, language="en"))
    assert len(parsed.facts) == FACTS_MAX
    assert any(r.reason == "limit" for r in parsed.rejected)
