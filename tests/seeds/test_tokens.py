"""Words and their clitics, phrases, and the forms of verbs."""

from __future__ import annotations

import pytest

from seeds.phrases import PhraseIndex
from seeds.rules import LANGUAGES, load_verbs
from seeds.shadow import fold
from seeds.tokens import forms, tokenise
from seeds.verbs import FormKind, conjugate


def stems(word: str) -> set[str]:
    return {form.stem for form in forms(fold(word))}


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("وبالشركة", "شركه"),
        ("للاستحواذ", "استحواذ"),
        ("شركتها", "شركه"),
        ("استثمارا", "استثمار"),
        ("سيشتري", "يشتري"),
    ],
)
def test_a_reading_without_clitics_is_among_the_forms(word: str, stem: str) -> None:
    assert stems(word) >= {fold(word), stem}


def test_a_reading_says_what_was_taken_off() -> None:
    reading = next(f for f in forms(fold("وبالشركة")) if f.stem == "شركه")
    assert (reading.conjunction, reading.prefix, reading.suffix) == ("و", "بال", "")


def test_readings_put_together_are_the_word_again() -> None:
    for word in ("وبالشركه", "للاستحواذ", "فسيشتريها", "كتاب", "لا"):
        for f in forms(word):
            whole = f.conjunction + f.prefix + f.stem + f.suffix
            assert whole == word or f.suffix  # a ه before a pronoun was written ت
            assert len(f.stem) >= 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("بـ29 مليار", ["ب", "29", "مليار"]),
        ("لـOpenAI", ["ل", "openai"]),
        ("Meta's $14.8bn", ["meta's", "$", "14.8", "bn"]),
        ("28-year-old", ["28", "-", "year", "-", "old"]),
        ("إن-تريج", ["ان-تريج"]),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert [token.text for token in tokenise(fold(text))] == words


def found(phrases: list[str], text: str) -> list[str]:
    index = PhraseIndex((p, p) for p in phrases)
    tokens = tokenise(fold(text))
    return [hit.payload for hit in index.longest(tokens, 0, len(tokens))]


def test_the_longest_phrase_wins() -> None:
    assert found(["chief", "chief executive"], "the chief executive said") == ["chief executive"]


def test_the_first_word_of_a_phrase_may_carry_clitics_and_a_gap_is_bounded() -> None:
    assert found(["مجلس إدارة"], "وبمجلس الإدارة") == ["مجلس إدارة"]
    assert found(["drew … attention"], "drew much critical attention") == ["drew … attention"]
    assert found(["drew … attention"], "drew a b c d e f attention") == []
    assert found(["drew … attention"], "drew back. Then attention") == []


def forms_of(language: str, verb: str) -> dict[str, FormKind]:
    return dict(reversed(conjugate(language, verb, load_verbs(language)[verb] or {})))


def test_english_spelling() -> None:
    assert {"buys", "buying", "bought"} <= set(forms_of("en", "buy"))
    assert {"supplies", "supplied"} <= set(forms_of("en", "supply"))
    assert {"launches", "launched", "launching"} <= set(forms_of("en", "launch"))
    assert {"cut back", "cuts back", "cutting back"} <= set(forms_of("en", "cut back"))
    assert "planned" in forms_of("en", "plan")
    assert forms_of("en", "invest")["investment"] == FormKind.NOUN


def test_arabic_endings() -> None:
    assert {"استثمرت", "تستثمر", "يستثمرون", "استثمار"} <= set(forms_of("ar", "استثمر"))
    assert {"اشترت", "يشتري", "يشتر"} <= set(forms_of("ar", "اشترى"))  # the weak letter gives way
    assert forms_of("ar", "اشترى")["شراء"] == FormKind.NOUN


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_of_the_lexicon_has_forms(language: str) -> None:
    for verb, entry in load_verbs(language).items():
        forms_found = conjugate(language, verb, entry or {})
        assert all(form.strip() == form and form for form, _ in forms_found), verb
        assert any(kind == FormKind.PAST for _, kind in forms_found), verb
