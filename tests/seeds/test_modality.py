"""Stage, modality and attribution: what has happened, how it is told, and by whom."""

from __future__ import annotations

import pytest

from seeds.document import Document
from seeds.facts import Fact
from seeds.parse import parse


def told(language: str, text: str) -> Fact:
    """The one acquisition that a sentence tells of OpenAI."""
    parsed = parse(Document(text=text, language=language, published_at="2025-06-17"))
    found = [f for f in parsed.facts if f.type == "acquisition"]
    assert len(found) == 1, (found, parsed.rejected)
    return found[0]


STAGES = [
    ("en", "Microsoft bought OpenAI.", "completed"),
    ("en", "Microsoft has completed its acquisition of OpenAI.", "completed"),
    ("en", "Microsoft agreed to buy OpenAI.", "agreed"),
    ("en", "Microsoft plans to buy OpenAI.", "planned"),
    ("en", "Microsoft will buy OpenAI.", "planned"),
    ("en", "Microsoft is to buy OpenAI.", "planned"),
    ("en", "OpenAI is to be acquired by Microsoft.", "planned"),
    ("en", "OpenAI was acquired by Microsoft.", "completed"),
    ("en", "Microsoft is considering buying OpenAI.", "considering"),
    ("en", "Microsoft is in talks to buy OpenAI.", "considering"),
    ("en", "Microsoft has abandoned plans to buy OpenAI.", "cancelled"),
    ("ar", "اشترت مايكروسوفت شركة OpenAI.", "completed"),
    ("ar", "أتمت مايكروسوفت شراء شركة OpenAI.", "completed"),
    ("ar", "وافقت مايكروسوفت على شراء شركة OpenAI.", "agreed"),
    ("ar", "تعتزم مايكروسوفت شراء شركة OpenAI.", "planned"),
    ("ar", "ستشتري مايكروسوفت شركة OpenAI.", "planned"),
    ("ar", "تدرس مايكروسوفت شراء شركة OpenAI.", "considering"),
    ("ar", "انسحبت مايكروسوفت من صفقة شراء شركة OpenAI.", "cancelled"),
]


@pytest.mark.parametrize(("language", "text", "stage"), STAGES)
def test_what_has_happened(language: str, text: str, stage: str) -> None:
    fact = told(language, text)
    assert (fact.stage, fact.modality) == (stage, "asserted")


MODALITIES = [
    ("en", "Microsoft may buy OpenAI.", "possible"),
    ("en", "Microsoft did not buy OpenAI.", "denied"),
    ("en", "Microsoft denied that it plans to buy OpenAI.", "denied"),
    ("en", "Microsoft has no plans to buy OpenAI.", "denied"),
    ("en", "Reports say Microsoft has bought OpenAI.", "reported"),
    ("en", "According to people familiar with the matter, Microsoft has bought OpenAI.", "reported"),
    ("en", "Microsoft has bought OpenAI, sources said.", "reported"),
    ("en", "Microsoft has bought OpenAI, the company said.", "asserted"),
    ("en", "Microsoft announced that it had bought OpenAI.", "asserted"),
    ("en", "Microsoft has not ruled out buying OpenAI.", "possible"),
    ("ar", "قد تشتري مايكروسوفت شركة OpenAI.", "possible"),
    ("ar", "لم تشتر مايكروسوفت شركة OpenAI.", "denied"),
    ("ar", "نفت مايكروسوفت أنها تعتزم شراء شركة OpenAI.", "denied"),
    ("ar", "لا تعتزم مايكروسوفت شراء شركة OpenAI.", "denied"),
    ("ar", "ذكرت تقارير أن مايكروسوفت اشترت شركة OpenAI.", "reported"),
    ("ar", "قالت مصادر مطلعة إن مايكروسوفت اشترت شركة OpenAI.", "reported"),
    ("ar", "قالت مايكروسوفت إنها اشترت شركة OpenAI.", "asserted"),
    ("ar", "أعلنت مايكروسوفت أنها اشترت شركة OpenAI.", "asserted"),
]


@pytest.mark.parametrize(("language", "text", "modality"), MODALITIES)
def test_how_it_is_told(language: str, text: str, modality: str) -> None:
    assert told(language, text).modality == modality


def test_qad_before_a_perfect_is_no_hedge() -> None:
    assert told("ar", "وقد اشترت مايكروسوفت شركة OpenAI.").modality == "asserted"


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("en", "Reuters reported that Microsoft plans to buy OpenAI.", "Reuters"),
        ("en", "According to informed sources, Microsoft plans to buy OpenAI.", "informed sources"),
        ("en", "Microsoft plans to buy OpenAI, analysts said.", "analysts"),
        ("ar", "ذكرت رويترز أن مايكروسوفت تعتزم شراء شركة OpenAI.", "Reuters"),
        ("ar", "وفقا لمصادر مطلعة، تعتزم مايكروسوفت شراء شركة OpenAI.", "مصادر مطلعة"),
    ],
)
def test_who_says_so(language: str, text: str, who: str) -> None:
    fact = told(language, text)
    assert (fact.stage, fact.modality) == ("planned", "reported")  # two different things
    assert fact.attributed_to is not None
    assert fact.attributed_to.name == who


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Analysts say that OpenAI, which Microsoft bought in May, will grow."),
        ("ar", "يقول محللون إن شركة OpenAI التي اشترتها مايكروسوفت في مايو ستنمو."),
    ],
)
def test_a_relative_clause_is_the_articles_own_word(language: str, text: str) -> None:
    assert told(language, text).modality == "asserted"


def test_a_later_denial_reaches_back() -> None:
    assert (
        told("en", "Microsoft is said to be planning to buy OpenAI, but it has denied this.").modality
        == "denied"
    )
