"""`khabar parse`: JSON lines for machines, a table for people, one line for what cannot be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seeds.articles import sample_articles


def khabar(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.commands", "parse", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_json_lines_hold_the_facts_with_their_spans() -> None:
    path = next(p for p in sample_articles() if p.name.startswith("00-"))
    text = json.loads(path.read_text("utf-8"))["text"]
    result = khabar("--json", path)
    assert (result.returncode, result.stderr) == (0, "")
    facts = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(facts) == 21
    deal = next(f for f in facts if f["type"] == "investment")
    assert {
        "stage",
        "modality",
        "attributed_to",
        "valid",
        "evidence",
        "rule",
        "confidence",
        "derived_from",
    } <= set(deal)
    assert deal["valid"]["from"] == "2025-06-13"
    assert deal["slots"]["target"]["id"] == "scale-ai"
    assert deal["slots"]["investors"][0]["name"] == "Meta Platforms"
    assert deal["slots"]["amount"]["unit"] == "USD"
    for fact in facts:
        for spans in fact["evidence"].values():
            assert all(text[s["start"] : s["end"]] == s["exact"] for s in spans)


def test_a_table_for_people_and_an_explanation(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Microsoft has bought OpenAI for $3bn. Microsoft invested in virtual reality.", "utf-8")
    table = khabar(path)
    assert table.returncode == 0
    assert "acquisition" in table.stdout
    explained = khabar("--explain", path)
    assert "rule en.acquisition.buy" in explained.stdout
    assert "no target" in explained.stdout
    assert "'bought' (text 14–20)" in explained.stdout


def test_dates_count_from_the_day_given(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Microsoft bought OpenAI on 13 June.", "utf-8")
    fact = json.loads(khabar("--json", "--published-at", "2025-06-17", path).stdout)
    assert fact["valid"]["from"] == "2025-06-13"
    fact = json.loads(khabar("--json", path).stdout)
    assert fact["valid"]["from"] is None


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.txt", b"", "no text"),
        ("latin.txt", "اشترت".encode("cp1256"), "UTF-8"),
        ("big.txt", b"a" * (20 * 2**20), "20 MiB"),
        ("a.pdf", b"%PDF-1.4", ".pdf"),
        ("bad.json", b"{", "JSON"),
        (
            "french.txt",
            "La société a annoncé mardi le rachat de son concurrent pour un milliard.".encode(),
            "'fr'",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    result = khabar("--json", path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_told() -> None:
    result = khabar("/nowhere/a.txt")
    assert result.returncode == 2
    assert "/nowhere/a.txt" in result.stderr


def test_a_page_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    text = "Microsoft has bought OpenAI for three billion dollars. The deal was told to the staff on Monday. "
    path.write_text(f"<html><body><article><h1>Deal</h1><p>{text * 3}</p></article></body></html>", "utf-8")
    result = khabar("--json", "--language", "en", path)
    assert result.returncode == 0
    assert json.loads(result.stdout.splitlines()[0])["type"] == "acquisition"
