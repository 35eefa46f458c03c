"""`khabar verify`: events of a data directory and of files, checked without broker or server."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.read_model import store
from seeds.articles import sample_articles
from seeds.document import read_document, text_hash
from seeds.parse import parse
from streams.codec import wire
from streams.delta import retraction
from streams.documents import Change, stored
from streams.documents import encode as encode_record
from streams.from_facts import events
from streams.ids import event_id
from streams.settings import Settings
from streams.slots import Cause
from streams.topics import partition_of
from tests.api.files import PARTITIONS, Log
from tests.api.test_commands import khabar

ARTICLE = sample_articles()[1]
DOCUMENT = stored(read_document(ARTICLE))
EVENTS = list(events(parse(DOCUMENT.as_document()), DOCUMENT, {}).new)
INVESTMENT = next(event for event in EVENTS if event.type == "investment")
CORRECTED = "Meta has put no money into Scale AI."
LATER = DOCUMENT.model_copy(
    update={
        "revision": "7" * 26, "text": CORRECTED, "text_sha256": text_hash(CORRECTED), "change": Change.TEXT,
    }
)  # fmt: skip
RETRACTION = retraction(wire(INVESTMENT), Cause.SOURCE_CORRECTED, "khabar", LATER)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which an article was read, and corrected later."""
    data = tmp_path_factory.mktemp("filled")
    path = store.events_path(data)
    path.parent.mkdir()
    log = Log(path.parent)
    at = partition_of(DOCUMENT.document.encode(), PARTITIONS)
    documents = [log.record("documents", at, encode_record(d)) for d in (DOCUMENT, LATER)]
    assert log.apply([*documents, *map(log.event, [*EVENTS, RETRACTION])]).skipped == []
    log.file.close()
    return data


def verify(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    settings = Settings(data=data, port=1, bootstrap_servers="127.0.0.1:1")  # nothing answers there
    return khabar("verify", *map(str, arguments), **settings.environment(), COLUMNS="120")


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def failed(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(check["what"], check["path"]) for check in record["checks"] if not check["ok"]]


def altered() -> dict[str, Any]:
    """The investment with another amount, and an id that goes along."""
    event = orjson.loads(orjson.dumps(wire(INVESTMENT)))
    event["slots"]["amount"] |= {"low": "14900000000", "high": "14900000000"}
    return {**event, "id": event_id(event)}


def as_file(folder: Path, told: object) -> Path:
    path = folder / "told.json"
    path.write_bytes(orjson.dumps(told))
    return path


def test_an_event_and_its_retraction_by_id(filled: Path) -> None:
    """The retraction came with another revision, and what it takes back stands in the first."""
    done = verify(filled, "--json", INVESTMENT.id, RETRACTION.id)
    assert done.returncode == 0, done.stderr
    event, back = lines(done)
    assert (event["event"], event["ok"], failed(event)) == (INVESTMENT.id, True, [])
    assert {"what": "span", "path": "amount"}.items() <= next(
        check for check in event["checks"] if check["path"] == "amount"
    ).items()
    assert back["type"] == "retraction"
    assert "event.amount" in {check["path"] for check in back["checks"]}


def test_the_table_shows_the_quote_amid_its_words(filled: Path) -> None:
    done = verify(filled, INVESTMENT.id)
    assert done.returncode == 0, done.stderr
    assert INVESTMENT.id in done.stdout
    assert "an investment of $14.8 billion in Scale AI" in done.stdout
    assert "✗" not in done.stdout
    assert f"all {done.stdout.count('✓') - 1} checks agree" in done.stdout


def test_arabic_is_isolated(tmp_path: Path) -> None:
    document = stored(read_document(sample_articles()[0]))
    event = events(parse(document.as_document()), document, {}).new[0]
    done = verify(tmp_path, as_file(tmp_path, {"event": wire(event), "text": document.text}))
    assert done.returncode == 0, done.stdout
    assert "\u2068“ميتا”\u2069 is Meta Platforms" in done.stdout


def test_a_file_with_event_and_text_is_enough(tmp_path: Path) -> None:
    told = {"event": altered(), "headline": DOCUMENT.headline, "text": DOCUMENT.text}
    done = verify(tmp_path, "--json", as_file(tmp_path, told))
    assert done.returncode == 1
    assert failed(lines(done)[0]) == [("claim", "claim_id"), ("quantity", "amount")]
    done = verify(tmp_path, as_file(tmp_path, told))
    assert done.returncode == 1
    assert "✗ 2 of" in done.stdout


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_the_api_answers_and_an_article(tmp_path: Path, wrapped: bool) -> None:
    event = wire(INVESTMENT)
    path = as_file(tmp_path, {"event": event, "recorded": {}, "retracted": False} if wrapped else event)
    done = verify(tmp_path, path)
    assert done.returncode == 2
    assert "--document FILE gives it" in done.stderr
    assert verify(tmp_path, path, "--document", ARTICLE).returncode == 0
    other = verify(tmp_path, "--json", path, "--document", sample_articles()[2])
    assert other.returncode == 1
    assert ("text", "source.text_sha256") in failed(lines(other)[0])


def test_all_events_of_a_data_directory(filled: Path) -> None:
    done = verify(filled, "--all")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"✓ {len(EVENTS) + 1} events agree with their texts, in 1 document\n"
    done = verify(filled, "--all", "--json")
    assert lines(done) == [{"events": len(EVENTS) + 1, "agree": len(EVENTS) + 1, "noted": 0, "documents": 1}]


def test_all_tells_of_the_events_that_do_not_agree(filled: Path, tmp_path: Path) -> None:
    data = tmp_path / "damaged"
    shutil.copytree(filled, data)
    with sqlite3.connect(store.events_path(data)) as file:
        damaged = DOCUMENT.model_copy(
            update={"text": DOCUMENT.text.replace("$14.8 billion", "$14.9 billion")}
        )
        file.execute(
            "UPDATE documents SET data = ? WHERE revision = ?", (encode_record(damaged), DOCUMENT.revision)
        )
    done = verify(data, "--all", "--json")
    assert done.returncode == 1
    *found, total = lines(done)
    assert total["events"] - total["agree"] == len(found) == len(EVENTS) + 1  # all name the hash of the text
    spans = {(r["event"], path) for r in found for what, path in failed(r) if what == "span"}
    assert {(INVESTMENT.id, "amount"), (RETRACTION.id, "event.amount")} <= spans
    with sqlite3.connect(store.events_path(data)) as file:
        file.execute("DELETE FROM documents WHERE revision = ?", (DOCUMENT.revision,))
    done = verify(data, "--all")
    assert done.returncode == 1
    assert "the text of this revision is not in the data directory" in " ".join(done.stdout.split())
    assert verify(data, INVESTMENT.id).returncode == 2
    assert verify(data, INVESTMENT.id, "--document", ARTICLE).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "give ids or files of events, or --all"),
        (["--all", INVESTMENT.id], 2, "give ids or files of events, or --all"),
        (["no-such-event"], 2, "neither a file nor an event's id (64 hexadecimal digits)"),
        ([INVESTMENT.id], 3, "holds no events: `khabar up` fills it"),
        ([ARTICLE], 2, "no event in it"),
        ([__file__], 2, "not a JSON file"),
        ([INVESTMENT.id, "--document", "no-such.txt"], 2, "no-such.txt"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(tmp_path: Path, arguments: list[Any], code: int, said: str) -> None:
    done = verify(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_event_that_is_not_there(filled: Path) -> None:
    done = verify(filled, "0" * 64)
    assert done.returncode == 2
    assert f"there is no event {'0' * 64}" in done.stderr
