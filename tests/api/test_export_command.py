"""`khabar export`: the shipped articles as a dataset, the queries of its page, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from api.read_model import store
from seeds.articles import sample_articles
from seeds.document import read_document
from seeds.parse import parse
from streams.codec import wire
from streams.delta import retraction
from streams.documents import stored
from streams.from_facts import events
from streams.settings import Settings
from streams.slots import Cause
from tests.api.test_commands import khabar
from tests.api.test_export import everything, feed_in, rows

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
DAY = "2025-12-31"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which the shipped articles were read, and one valuation was taken back."""
    data = tmp_path_factory.mktemp("shipped")
    feed = feed_in(data)
    for path in sample_articles():
        document = stored(read_document(path))
        for event in events(parse(document.as_document()), document, {}).new:
            feed.publish(event)
    wrong = next(event for event, _ in feed.told if event.type == "valuation")
    feed.publish(retraction(wire(wrong), Cause.EXTRACTOR_BUG, "desk", document))
    feed.post()
    feed.cut()
    feed.close()
    return data


def export(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    settings = Settings(data=data, port=1, bootstrap_servers="127.0.0.1:1")  # nothing answers there
    return khabar("export", *map(str, arguments), **settings.environment(), COLUMNS="120")


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dataset in both formats, all of it as of a day on which all had happened."""
    folder = tmp_path_factory.mktemp("exported")
    for name, form in (("dataset", "parquet"), ("plain", "jsonl")):
        done = export(data, folder / name, "--format", form, "--valid-as-of", DAY)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"✓ \S+: \d+ events, \d+ lines, \d+ entities, as of \S+ \(cut 1\)\n", done.stdout)
    return folder


def queried(number: int, folder: Path, as_json: str) -> Any:
    """Run a query of the page where the dataset is, and give what it finds."""
    query = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[number]
    program = f"{query}\nimport json\nprint(json.dumps({as_json}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_duckdb_query_of_the_page(folder: Path) -> None:
    names = {row["id"]: row["name"] for row in rows(folder / "plain", "entities")}
    wanted: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0.0, set()])
    for row in rows(folder / "plain", "events"):
        if row["amount_unit"] == "USD" and row["home"] in names and not row["retracted"]:
            sums = wanted[names[row["home"]], row["type"]]
            sums[0] = max(sums[0], (row["amount_high"] or 0) / 1e9)
            sums[1].add(row["origin"])
    found = queried(0, folder, "found")
    assert len(found) == len(wanted) > 2
    assert {(name, kind): [pytest.approx(usd), n] for name, kind, usd, n in found} == {
        key: [usd, len(origins)] for key, (usd, origins) in wanted.items()
    }
    assert ["Scale AI", "investment", 14.8, 2] in found


def test_the_pandas_query_of_the_page(folder: Path) -> None:
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "plain", "events"):
        if not row["retracted"] and row["type"] != "retraction":
            for entity in row["entities"]:
                wanted[f"{entity} {row['type']}"].add(row["origin"])
    found = queried(1, folder, "[[' '.join(key), int(n)] for key, n in found.origins.items()]")
    assert dict(found) == {key: len(origins) for key, origins in wanted.items()}
    assert found[0][1] == max(map(len, wanted.values())) > 1


def test_the_polars_query_of_the_page(folder: Path) -> None:
    found = queried(2, folder, "[[str(value) for value in row] for row in found.rows()]")
    told = [
        row for row in rows(folder / "plain", "lines") if row["is_current"] and row["section"] == "customers"
    ]
    names = ("company_name", "name", "type", "date", "possibly", "origins")
    assert sorted(found) == sorted([str(row[name]) for name in names] for row in told)
    assert ["Scale AI", "OpenAI", "customer_pullback"] in [row[:3] for row in found]


def test_the_manifest_and_the_same_again(data: Path, folder: Path, tmp_path: Path) -> None:
    done = export(data, tmp_path / "one", "--format", "jsonl", "--json")
    manifest = json.loads(done.stdout)
    assert (manifest["as_of"]["final"], manifest["log"]) == (True, "a-log")
    (tmp_path / "two").mkdir()  # an empty folder may be there
    done = export(data, tmp_path / "two", "--format", "jsonl", "--recorded-as-of", manifest["as_of"]["token"])
    assert done.returncode == 0, done.stderr
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--format", "csv"], 2, "'csv' is not one of 'parquet', 'jsonl'"),
        (["--valid-as-of", "soon"], 2, "--valid-as-of 'soon': a day such as 2025-06-17"),
        (["--recorded-as-of", "2025-13-01"], 2, "a time of ISO 8601"),
        (["--recorded-as-of", "yesterday"], 2, "not a log token"),
        (["--company", "nobody-knows"], 2, "there is no entity 'nobody-knows'"),
    ],
)
def test_wrong_calls(data: Path, tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    done = export(data, tmp_path / "out", *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_stays_as_it_is(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    for out in (tmp_path, tmp_path / "mine.txt"):
        done = export(data, out, "--format", "jsonl")
        assert (done.returncode, done.stdout) == (2, "")
        assert "there is something already" in done.stderr
    assert everything(tmp_path) == {"mine.txt": b"precious"}


def test_where_nothing_can_be_written(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = export(data, tmp_path / "file" / "out", "--format", "jsonl")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_full_disk_leaves_nothing_behind(data: Path, tmp_path: Path) -> None:
    """The size of files is limited instead: the system refuses in the middle of a table."""
    settings = Settings(data=data, port=1, bootstrap_servers="127.0.0.1:1")
    limited = "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); "
    limited += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from api.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", limited, "export", str(tmp_path / "out"), "--format", "jsonl"],
        env={**os.environ, **settings.environment()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stderr
    assert "was not written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_export(tmp_path: Path) -> None:
    done = export(tmp_path / "empty", tmp_path / "out")
    assert done.returncode == 3
    assert "holds no events" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_a_generation_that_is_served(data: Path, tmp_path: Path) -> None:
    feed = feed_in(tmp_path / "data")
    store.set_meta(feed.log.file.connection, "live", "0")
    feed.close()
    done = export(tmp_path / "data", tmp_path / "out", "--format", "jsonl")
    assert done.returncode == 3
    assert "was not written" in done.stderr


def test_parquet_without_pyarrow(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=data, port=1, bootstrap_servers="127.0.0.1:1")
    without = "import sys; sys.modules['pyarrow'] = None; from api.commands import main; main()"
    for form, code in (("parquet", 3), ("jsonl", 0)):
        done = subprocess.run(
            [sys.executable, "-c", without, "export", str(tmp_path / form), "--format", form],
            env={**os.environ, **settings.environment()},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        assert ("pip install 'khabar[export]'" in done.stderr) == bool(code)
