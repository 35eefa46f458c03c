"""The two lock files: hashes for everything, no addresses, and one the part of the other that runs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements.lock", "requirements-run.lock"]


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package → version, hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text("utf-8").strip())
    heads = [re.match(r"([a-z0-9-]+)==(\S+)", entry) for entry in entries]
    assert all(heads), "a lock holds pins only"
    return {
        head.group(1): (head.group(2), re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
        for head, entry in zip(heads, entries, strict=True)
        if head
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    assert all(hashes for _, hashes in pins(name).values())
    assert "://" not in (ROOT / name).read_text("utf-8")


def test_what_runs_is_part_of_what_is_tested() -> None:
    everything, running = pins(LOCKS[0]), pins(LOCKS[1])
    assert running.items() <= everything.items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name, wanted in (
        (LOCKS[1], project["dependencies"]),
        (LOCKS[0], [*project["dependencies"], *project["optional-dependencies"]["dev"]]),
    ):
        named = {re.match(r"[A-Za-z0-9_-]+", requirement) for requirement in wanted}
        assert {match.group().lower() for match in named if match} <= pins(name).keys()
