"""The logs: set up in one place, readable line by line, whatever is told."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from logging import ERROR, LogRecord
from pathlib import Path

import pytest

from streams import logs
from streams.logs import MESSAGE_MAX, Json
from streams.settings import Settings
from streams.supervisor import NothingLeft, Supervisor


def record(message: str, *arguments: object, exc_info: object = None) -> LogRecord:
    return LogRecord("a.logger", ERROR, __file__, 1, message, arguments, exc_info)  # type: ignore[arg-type]


def told(one: LogRecord, **about: object) -> dict[str, object]:
    line = Json(**about).format(one)
    assert "\n" not in line
    return json.loads(line)  # type: ignore[no-any-return]


def test_a_line_says_when_who_and_what() -> None:
    line = told(record("%s waits", "facts.investment/1@3"), process="views", generation=2)
    assert line["message"] == "facts.investment/1@3 waits"
    assert (line["level"], line["logger"]) == ("ERROR", "a.logger")
    assert (line["process"], line["generation"]) == ("views", 2)
    at = datetime.fromisoformat(str(line["ts"]))
    assert at.utcoffset() is not None


def test_a_trace_is_a_part_of_its_line() -> None:
    try:
        int("no\ngood")
    except ValueError:
        line = told(record("it failed", exc_info=sys.exc_info()))
    assert "Traceback" in str(line["trace"])
    assert "ValueError: invalid literal" in str(line["trace"])


@pytest.mark.parametrize("message", ["two\nlines", "\ud800", "\x1b[31mred", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_whatever_is_said_is_one_line_that_can_be_read(message: str) -> None:
    line = told(record("%s", message))
    assert line["message"] == message.encode("utf-8", "replace").decode()


def test_what_is_too_long_is_cut() -> None:
    assert len(str(told(record("%s", "x" * 10 * MESSAGE_MAX))["message"])) == MESSAGE_MAX + 1


def test_a_message_that_does_not_fit_its_arguments_is_told_nonetheless() -> None:
    assert "%d documents" in str(told(record("%d documents", "many"))["message"])


SAYS = """
import logging, threading, warnings
from streams import logs
from streams.settings import Settings
logs.set_up(Settings(), "reader", level=LEVEL)
logging.getLogger("khabar").info("one")
logging.getLogger("aiokafka").info("a record each")
warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise SystemError("the end")
"""


def said(log_format: str, level: str | None = None) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SAYS.replace("LEVEL", repr(level))],
        env={**Settings().environment(), "KHABAR_LOG_FORMAT": log_format},
        capture_output=True,
        text=True,
    )
    return done.stderr.splitlines()


def test_all_that_a_process_says_is_json_how_ever_it_ends() -> None:
    lines = [json.loads(line) for line in said("json")]
    assert lines[0]["message"] == "one"
    assert "UserWarning: old" in lines[1]["message"]
    assert "ZeroDivisionError" in lines[2]["trace"]
    assert lines[3]["level"] == "CRITICAL"
    assert "SystemError: the end" in lines[3]["trace"]
    assert all(line["process"] == "reader" for line in lines)
    assert len(lines) == 4


def test_lines_for_people_are_the_default_and_fewer_where_one_sits_in_front() -> None:
    assert "INFO khabar: one" in said("text")[0]
    assert not any("INFO" in line for line in said("text", "warning"))
    assert json.loads(said("json", "warning")[0])["message"] == "one"


def test_the_last_words_of_a_child_are_read_from_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import logging\nfrom streams import logs\nfrom streams.settings import Settings\n"
        "logs.set_up(Settings(), 'parse')\nlogging.getLogger('khabar').critical('too old for this')\n"
        "logging.getLogger('khabar').info('bye')\nraise SystemExit(5)\n"
    )
    (tmp_path / "last_words.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{':'.join(filter(None, sys.path))}")
    heard: list[str] = []
    settings = Settings(data=tmp_path, log_format="json")
    supervisor = Supervisor(settings, heard.append)
    supervisor.add("parse", "last_words")
    with pytest.raises(NothingLeft):
        supervisor.run(ends_when_idle=True)
    assert "CRITICAL khabar: too old for this" in heard[0]


def test_what_is_no_line_of_ours_is_told_as_it_is() -> None:
    assert logs.read("Traceback (most recent call last):") is None
    assert logs.read("[1]") is None
    assert logs.read('{"a": 1}') is None
