"""What looks alike is suggested, in either script; what a person or the list knows to be two is not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.shadow import fold
from streams import similar
from streams.similar import Named, pairs


def named(entity_id: str, *names: str, known: bool = False, kind: str = "org", events: int = 1) -> Named:
    return Named(entity_id, kind, known, events, tuple(fold(name) for name in names))


def found(*entities: Named) -> list[tuple[str, str]]:
    return [(pair.entity, pair.into) for pair in pairs(entities)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Najd Grid", "Najd Grid Co."),
        ("Falak Robotics", "Falak Robotcs"),
        ("Falak Robotics", "Phalak Robotics"),
        ("Falak", "Falak Robotics"),
        ("Grid Najd", "Najd Grid"),
        ("DataBricks", "Data Bricks"),
        ("Société Rimal", "Societe Rimal"),
        ("شركة نجد للشبكات", "نجد للشبكات"),
        ("الرمال القابضة", "رمال"),
        ("مؤسسة الفلك للروبوتات", "مؤسسة الفلك للروبوتت"),
    ],
)
def test_names_that_look_alike_are_suggested(one: str, other: str) -> None:
    assert found(named("x", one, known=True), named("unresolved/y", other)) == [("unresolved/y", "x")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Najd Grid", "Sadaf Water"),
        ("Boeing 737", "Boeing 747"),
        ("Model 3", "Model 4"),
        ("GE", "GM"),
        ("The Company Group", "Holding Company"),
        ("بنك الرياض", "بنك الجزيرة"),
    ],
)
def test_others_are_not(one: str, other: str) -> None:
    assert found(named("x", one, known=True), named("unresolved/y", other)) == []


def test_two_known_ones_two_kinds_and_distinct_ones_make_no_pair() -> None:
    one, other = named("x", "Najd Grid"), named("y", "Najd Grid Co")
    assert found(one, other)
    assert found(one._replace(known=True), other._replace(known=True)) == []
    assert found(one, other._replace(kind="product")) == []
    assert pairs([one, other], {frozenset(("x", "y"))}) == []


def test_either_script_leads_to_an_entity_known_in_both() -> None:
    known = named("aramco", "Saudi Aramco", "أرامكو السعودية", known=True)
    assert found(known, named("unresolved/1", "ارامكو السعوديه")) == [("unresolved/1", "aramco")]
    assert found(known, named("unresolved/2", "Saudi Aramko")) == [("unresolved/2", "aramco")]


def test_known_ones_come_first_and_the_one_with_more_events_stays() -> None:
    made = found(
        named("unresolved/a", "Sadaf Water", events=2),
        named("unresolved/b", "Sadaf Water", events=5),
        named("rimal", "Rimal Capital", known=True, events=0),
        named("unresolved/c", "Rimal Kapital", events=9),
    )
    assert made == [("unresolved/c", "rimal"), ("unresolved/a", "unresolved/b")]


WORDS = ["najd", "nejd", "grid", "falak", "robotics", "robotcs", "رمال", "الرمال", "co", "7", "x"]
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(
    st.lists(st.tuples(NAMES, st.booleans(), st.sampled_from(["org", "person"])), max_size=12), st.randoms()
)
def test_the_order_does_not_matter_and_no_pair_is_told_twice(
    told: list[tuple[str, bool, str]], chance: random.Random
) -> None:
    entities = [named(f"e{n}", name, known=known, kind=kind) for n, (name, known, kind) in enumerate(told)]
    made = pairs(entities)
    chance.shuffle(entities)
    assert pairs(entities) == made
    assert len({frozenset((p.entity, p.into)) for p in made}) == len(made)
    by_id = {entity.id: entity for entity in entities}
    for pair in made:
        one, other = by_id[pair.entity], by_id[pair.into]
        assert one.kind == other.kind == pair.kind
        assert not (one.known and other.known)
        assert other.known == pair.known
        assert similar.SCORE_MIN <= pair.score <= 100


def test_a_common_word_makes_no_pairs_of_all_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    score = similar._score

    def counted(one: similar._Name, other: similar._Name) -> float:
        nonlocal compared
        compared += 1
        return score(one, other)

    monkeypatch.setattr(similar, "_score", counted)
    count = 2000
    letters = random.Random(1)  # noqa: S311  # names, no secrets
    entities = [
        named(f"e{n}", "bank " + "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=8)))
        for n in range(count)
    ]
    pairs(entities)
    assert compared <= 2 * similar.NEIGHBOURS * count
