"""Planting a bug: every process that is started meanwhile has it (see planted/sitecustomize.py)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PLANTED = Path(__file__).parent / "planted"
Bug = Mapping[str, list[tuple[str, str]]]
"""Module → what stands in its source, and what stands there instead."""


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Whatever process is started within this has the bug, beside those that are planted already."""
    bug = {**json.loads(os.environ.get("CHAOS_PLANTED", "{}")), **bug}
    before = {name: os.environ.get(name) for name in ("CHAOS_PLANTED", "PYTHONPATH")}
    path = [str(PLANTED), *filter(None, [before["PYTHONPATH"]])]
    os.environ |= {"CHAOS_PLANTED": json.dumps(bug), "PYTHONPATH": os.pathsep.join(path)}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
