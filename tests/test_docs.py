"""The documentation, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

from api.commands import COMMANDS
from streams.settings import PREFIX, Settings

DOCS = Path(__file__).parents[1] / "docs"


def documented_settings() -> dict[str, str]:
    """Variable → default, as the table of docs/settings.md tells them."""
    rows = re.findall(
        r"^\| `(\w+)` \| (?:`([^`]*)`|–) \| \S.* \|$", (DOCS / "settings.md").read_text("utf-8"), re.M
    )
    return dict(rows)


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert list(documented_settings()) == [PREFIX + name.upper() for name in Settings.model_fields]


def test_the_documented_defaults_are_the_real_ones() -> None:
    told = documented_settings()
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        assert told[PREFIX + name.upper()] == ("" if default is None else str(default)), name


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


ROOT = DOCS.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_that_is_told_exists() -> None:
    for page in PAGES:
        told = re.findall(r"^\$ khabar ([a-z-]+)|`khabar ([a-z-]+)", page.read_text("utf-8"), re.M)
        for name in {first or second for first, second in told}:
            assert name in COMMANDS, f"{page.name} tells of `khabar {name}`"


def test_every_file_that_is_told_exists() -> None:
    file = re.compile(r"`((?:seeds|streams|api|tests|docs)/[\w/.-]+\.\w+)`")
    for page in PAGES:
        for name in file.findall(page.read_text("utf-8")):
            assert (ROOT / name).exists(), f"{page.name} tells of {name}"
