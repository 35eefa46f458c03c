"""What the commands say when something is wrong: one line, and an exit code that means something."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.settings import Settings


def khabar(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.commands", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """Settings of a khabar that does not run, with a Kafka that is not there."""
    return Settings(data=tmp_path, port=1, bootstrap_servers="127.0.0.1:1").environment()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "openai"], 3, "nothing answers at http://127.0.0.1:1: start `khabar up`"),
        (["status"], 3, "nothing answers at http://127.0.0.1:1"),
        (["follow", "--limit", "1"], 4, "no Kafka answers at 127.0.0.1:1: start `khabar up`"),
        (["follow", "--type", "merger"], 2, "unknown event type 'merger'; known are: investment,"),
        (["follow", "--from", "yesterday"], 2, "--from 'yesterday': not beginning, end, a time or a token"),
        (["follow", "--min-confidence", "high"], 2, "--min-confidence is a number"),
        (["dead-letters"], 4, "no Kafka answers"),
        (["replay"], 4, "no Kafka answers"),
        (["backup", "no-such-folder"], 4, "no Kafka answers"),
        (["restore", "no-such-folder"], 2, "no-such-folder is no complete backup (there is no SHA256SUMS)"),
        (["reshard", "--partitions", "12"], 4, "no Kafka answers"),
        (["ingest", "no-such-file.txt"], 2, "no-such-file.txt"),
        (["ingest"], 2, "give articles, or --withdraw DOCUMENT, or --reinstate DOCUMENT"),
        (["ingest", "--withdraw", "a", "--reinstate", "a"], 2, "give articles, or --withdraw"),
        (["ingest", "--withdraw", "https://news.example/1"], 2, "--withdraw needs a --reason"),
        (["ingest", "--withdraw", "a", "--reason", "b"], 3, "nothing answers at"),
        (["retract", "0" * 64, "--cause", "duplicate"], 3, "nothing answers at"),
        (["retract", "abc", "--cause", "duplicate"], 2, "64 hexadecimal digits"),
        (["retract", "0" * 64, "--cause", "bad luck"], 2, "'bad luck' is not one of"),
        (["reparse"], 3, "holds no documents: `khabar up` fills it"),
        (["reparse", "--dry-run", "--apply"], 2, "exclude each other"),
        (["reparse", "--since", "yesterday"], 2, "--since 'yesterday': a day or a time of ISO 8601"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(nowhere, arguments, code, said):
    done = khabar(*arguments, **nowhere)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_setting_is_named(nowhere):
    done = khabar("doctor", **{**nowhere, "KHABAR_PARTITIONS": "many"})
    assert done.returncode == 3
    assert done.stderr.startswith("khabar: KHABAR_PARTITIONS: ")


def test_doctor_finds_an_absent_kafka_and_a_misspelt_variable(nowhere):
    done = khabar("doctor", "--json", **{**nowhere, "KHABAR_PROT": "8001"})
    assert done.returncode == 3
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert not checks["Kafka"]["well"]
    assert checks["environment"]["said"] == "no setting is called KHABAR_PROT"
    assert checks["Python"]["well"]


def test_doctor_never_shows_the_write_token(nowhere):
    secret = "a-token-of-many-characters"  # noqa: S105  # made up here
    done = khabar("doctor", "--json", **{**nowhere, "KHABAR_WRITE_TOKEN": secret})
    assert "write_token" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_an_unknown_command_says_what_there_is(nowhere):
    done = khabar("explode", **nowhere)
    assert done.returncode == 2
    assert "No such command 'explode'" in done.stderr
