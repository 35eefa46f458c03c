"""The documentation, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

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
