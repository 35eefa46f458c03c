"""Power, things that are counted, multiples and ages."""

from __future__ import annotations

from seeds.values.base import Kind, Label, Role, Window
from seeds.values.measure import Measure
from seeds.values.numbers import Number

ADJECTIVES_MAX = 2
AGES = range(1, 121)


def power(w: Window, n: Number) -> Measure | None:
    """Read electrical power, in the unit as written: "2 جيجاوات" is 2 GW."""
    label = w.at(w.hyphen(n.last), Role.POWER)
    if label is None or w.at(label.last + (w.text(label.last) in ("/", "-", ".")), Role.HOUR):
        return None
    return _measure(n, label.last, Kind.POWER, label.word)


def count(w: Window, n: Number) -> Measure | None:
    """Read a number of known things such as GPUs, people, jobs and shares."""
    if n.digits and 1900 <= n.value <= 2100 and w.before(n.first, Role.MONTH):
        return None  # "June 2025 jobs report"
    if _one_in(w, n):
        return None
    label = _thing(w, w.hyphen(n.last))
    if label is None:
        return None
    last = label.last
    again = w.at(last + 1, Role.COUNT)
    if w.text(last) == "(" and again is not None and again.word == label.word and w.text(again.last) == ")":
        last = again.last + 1  # "وحدة معالجة رسومات (GPU)"
    return _measure(n, last, Kind.COUNT, label.word)


def _one_in(w: Window, n: Number) -> bool:
    """Tell "one in five workers"."""
    earlier = n.first - 2
    return w.text(n.first - 1) == "in" and (
        w.text(earlier).isdecimal() or w.at(earlier, Role.CARDINAL) is not None
    )


def _thing(w: Window, i: int) -> Label | None:
    """Find the name of a counted thing, also behind "of its", "من" and, in English, adjectives."""
    label = w.at(i, Role.COUNT)
    if label is not None:
        return None if label.form.conjunction or label.form.prefix not in ("", "ال") else label
    if w.language == "ar":
        label = w.at(i + 1, Role.COUNT) if w.text(i) == "من" else None
        if label is None or not (
            label.form.suffix or label.form.prefix == "ال" or label.last > label.first + 1
        ):
            return None
        return label
    if w.text(i) == "of":
        i += 1 + bool(w.at(i + 1, Role.NOT_THING))
    for _ in range(ADJECTIVES_MAX + 2):
        label = w.at(i, Role.COUNT)
        if label is not None:
            return label
        chip = w.text(i).isdecimal() and w.joined(i) and w.text(i - 1).isalpha()  # "24,000 H100 GPUs"
        if not (w.text(i).isalpha() or chip) or any(
            w.at(i, role) for role in (Role.NOT_THING, Role.DURATION, Role.MONTH)
        ):
            return None
        i = w.hyphen(i + 1)
    return None


def thing(w: Window, n: Number) -> Measure | None:
    """Read a number of anything: a noun follows that no lexicon knows ("20 stores")."""
    behind = w.at(n.last, Role.BOUND_AFTER)
    at = behind.last if behind is not None else n.last  # "500+ stores", but not "six-cylinder engines"
    word = w.text(at)
    roles = (
        Role.NOT_THING,
        Role.DURATION,
        Role.MONTH,
        Role.HIJRI_MONTH,
        Role.PERIOD,
        Role.BOUND,
        Role.TO,
        Role.BY,
    )
    if len(word) < 2 or not word.isalpha() or _one_in(w, n) or any(w.at(at, role) for role in roles):
        return None
    if w.language == "ar" and (word.isascii() or word.startswith(("ال", "و")) or (n.worded and n.value < 3)):
        return None  # واحدة stands behind its noun
    return _measure(n, n.last, Kind.COUNT, None)


def lasts(w: Window, n: Number) -> bool:
    """Tell whether a number is a stretch of time ("five years"), which is no count of things."""
    return w.at(w.hyphen(n.last), Role.DURATION) is not None


def ratio(w: Window, n: Number) -> Measure | None:
    """Read "three times", "3x", "ثلاثة أضعاف"."""
    label = w.at(w.hyphen(n.last), Role.TIMES)
    if label is None or label.form.conjunction:
        return None
    return _measure(n, label.last, Kind.RATIO, None)


def age(w: Window, n: Number) -> Measure | None:
    """Read a person's age: "aged 28", "28-year-old", "البالغ من العمر 28 عاما", "Wang, 28,", "Wang (28)"."""
    if n.value not in AGES:
        return None
    at = w.hyphen(n.last)
    years = w.at(at, Role.AGE_YEARS)
    if years is not None:
        behind = w.at(w.hyphen(years.last), Role.AGE_AFTER)
        if behind is not None:
            return _measure(n, behind.last, Kind.AGE, "years")
        cue = any(w.at(k, Role.AGE_BEFORE) for k in range(max(n.first - 3, 0), n.first))
        enclosed = w.text(n.first - 1) == "(" and w.text(years.last) == ")"
        return _measure(n, years.last, Kind.AGE, "years") if cue or enclosed else None
    if w.before(n.first, Role.AGE_BEFORE, 1) and w.language != "ar":
        return _measure(n, n.last, Kind.AGE, "years")
    around = w.text(n.first - 1) + w.text(n.last)
    named = around in (",,", "()") and n.digits and 16 <= n.value <= 99
    if not named or w.language == "ar" or w.at(n.first - 2, Role.MONTH):
        return None
    is_name = w.text(n.first - 2).isalpha() and w.original(n.first - 2)[0].isupper()
    return _measure(n, n.last, Kind.AGE, "years") if is_name else None


def multiple(w: Window, i: int) -> Label | None:
    """Find a multiple told by one word: "double", "ضعف". "ضعف الطلب" is weak demand, so ضعف needs company."""
    label = w.at(i, Role.MULTIPLE)
    if label is None or w.language != "ar" or label.word != "2" or label.form.prefix.endswith("ال"):
        return label
    if w.text(i).removeprefix("ب").removeprefix("ل") not in ("ضعف", "ضعفا"):
        return label
    follows = w.text(label.last)
    owned = len(follows) > 3 and follows.endswith(("ها", "هم", "ه")) and not follows.startswith("ال")
    return label if w.before(i, Role.BOUND) or owned or follows == "ما" else None


def _measure(n: Number, last: int, kind: Kind, unit: str | None) -> Measure:
    return Measure(n.first, last, n.start, n, n.value, kind, unit)
