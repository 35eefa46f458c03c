"""What holds of values whatever the text."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seeds.facts import Precision
from seeds.shadow import Shadow
from seeds.values import Kind, Value, find_values

PUBLISHED = date(2025, 6, 17)


def words(text: str) -> list[str]:
    return text.split()


def strings_of(language: str, name: str) -> list[str]:
    """All words of a lexicon file."""
    found: list[str] = []
    waiting = [yaml.safe_load((files("seeds.lexicon") / language / f"{name}.yaml").read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
        else:
            found.append(str(node))
    return sorted(found)


LANGUAGES = st.sampled_from(["ar", "en"])
FILES = ("numbers", "currencies", "units", "dates")
LEXICON = [words_ for language in ("ar", "en") for name in FILES for words_ in strings_of(language, name)]
SIGNS = words("5 14.8 1,300 2025 1446 13 28 0.5 3ر28 $ US$ € % ٪ - – . ، , : / ( ) و ب th 's bn m Q H ½ + ")
PIECES = st.sampled_from(SIGNS) | st.sampled_from(LEXICON)
SALADS = st.lists(PIECES, max_size=14).map(" ".join)
TIGHT = st.lists(PIECES, max_size=8).map("".join)


def find(text: str, language: str, published: date | None = PUBLISHED) -> list[Value]:
    shadow = Shadow(text)
    return find_values(shadow, 0, len(shadow.folded), language, published)


@given(st.text() | SALADS | TIGHT, LANGUAGES, st.sampled_from([None, PUBLISHED]))
def test_values_are_in_order_apart_and_as_written(text: str, language: str, published: date | None) -> None:
    shadow = Shadow(text)
    at = 0
    for value in find_values(shadow, 0, len(shadow.folded), language, published):
        assert at <= value.start < value.end <= len(shadow.folded)
        at = value.end
        told = value.quantity or value.interval
        assert told is not None
        assert told.surface is not None
        assert told.surface in shadow.exact(value.start, value.end)
        if value.quantity and value.quantity.low and value.quantity.high:
            assert Decimal(value.quantity.low) <= Decimal(value.quantity.high)
        if value.interval and value.interval.start and value.interval.end:
            assert value.interval.start <= value.interval.end


SCALES = {
    "en": {10**3: "thousand", 10**6: "million", 10**9: "billion", 10**12: "trillion"},
    "ar": {10**3: "ألف", 10**6: "مليون", 10**9: "مليار", 10**12: "تريليون"},
}
ARABIC_DIGITS = str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def arabic_digits(text: str) -> str:
    return text.translate(ARABIC_DIGITS)


def persian_digits(text: str) -> str:
    return text.translate(PERSIAN_DIGITS)


STYLES = st.sampled_from([str, arabic_digits, persian_digits])
MANTISSAS = st.decimals("0.01", "999.99", places=2).map(lambda d: d.normalize())


@given(MANTISSAS, st.sampled_from([10**3, 10**6, 10**9, 10**12]), LANGUAGES, STYLES, st.booleans())
def test_money_is_read_as_it_is_written(
    mantissa: Decimal, scale: int, language: str, style: object, sign: bool
) -> None:
    assert callable(style)
    number = style(f"{mantissa:f}") + " " + SCALES[language][scale]
    text = f"${number}" if sign else number + (" دولار" if language == "ar" else " dollars")
    (value,) = find(text, language)
    assert value.kind == Kind.MONEY
    assert value.quantity is not None
    assert value.quantity.low is not None
    assert Decimal(value.quantity.low) == Decimal(value.quantity.high or 0) == mantissa * scale
    assert value.quantity.unit == "USD"
    assert value.quantity.surface == text


@given(st.integers(1, 10**12), LANGUAGES, STYLES)
def test_thousands_are_read_as_they_are_written(number: int, language: str, style: object) -> None:
    assert callable(style)
    (value,) = find(style(f"{number:,}") + " %", language)
    assert value.quantity is not None
    assert value.quantity.low == str(number)


ONES = words("واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة")
TENS = words("عشرة عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون")
ENGLISH_ONES = words(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
ENGLISH_TENS = words("ten twenty thirty forty fifty sixty seventy eighty ninety")


def in_english(n: int) -> str:
    if n < 20:
        return ENGLISH_ONES[n - 1]
    if n < 100:
        return ENGLISH_TENS[n // 10 - 1] + (f"-{ENGLISH_ONES[n % 10 - 1]}" if n % 10 else "")
    return f"{ENGLISH_ONES[n // 100 - 1]} hundred" + (f" and {in_english(n % 100)}" if n % 100 else "")


def in_arabic(n: int) -> str:
    if n >= 100:
        hundreds = ["مئة", "مئتان", *(f"{ONES[k - 1].removesuffix('ة')}مئة" for k in range(3, 10))][
            n // 100 - 1
        ]
        hundreds = hundreds.replace("ثماني", "ثمان")
        return hundreds + (f" و{in_arabic(n % 100)}" if n % 100 else "")
    if n == 10 or n % 10 == 0:
        return TENS[n // 10 - 1]
    if n > 20:
        return f"{ONES[n % 10 - 1]} و{TENS[n // 10 - 1]}"
    if n > 10:
        return f"{['أحد', 'اثنا', *ONES[2:]][n - 11]} عشر"
    return ONES[n - 1]


@given(st.integers(1, 999), LANGUAGES)
def test_words_are_read_as_they_are_written(number: int, language: str) -> None:
    text = in_arabic(number) + " مليون دولار" if language == "ar" else in_english(number) + " million dollars"
    (value,) = find(text, language)
    assert value.quantity is not None
    assert value.quantity.low == str(number * 10**6)
    assert value.quantity.surface == text


@given(st.integers(1, 900), st.integers(1, 900), st.sampled_from([10**6, 10**9]), LANGUAGES, st.booleans())
def test_a_range_gives_its_scale_and_currency_to_both_ends(
    a: int, b: int, scale: int, language: str, dash: bool
) -> None:
    if language == "ar":
        ends = f"{a}-{b}" if dash else f"ما بين {a} إلى {b}"
        text = f"{ends} {SCALES['ar'][scale]} دولار"
    else:
        text = f"{a}-{b} {SCALES['en'][scale]} dollars" if dash else f"${a} to {b} {SCALES['en'][scale]}"
    (value,) = find(text, language)
    assert value.quantity is not None
    assert (value.quantity.low, value.quantity.high) == (str(min(a, b) * scale), str(max(a, b) * scale))


MONTHS = {
    "en": words("January February March April May June July August September October November December"),
    "ar": words("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
}


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), LANGUAGES, st.sampled_from(["{d} {m} {y}", "{iso}"]))
def test_a_full_date_is_read_as_it_is_written(day: date, language: str, style: str) -> None:
    text = style.format(d=day.day, m=MONTHS[language][day.month - 1], y=day.year, iso=day.isoformat())
    (value,) = find(text, language)
    assert value.interval is not None
    assert (value.interval.start, value.interval.end) == (day, day)
    assert value.interval.precision == Precision.DAY


@given(st.dates(date(2001, 1, 1), date(2060, 12, 31)), st.integers(0, 364), LANGUAGES)
def test_a_day_without_a_year_is_the_latest_that_has_been(published: date, ago: int, language: str) -> None:
    day = published - timedelta(days=ago)
    if (day.month, day.day) == (2, 29):
        day -= timedelta(days=1)
    (value,) = find(f"{day.day} {MONTHS[language][day.month - 1]}", language, published)
    assert value.interval is not None
    assert value.interval.start == day


@pytest.mark.parametrize(
    "unit",
    ["1 ", "1-", "$", "1,", "3ر", "مليار و", "بين ", "ضعف ", "in May ", "half of a ", "first ", "٪", "5 و"],
)
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.timeout(30)  # a second or less; in quadratic time, minutes
def test_hostile_text_ends(unit: str, language: str) -> None:
    shadow = Shadow(unit * (50_000 // len(unit)))
    values = find_values(shadow, 0, len(shadow.folded), language, PUBLISHED)
    assert all(0 <= value.start < value.end <= len(shadow.folded) for value in values)
