"""The extractor was wrong, and is mended: articles are read again, and both readings stay to be asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

import seeds
from streams.settings import Settings
from tests.roads.running import khabar, khabar_up, until
from tests.roads.story import FALAK, LAYLA, VALUED
from tests.roads.test_story import Story, retractions

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

WRONG = {
    f"leadership|{LAYLA}": "appointment x1",
    "capex|2025-01-01/2025-12-31": "capex_plan 90000 x1",
}
RIGHT = {
    f"leadership|{LAYLA}": "appointment x1",
    "capex|2025-01-01/2025-12-31": "capex_plan 90000000 x1",
    "valuation|-": "valuation 200000000 x1",
}


def older_version(folder: Path) -> Path:
    """A khabar that took a million for a thousand, and knew no valuations."""
    root = Path(seeds.__file__).parents[1]
    for package in ("seeds", "streams", "api"):
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    changed(folder / "seeds" / "parse.py", 'VERSION = "', 'VERSION = "0-before-')
    numbers = folder / "seeds" / "lexicon" / "en" / "numbers.yaml"
    changed(numbers, "  1000000: [million, mln, millions]\n", "")
    changed(numbers, "  1000: [", "  1000: [million, mln, millions, ")
    (folder / "seeds" / "rules" / "en" / "valuation.yaml").unlink()
    return folder


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), "utf-8")


def ready(http: httpx.Client) -> bool:
    return http.get("/readyz").status_code == 200


def test_a_mended_extractor_reads_again(settings: Settings, http: httpx.Client, tmp_path: Path) -> None:
    story = Story(http)
    with khabar_up(settings, tmp_path / "old.log", older_version(tmp_path / "old")):
        until(lambda: ready(http), 90, "readiness")
        story.tell(VALUED)
        story.expect(FALAK, WRONG)
    with khabar_up(settings, tmp_path / "new.log"):
        until(lambda: ready(http), 90, "readiness of the new version")
        story.expect(FALAK, WRONG)
        tried = khabar(settings, "reparse", "--json")
        assert tried.returncode == 0, tried.stderr
        report = json.loads(tried.stdout)
        assert {kind: report[kind] for kind in ("differing", "new", "changed", "gone")} == {
            "differing": 1,
            "new": 1,
            "changed": 1,
            "gone": 0,
        }
        story.expect(FALAK, WRONG)  # that was a dry run
        applied = khabar(settings, "reparse", "--apply", "--json")
        assert applied.returncode == 0, applied.stderr
        until(lambda: story.says(FALAK) == RIGHT, 20, "the mended reading")
        story.expect(FALAK, RIGHT)
        (wrong,) = retractions(http)
        assert wrong["cause"] == "extractor_bug"
        assert wrong["event"]["slots"]["amount"]["low"] == "90000"
        assert wrong["event"]["extraction"]["version"].startswith("0-before-")
        again = json.loads(khabar(settings, "reparse", "--json").stdout)
        assert again["differing"] == 0
        story.nothing_has_changed()
