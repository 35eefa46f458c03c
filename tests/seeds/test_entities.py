"""The entity list is data that people write: what must hold for all of it."""

from __future__ import annotations

from collections import defaultdict

import pytest

from seeds.entities import Alias, KnownEntity, is_lei, known_entities, read_entities
from seeds.errors import BadEntity
from seeds.shadow import fold


def names_by_spelling() -> dict[str, set[tuple[str, bool]]]:
    found: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for entity in known_entities().values():
        for alias in entity.names():
            for spelling in alias.spellings():
                found[fold(spelling)].add((entity.id, bool(alias.needs_context)))
    return found


def test_no_plain_name_stands_for_two_entities() -> None:
    collisions = {
        spelling: sorted(owners)
        for spelling, owners in names_by_spelling().items()
        if len({entity for entity, _ in owners}) > 1 and not all(context for _, context in owners)
    }
    assert collisions == {}


def test_the_list_covers_both_languages_and_the_gulf() -> None:
    entities = known_entities()
    organisations = [e for e in entities.values() if e.kind == "org"]
    assert len(organisations) > 300
    arabic = [e for e in organisations if any(a.language == "ar" for a in e.names())]
    assert len(arabic) > 0.8 * len(organisations)
    for wanted in ("saudi-aramco", "sabic", "stc", "eand", "adnoc", "pif", "qnb", "talabat", "zain-group"):
        assert wanted in entities


def test_identifiers_are_nobody_elses() -> None:
    seen: dict[str, str] = {}
    for entity in known_entities().values():
        for identifier in (entity.identifiers.wikidata, entity.identifiers.lei):
            if identifier is not None:
                assert seen.setdefault(identifier, entity.id) == entity.id


def test_no_two_entities_have_a_ticker_on_the_same_day() -> None:
    held: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entity in known_entities().values():
        for ticker in entity.identifiers.ticker:
            held[ticker.exchange, ticker.symbol].append(entity.id)
    assert [key for key, owners in held.items() if len(owners) > 1] == []


def test_facebook_became_meta_in_its_ticker() -> None:
    tickers = {t.symbol: t for t in known_entities()["meta-platforms"].identifiers.ticker}
    assert tickers["FB"].valid_to is not None
    assert tickers["META"].valid_from is not None
    assert tickers["FB"].valid_to < tickers["META"].valid_from


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("HWUPKR0MPOU8FGXBT394", True),
        ("HWUPKR0MPOU8FGXBT493", False),  # the checksum catches two digits swapped
        ("HWUPKR0MPOU8FGXBT39", False),
        ("hwupkr0mpou8fgxbt394", False),
        ("HWUPKR0MPOU8FGXBTABC", False),
    ],
)
def test_lei_checksum(code: str, valid: bool) -> None:
    assert is_lei(code) is valid


def test_spellings_of_foreign_sounds_stay_alike_within_a_name() -> None:
    spelled = Alias.model_validate("[g]و[g]ل").spellings()
    assert spelled == ("غوغل", "جوجل", "قوقل", "كوكل")
    assert len(Alias.model_validate("[v]ولكس[v]ا[g]ن").spellings()) == 8


def test_display_name_is_the_first_spelling() -> None:
    assert known_entities()["google"].display_ar() == "غوغل"
    assert all("[" not in (e.display_ar() or "") for e in known_entities().values())


def test_script_tells_the_language_of_an_alias() -> None:
    assert Alias.model_validate("أرامكو").language == "ar"
    assert Alias.model_validate({"alias": "Aramco"}).language == "en"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {id: Bad Id, kind: org, name: Some Name}", "x.yaml: Bad Id: id:"),
        ("- {id: acme, kind: company, name: Acme}", "x.yaml: acme: kind:"),
        ("- {id: acme, kind: org, name: Acme, identifiers: {wikidata: 312}}", "identifiers.wikidata"),
        ("- {id: acme, kind: org, name: Acme, identifiers: {lei: HWUPKR0MPOU8FGXBT493}}", "legal entity"),
        ("- {id: acme, kind: org, name: Acme, alias: [A]}", "x.yaml: acme: alias:"),
        ("id: acme", "is a list"),
        ("- {id: acme", "not YAML"),
        ("- {id: acme, kind: org, name: Ac\u202eme}", "U+202E"),
    ],
)
def test_a_malformed_entry_is_told_with_its_file(text: str, told: str) -> None:
    with pytest.raises(BadEntity) as error:
        read_entities(text, "x.yaml")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_names_are_told_once_and_in_order() -> None:
    entity = KnownEntity.model_validate(
        {"id": "acme", "kind": "org", "name": "Acme", "name_ar": "أكمي", "aliases": ["Acme", "Acme Inc"]}
    )
    assert [a.alias for a in entity.names()] == ["Acme", "أكمي", "Acme Inc"]
