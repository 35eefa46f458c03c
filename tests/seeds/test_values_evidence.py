"""What the span of a value covers, and what is handed to it from outside of the text."""

from __future__ import annotations

from datetime import date

import pytest

from seeds.shadow import Shadow
from seeds.values import find_values


@pytest.mark.parametrize(
    ("language", "text", "span", "surface"),
    [
        ("en", "It paid more than $5bn for it", "more than $5bn", "$5bn"),
        ("en", "worth $54.20 a share now", "$54.20 a share", "$54.20"),
        (
            "en",
            "between 60 and 65 billion dollars",
            "between 60 and 65 billion dollars",
            "60 and 65 billion dollars",
        ),
        ("en", "by the end of 2026.", "the end of 2026", "the end of 2026"),
        ("en", "Monday's holiday", "Monday", "Monday"),
        ("ar", "بـ29 مليار دولار.", "29 مليار دولار", "29 مليار دولار"),
        ("ar", "وبنحو ٥ مليارات دولار", "نحو ٥ مليارات دولار", "٥ مليارات دولار"),
        ("ar", "لمليار دولارٍ", "مليار دولارٍ", "مليار دولارٍ"),
        ("ar", "ما بين 60 إلى 65 مليارِ دولارٍ", "ما بين 60 إلى 65 مليارِ دولارٍ", "60 إلى 65 مليارِ دولارٍ"),
        ("ar", "بحلول نهاية العام", "نهاية العام", "نهاية العام"),
        ("ar", "في عام\u200f 2025", "عام\u200f 2025", "عام\u200f 2025"),
    ],
)
def test_the_span_is_the_evidence_and_the_surface_the_amount(
    language: str, text: str, span: str, surface: str
) -> None:
    shadow = Shadow(text)
    (value,) = find_values(shadow, 0, len(shadow.folded), language, date(2025, 6, 17))
    told = value.quantity or value.interval
    assert told is not None
    assert (shadow.exact(value.start, value.end), told.surface) == (span, surface)


def test_a_country_from_outside_settles_a_currency_that_the_text_leaves_open() -> None:
    shadow = Shadow("دفعت 5 ملايين ريال")
    end = len(shadow.folded)
    (left_open,) = find_values(shadow, 0, end, "ar")
    (settled,) = find_values(shadow, 0, end, "ar", countries=["QA"])
    assert left_open.quantity is not None
    assert settled.quantity is not None
    assert (left_open.quantity.unit, settled.quantity.unit) == (None, "QAR")


def test_only_the_range_that_is_asked_for_is_read() -> None:
    shadow = Shadow("$5 and $6")
    assert [v.start for v in find_values(shadow, 3, len(shadow.folded), "en")] == [7]


def test_a_text_longer_than_a_value_is_none() -> None:
    shadow = Shadow("5" + "\u064b" * 400 + " مليون دولار")
    assert find_values(shadow, 0, len(shadow.folded), "ar") == []
