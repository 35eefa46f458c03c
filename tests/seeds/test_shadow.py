from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.shadow import Shadow, fold

# Arbitrary Unicode seldom hits what folding is about, so half of the texts are made of that.
HARD = "أإآٱىةؤئءﷲﷺﻻﬁßİıéÅςｆ５٣۳٫٬٪،ـ\u064b\u064e\u0651\u200f\u202b\u2066\u200d\ufeff\ufe0f\u0301"
HARD += "\u0345\u1fb3 \u00a0.,%\r\n\u2028a1"
texts = st.text() | st.text(st.sampled_from(HARD))


@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_a_shadow_folds_as_fold_does(text: str) -> None:
    shadow = Shadow(text)
    assert shadow.folded == fold(text)
    assert shadow.text == text


@given(texts, st.data())
def test_every_folded_span_maps_back_to_its_own_text(text: str, data: st.DataObject) -> None:
    shadow = Shadow(text)
    start = data.draw(st.integers(0, len(shadow.folded)))
    end = data.draw(st.integers(start, len(shadow.folded)))
    first, last = shadow.origin(start, end)
    assert 0 <= first <= last <= len(text)
    assert shadow.exact(start, end) == text[first:last]
    assert shadow.folded[start:end] in fold(text[first:last])


@given(texts, st.data())
def test_mapping_back_is_monotone(text: str, data: st.DataObject) -> None:
    shadow = Shadow(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shadow.folded)), min_size=3, max_size=3)))
    outer, inner = shadow.origin(cuts[0], cuts[2]), shadow.origin(cuts[0], cuts[1])
    assert outer[0] == inner[0]
    assert inner[1] <= outer[1]
    assert inner[0] <= shadow.origin(cuts[1], cuts[2])[0]


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_keeps_its_offsets(text: str) -> None:
    shadow = Shadow(text)
    assert shadow.folded == text.lower()
    assert shadow.origin(0, len(text)) == (0, len(text))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("أإآٱ", "اااا"),
        ("إلى شركة", "الي شركه"),
        ("مُؤَسَّسَة", "مؤسسه"),
        ("شـــركة", "شركه"),
        ("١٤٫٨", "14.8"),
        ("۱۴٬۸۰۰", "14,800"),
        ("٤٩٪", "49%"),
        ("1،22", "1،22"),
        ("ﷲ ﻻ", "الله لا"),
        ("\u200f14.8\u200e", "14.8"),
        ("Nestlé NESTLE\u0301", "nestle nestle"),
        ("Straße", "strasse"),
        ("５\u00a0GW", "5 gw"),
        ("60–65", "60–65"),
        ("…", "…"),
    ],
)
def test_what_folding_does(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_a_span_covers_the_marks_on_its_last_letter_but_no_direction_mark() -> None:
    shadow = Shadow("قالت مِيتَا\u200f اليوم")
    start = shadow.folded.index("ميتا")
    assert shadow.exact(start, start + 4) == "مِيتَا"
    assert shadow.exact(start, start + 1) == "مِ"


def test_a_part_of_a_ligature_is_the_whole_of_it() -> None:
    shadow = Shadow("عبدﷲ")
    assert shadow.origin(4, 5) == (3, 4)


def test_a_range_outside_is_refused() -> None:
    with pytest.raises(ValueError, match="not a range"):
        Shadow("abc").origin(2, 4)


@pytest.mark.parametrize("unit", ["word ", "شَرِكَة ", "a\u0301", "ﷺ", "\U0001d7d8", "\u064b"])
@pytest.mark.timeout(20)  # half a second; in quadratic time, hours
def test_a_mebibyte_is_folded(unit: str) -> None:
    text = unit * (2**20 // len(unit.encode()))
    shadow = Shadow(text)
    assert shadow.origin(0, len(shadow.folded))[1] <= len(text)
