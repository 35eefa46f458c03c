"""docker-compose.yml and the Dockerfile, held against the schema of Compose and against the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.commands import COMMANDS
from streams.broker.jars import KAFKA_VERSION
from streams.broker.node import Node
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = ["worker", "api"]

ELSEWHERE = {
    "controller.quorum.voters",
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "log.dirs",
}
"""Properties of Kafka that depend on the place it runs in."""


def test_it_is_valid_by_the_schema_of_compose() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, ROOT / "docker-compose.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_kafka_is_of_the_embedded_version() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_kafka_is_told_what_the_embedded_one_is_told() -> None:
    text = Node(Path("/data")).properties(
        1, 2, Settings.model_fields["partitions"].default, Path("/data/kafka")
    )
    embedded = dict(line.split("=", 1) for line in text.splitlines())
    composed = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in SERVICES["kafka"]["environment"].items()
    }
    assert composed.keys() == embedded.keys()
    assert {name: composed[name] for name in composed.keys() - ELSEWHERE} == {
        name: embedded[name] for name in embedded.keys() - ELSEWHERE
    }


@pytest.mark.parametrize("service", OURS)
def test_commands_and_settings_exist(service: str) -> None:
    program, command = SERVICES[service]["command"]
    assert program == "khabar"
    assert command in COMMANDS
    environment: dict[str, Any] = SERVICES[service]["environment"]
    assert {name.removeprefix(PREFIX).lower() for name in environment} <= Settings.model_fields.keys()


@pytest.mark.parametrize("service", OURS)
def test_the_values_are_taken(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES[service]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-\}", "", str(value)))
    settings = Settings()
    servers = str(settings.bootstrap_servers)
    assert f"PLAINTEXT://{servers}," in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert settings.write_token is None


def test_the_worker_scales() -> None:
    assert not {"container_name", "ports", "hostname"} & SERVICES["worker"].keys()


def test_nothing_is_published_off_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in published), published


def test_the_api_is_asked_at_its_port() -> None:
    api = SERVICES["api"]
    port = api["environment"]["KHABAR_PORT"]
    assert api["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", api["healthcheck"]["test"][-1]) == [
        (str(port), "/readyz")
    ]


def test_the_api_has_the_path_that_the_health_check_asks() -> None:
    app = pytest.importorskip("api.app", reason="the API is not built yet")
    assert "/readyz" in app.create_app(Settings()).openapi()["paths"]


def test_each_service_keeps_its_data_in_a_declared_volume() -> None:
    volumes = [volume.split(":") for service in SERVICES.values() for volume in service["volumes"]]
    assert sorted(name for name, _ in volumes) == sorted(COMPOSE["volumes"])
    assert {path for name, path in volumes if name != "kafka"} == {"/data"}
    assert "KHABAR_DATA=/data" in DOCKERFILE


def test_the_image_is_pinned_and_runs_without_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base) for base in bases)
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root)\w+$", last, re.M)
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-index" in line for line in installs)


def test_the_image_gets_everything_it_copies() -> None:
    kept = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text("utf-8"), re.M))
    assert all((ROOT / name).exists() for name in kept)
    wanted = {"pyproject.toml", "README.md", "LICENSE", "seeds", "streams", "api"}
    wanted |= set(re.findall(r"^COPY (requirements\S*)", DOCKERFILE, re.M))
    assert wanted == kept
