from __future__ import annotations

import pytest

from seeds.errors import BadLexicon
from seeds.lexicon import LexiconModel, load, read
from seeds.values.vocabulary import vocabulary


class Words(LexiconModel):
    words: dict[int, tuple[str, ...]]


def test_words_stay_words() -> None:
    assert read("words: {1: [no, on, 1.50, null]}", "x.yaml", Words).words == {
        1: ("no", "on", "1.50", "null")
    }


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("words: {1: [a], 1: [b]}", "stands twice"),
        ("words: {one: [a]}", "words.one"),
        ("words: {1: a}", "words.1"),
        ("other: 1", "words"),
        ("words: [", "not YAML"),
        ("words: {1: [a\u202eb]}", "invisible"),
    ],
)
def test_a_slip_is_told_with_its_file_in_one_line(source: str, complaint: str) -> None:
    with pytest.raises(BadLexicon, match=complaint) as caught:
        read(source, "xx/words.yaml", Words)
    assert str(caught.value).startswith("xx/words.yaml: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(BadLexicon, match=r"xx/words\.yaml"):
        load("xx", "words", Words)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_shipped_files_are_well_formed(language: str) -> None:
    assert vocabulary(language).entries("2025") == ()
    assert vocabulary(language).entries("%") != ()
