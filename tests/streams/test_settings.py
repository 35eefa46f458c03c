"""The settings come from the environment, go to children through it, and never show the token."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from streams.settings import PREFIX, Settings

TOKEN = SecretStr("correct horse battery")


def test_the_data_directory_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/me")
    assert Settings().data == Path("/srv/me/khabar")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert Settings().data == Path.home() / ".local/share/khabar"


def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(data=Path("here")).data == tmp_path / "here"
    assert Settings(data=Path("~/there")).data == Path.home() / "there"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_BOOTSTRAP_SERVERS", "")
    assert Settings().embedded
    assert Settings().bootstrap == "127.0.0.1:19092"


def test_given_servers_replace_the_embedded_broker() -> None:
    settings = Settings(bootstrap_servers="a:9092,b:9092")
    assert not settings.embedded
    assert settings.bootstrap == "a:9092,b:9092"


def test_a_child_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        bootstrap_servers="kafka:9092",
        min_confidence=0.25,
        table_store="write-only",
        write_token=TOKEN,
    )
    for name, value in settings.environment().items():
        assert name.startswith(PREFIX)
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_the_token_is_not_shown() -> None:
    assert "correct horse" not in repr(Settings(write_token=TOKEN))


def test_the_object_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]  # this is what it refuses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "http"),
        ("min_confidence", "1.5"),
        ("partitions", "0"),
        ("table_store", "memory"),
        ("topic_prefix", "a b"),
        ("bootstrap_servers", "localhost"),
        ("write_token", "short"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
