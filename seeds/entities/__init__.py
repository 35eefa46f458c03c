"""The entities that khabar knows by name: organisations, people, products, places; read from the YAML beside.

An entry has an `id` (a stable ASCII slug), a `kind`, an English `name`, perhaps an Arabic one, `aliases`, and
`identifiers` where they are certain: a wrong one is worse than none. Names and plain aliases stand for their
entity wherever they occur. An alias that is also an ordinary word, or somebody else's, says
`needs_context: true` (the document must name the entity in full, by ticker, or with a cue such as شركة
somewhere), or `needs_context: beside` (the cue must stand right beside it, each time).

Arabic spells foreign sounds in several ways. `[g]` in a name stands for غ, ج, ق or ك, `[v]` for ف or ڤ, and
`[ai]` for the ways to write the letters AI; each is spelled alike throughout one name.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from seeds.errors import BadEntity
from seeds.facts import Value

SOUNDS = {
    "[g]": ("غ", "ج", "ق", "ك"),
    "[v]": ("ف", "ڤ"),
    "[ai]": ("إيه آي", "إي آي", "أي آي", "إيه أي"),
}
Context = Literal[False, True, "beside"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class Alias(Value):
    """One way to name an entity; dates bound the days on which it was its name, both included."""

    alias: Annotated[str, StringConstraints(min_length=2, max_length=100, strip_whitespace=True)]
    language: Literal["ar", "en"]
    needs_context: Context = False
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        """Read a bare string; the script tells the language."""
        entry = {"alias": data} if isinstance(data, str) else data
        if isinstance(entry, dict) and "language" not in entry:
            arabic = any("\u0600" <= c <= "\u06ff" for c in str(entry.get("alias", "")))
            entry = {**entry, "language": "ar" if arabic else "en"}
        return entry

    def spellings(self) -> tuple[str, ...]:
        """All spellings that the signs for foreign sounds stand for."""
        signs = [sign for sign in SOUNDS if sign in self.alias]
        found = []
        for letters in product(*(SOUNDS[sign] for sign in signs)):
            spelled = self.alias
            for sign, letter in zip(signs, letters, strict=True):
                spelled = spelled.replace(sign, letter)
            found.append(spelled)
        return tuple(found)


class Ticker(Value):
    """A symbol of a stock exchange, and the days on which it was the entity's."""

    exchange: str
    symbol: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,6}(\.[A-Z])?$")]
    valid_from: date | None = None
    valid_to: date | None = None


class Identifiers(Value):
    """Identifiers that others gave to the entity."""

    wikidata: Annotated[str, StringConstraints(pattern=r"^Q[1-9]\d{0,9}$")] | None = None
    lei: str | None = None
    ticker: tuple[Ticker, ...] = ()

    @field_validator("lei")
    @classmethod
    def _lei(cls, value: str | None) -> str | None:
        if value is not None and not is_lei(value):
            msg = f"{value} is not a legal entity identifier (ISO 17442)"
            raise ValueError(msg)
        return value


class KnownEntity(Value):
    """An entity with all its names."""

    id: Slug
    kind: Literal["org", "person", "product", "place"]
    name: str = Field(min_length=2)
    name_ar: str | None = None
    aliases: tuple[Alias, ...] = ()
    identifiers: Identifiers = Identifiers()

    def names(self) -> tuple[Alias, ...]:
        """All names: `name` and `name_ar` first, which need no context."""
        own = [Alias.model_validate(name) for name in (self.name, self.name_ar) if name]
        return tuple(dict.fromkeys((*own, *self.aliases)))

    def display_ar(self) -> str | None:
        """Return the Arabic name as shown to people: the first spelling of its sounds."""
        return Alias.model_validate(self.name_ar).spellings()[0] if self.name_ar else None


def is_lei(code: str) -> bool:
    """Check form and checksum (ISO 7064, modulo 97-10) of a legal entity identifier."""
    if len(code) != 20 or not (code.isascii() and code.isalnum() and code.isupper() and code[18:].isdigit()):
        return False
    return int("".join(str(int(c, 36)) for c in code)) % 97 == 1


@cache
def known_entities() -> dict[str, KnownEntity]:
    """All entities by id. Raises BadEntity that names the file and the entry."""
    found: dict[str, KnownEntity] = {}
    folder = files("seeds") / "entities"
    for path in sorted((p for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name):
        for entity in read_entities(path.read_text("utf-8"), path.name):
            if entity.id in found:
                msg = f"{path.name}: {entity.id} is listed twice"
                raise BadEntity(msg)
            found[entity.id] = entity
    return found


def read_entities(text: str, name: str) -> list[KnownEntity]:
    """Read one file of entities. Raises BadEntity with one line."""
    hidden = next((c for c in text if unicodedata.category(c) == "Cf"), None)
    if hidden is not None:  # it could make a name look like another one
        msg = f"{name}: holds the invisible character U+{ord(hidden):04X}"
        raise BadEntity(msg)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast, if built
    try:
        entries = yaml.load(text, loader)  # noqa: S506  # both are safe loaders
    except yaml.YAMLError as error:
        msg = f"{name}: not YAML ({str(error).splitlines()[0]})"
        raise BadEntity(msg) from None
    if not isinstance(entries, list):
        msg = f"{name}: a file of entities is a list"
        raise BadEntity(msg)
    return [_entity(entry, name) for entry in entries]


def _entity(entry: object, name: str) -> KnownEntity:
    try:
        return KnownEntity.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        which = entry.get("id", entry) if isinstance(entry, dict) else entry
        where = ".".join(str(part) for part in first["loc"])
        msg = f"{name}: {str(which)[:60]}: {where}: {first['msg'].removeprefix('Value error, ')}"
        raise BadEntity(msg) from None
