"""The planted bugs still fit the source: each changes what it names, once, into what Python can compile."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.planted.sitecustomize import changed


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_bug_still_fits(mutant: Mutant) -> None:
    for module, replacements in mutant.bug.items():
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).read_text(encoding="utf-8")
        compile(changed(source, replacements, module), spec.origin, "exec", dont_inherit=True)
