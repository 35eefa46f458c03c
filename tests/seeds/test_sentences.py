from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.sentences import sentences
from seeds.shadow import Shadow


def cut(text: str) -> list[str]:
    shadow = Shadow(text)
    return [shadow.exact(s.start, s.end) for s in sentences(shadow)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Meta paid $14.8 billion.", "It owns 49%."],
        ["Scale AI Inc. said so.", "Mr. Wang left."],
        ["He joined Acme Inc.", "The deal closed in June."],
        ["The U.S. Treasury agreed.", "Nobody left the U.S.", "It rained."],
        ["J. P. Smith sold it at 5 p.m. on Tuesday."],
        ["“We grew.”", "Sales rose."],
        ["“Will it work?” she asked.", "Yes!"],
        ["Yahoo! said so.", "See example.com for more."],
        ["Why?", "Because."],
        ["A headline", "A first paragraph.", "A second one"],
        ["قالت الشركة إنها دفعت 14.8 مليار دولار.", "وأضافت أن الصفقة تمت."],
        ["من اشترى الشركة؟", "لا أحد!", "هكذا قال د. أحمد."],
        ["ارتفعت الأرباح؛", "وانخفضت الديون."],
        ["باعت الشركة حصتها.", "وقالت إنها راضية."],
        ["بلغت الأرباح 3.5 مليون ر.س. في الربع الأول."],
        ["«تمت الصفقة.»", "هكذا قال."],
        ["قال الرئيس…", "ثم سكت."],
    ],
)
def test_sentences_are_found_however_they_are_joined(parts: list[str]) -> None:
    assert cut(" ".join(parts) if parts[0] != "A headline" else "\n".join(parts)) == parts


def test_arabic_needs_no_space_behind_the_full_stop() -> None:
    assert cut("تمت الصفقة.وقالت الشركة") == ["تمت الصفقة.", "وقالت الشركة"]


def test_a_line_that_was_only_broken_to_fit_goes_on() -> None:
    assert cut("The company said that\nit would pay.\n\nnext") == [
        "The company said that\nit would pay.",
        "next",
    ]


@given(st.text() | st.text(st.sampled_from("aA. \n!?؟؛…\"')1ب")))
def test_sentences_cover_everything_but_white_space(text: str) -> None:
    shadow = Shadow(text)
    at = 0
    for start, end in sentences(shadow):
        assert shadow.folded[at:start].strip() == ""
        assert shadow.folded[start:end].strip() == shadow.folded[start:end] != ""
        at = end
    assert shadow.folded[at:].strip() == ""


@pytest.mark.parametrize("unit", [".", ". ", "a.", "a. ", "\n", "\n ", "؛", '."', ".a ", "A.B. "])
@pytest.mark.timeout(30)  # a second; in quadratic time, hours
def test_hostile_text_ends(unit: str) -> None:
    shadow = Shadow(unit * (2**18 // len(unit)))
    assert all(start < end for start, end in sentences(shadow))
