"""Which entity a mention is, and that nothing is guessed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.facts import EntityKind
from seeds.mention import Mention
from seeds.names import find_mentions
from seeds.resolve import antecedent, antecedents, resolve, unresolved_id
from seeds.sentences import sentences
from seeds.shadow import Shadow


def ids(text: str) -> dict[str, str]:
    """Entity id by name as written."""
    shadow = Shadow(text)
    arabic = any("\u0600" <= c <= "\u06ff" for c in text)
    resolved = resolve(find_mentions(shadow, "ar" if arabic else "en"), shadow)
    return {m.name: r.entity.id for m, r in resolved.items() if r.entity is not None}


def references(text: str, exclude: tuple[str, ...] = ()) -> list[str | None]:
    """What the references of a text stand for, in order."""
    shadow = Shadow(text)
    arabic = any("\u0600" <= c <= "\u06ff" for c in text)
    mentions = find_mentions(shadow, "ar" if arabic else "en")
    resolved = resolve(mentions, shadow)
    found = [
        antecedent(m, mentions, resolved, sentences(shadow), exclude) for m in mentions if m.kind == "COREF"
    ]
    return [r.entity.id if r.entity else None for r in found]


# -- known entities


def test_names_of_one_entity_in_two_scripts() -> None:
    assert ids("استثمرت ميتا في Scale AI (سكيل إيه آي)") == {
        "ميتا": "meta-platforms",
        "Scale AI": "scale-ai",
        "سكيل إيه آي": "scale-ai",
    }


def test_a_short_name_is_the_one_told_in_full() -> None:
    assert ids("Scale AI grew. Customers of Scale left.")["Scale"] == "scale-ai"
    assert ids("استحوذت على Scale AI. وقال عملاء Scale إنهم")["Scale"] == "scale-ai"


def test_similar_names_are_not_the_same() -> None:
    found = ids("اشترت ميتا شركة ميتال القابضة")
    assert found["ميتا"] == "meta-platforms"
    assert found["ميتال القابضة"].startswith("unresolved-")


def test_every_resolution_says_why() -> None:
    shadow = Shadow("Scale AI grew. Customers of Scale left for Velmora Inc.")
    resolved = resolve(find_mentions(shadow, "en"), shadow)
    why = {m.name: r.why for m, r in resolved.items()}
    assert why["Scale AI"] == "'Scale AI' is a name of this entity alone"
    assert "short name" in why["Scale"]
    assert "in no list" in why["Velmora Inc"]


def two_entities(cue: str = "alias") -> Mention:
    return Mention(0, 4, "ORG", ("facebook", "meta-platforms"), "Face", cue)


def test_two_candidates_are_settled_by_the_rest_of_the_document() -> None:
    shadow = Shadow("Face and Meta Platforms")
    other = Mention(9, 23, "ORG", ("meta-platforms",), "Meta Platforms", "alias")
    resolved = resolve([two_entities(), other], shadow)
    assert resolved[two_entities()].entity is not None
    assert resolved[two_entities()].entity.id == "meta-platforms"  # type: ignore[union-attr]


def test_two_candidates_stay_unresolved_if_nothing_decides() -> None:
    resolution = resolve([two_entities()], Shadow("Face"), date(2020, 1, 1))[two_entities()]
    assert resolution.entity is not None
    assert not resolution.entity.resolved
    assert "nothing in the document decides" in resolution.why


# -- entities in no list


def test_unresolved_ids_come_from_the_name_alone() -> None:
    one = ids("It took a stake in Najd Grid last year.")["Najd Grid"]
    other = ids("Najd Grid Ltd will buy Intel.")["Najd Grid Ltd"]
    assert one == other == unresolved_id("NAJD GRID")
    assert re.fullmatch(r"unresolved-najd-grid-[0-9a-f]{8}", one)


def test_the_slug_of_an_arabic_name_is_empty() -> None:
    assert re.fullmatch(r"unresolved-[0-9a-f]{8}", unresolved_id("واحات اللوجستية"))
    assert unresolved_id("واحات اللوجستية") == unresolved_id("واحاتِ اللوجستيه")
    assert unresolved_id("واحات اللوجستية") != unresolved_id("واحات")


def test_short_forms_of_an_unlisted_name() -> None:
    found = ids("The firm bought Velmora Systems. Later Velmora grew. Ms Huda Al-Marri left. Al-Marri is 40.")
    assert found["Velmora"] == found["Velmora Systems"]
    assert found["Al-Marri"] == found["Huda Al-Marri"]


def test_a_name_in_brackets_is_the_same_entity() -> None:
    found = ids("استحوذت على شركة رندالك (Randalk) أمس. وقالت Randalk إنها")
    assert found["Randalk"] == found["رندالك"]


def test_two_families_of_one_name_stay_apart() -> None:
    found = ids("Fahad Al-Dosari met Khalid Al-Dosari. Mr Al-Dosari left.")
    assert found["Fahad Al-Dosari"] != found["Khalid Al-Dosari"]
    assert found["Al-Dosari"] not in (found["Fahad Al-Dosari"], found["Khalid Al-Dosari"])


def test_kinds_of_unlisted_names() -> None:
    shadow = Shadow("وقالت شركة رندالك إن محمد القحطاني استقال")
    kinds = {r.entity.kind for r in resolve(find_mentions(shadow, "ar"), shadow).values() if r.entity}
    assert kinds == {EntityKind.ORG, EntityKind.PERSON}


# -- references


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قالت أرامكو إن الشركة ستستثمر", ["saudi-aramco"]),
        ("نمت أرباح سابك. وقالت الشركة إنها", ["sabic"]),
        ("اشترت أرامكو حصة في سابك. وقالت الشركة إنها", [None]),  # two that it may be
        ("قالت الشركة إنها", [None]),
        ("Intel fell. The company cut jobs.", ["intel"]),
        ("Intel sued Nvidia. The company cut jobs.", [None]),
        ("Tim Cook spoke in Paris. He left.", ["tim-cook"]),
        ("Tim Cook of Apple spoke. The company grew.", ["apple"]),
    ],
)
def test_only_a_unique_antecedent(text: str, expected: list[str | None]) -> None:
    assert references(text) == expected


def test_the_other_party_is_excluded() -> None:
    text = "قلصت جوجل تعاونها مع سابك بعد أن خسرت الشركة"
    assert references(text) == [None]
    assert references(text, exclude=("google",)) == ["sabic"]


def test_an_antecedent_is_near() -> None:
    filler = "It rained. " * 5
    assert references(f"Intel fell. {filler} Then the company cut jobs.")[-1] is None


def test_two_names_for_both() -> None:
    shadow = Shadow("وقعت أرامكو وسابك عقدا بين الشركتين")
    mentions = find_mentions(shadow, "ar")
    (reference,) = [m for m in mentions if m.kind == "COREF"]
    found = antecedents(reference, mentions, resolve(mentions, shadow), sentences(shadow))
    assert {r.entity.id for r in found if r.entity} == {"saudi-aramco", "sabic"}
    assert {r.entity.surface for r in found if r.entity} == {"الشركتين"}


# -- any name


@given(st.text(min_size=1, max_size=80).filter(lambda s: s.strip()))
def test_unresolved_ids_are_ids(name: str) -> None:
    assert re.fullmatch(r"unresolved-([a-z0-9]+-)*[0-9a-f]{8}", unresolved_id(name))
    assert len(unresolved_id(name)) < 100
