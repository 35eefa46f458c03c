"""Kafka's jars: pinned in `jars.json`, fetched once from the Maven repository, checked before every use.

jgo does the fetching, so its configuration file names the repositories (a company's mirror, say);
whatever they answer, only a file with the pinned SHA-256 gets into the cache or onto a class path.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from streams.broker.folders import make_writable
from streams.errors import ChecksumMismatch, NetworkNeeded

KAFKA_VERSION = "4.1.1"
FETCHERS = 4
"""Jars fetched at the same time."""

Progress = Callable[[int, int], None]
"""Called with (jars that are there, jars in all) while the first start fetches them."""


@dataclass(frozen=True)
class Jar:
    """One pinned artifact of the Maven repository."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name of its file, in the repository and in the cache."""
        return f"{self.artifact}-{self.version}.jar"


def pinned() -> list[Jar]:
    """Read the pins that came with this package, in class path order."""
    pins = json.loads(files("streams.broker").joinpath("jars.json").read_text(encoding="utf-8"))
    jars = []
    for coordinates, sha256 in pins.items():
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def class_path(cache: Path, progress: Progress | None = None) -> str:
    """Give the class path of the verified jars, fetching those that the cache lacks.

    Touches no network if all are there. Raises NetworkNeeded, or ChecksumMismatch for a jar that is
    not the pinned one.
    """
    folder = cache / f"kafka-{KAFKA_VERSION}"
    jars = pinned()
    missing = [jar for jar in jars if not (folder / jar.filename).exists()]
    if missing:
        _fetch(missing, folder, len(jars), progress or (lambda there, total: None))
    for jar in jars:
        verify(jar, folder / jar.filename)
    return os.pathsep.join(str(folder / jar.filename) for jar in jars)


def verify(jar: Jar, path: Path) -> None:
    """Raise ChecksumMismatch unless the file at `path` is the pinned jar."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        message = (
            f"{path} is not the pinned {jar.filename} (its sha256 is {found}): delete it and start again"
        )
        raise ChecksumMismatch(message)


def _fetch(missing: list[Jar], folder: Path, total: int, progress: Progress) -> None:
    """Fetch into a directory of our own; a jar is moved into the cache only whole and verified."""
    make_writable(folder, "KHABAR_CACHE")
    there = total - len(missing)
    progress(there, total)
    with (
        tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch,
        ThreadPoolExecutor(FETCHERS) as pool,
    ):
        fetched = {pool.submit(_download, Path(scratch), jar): jar for jar in missing}
        try:
            for future in as_completed(fetched):
                jar, path = fetched[future], future.result()
                verify(jar, path)
                os.replace(path, folder / jar.filename)
                there += 1
                progress(there, total)
        finally:
            pool.shutdown(cancel_futures=True)


def _download(scratch: Path, jar: Jar) -> Path:
    """Have jgo download one jar into `scratch`, a Maven repository cache of its own."""
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext
    from requests import RequestException

    repositories = dict(GlobalSettings.load().repositories)
    repositories.setdefault("central", MAVEN_CENTRAL_URL)
    maven = MavenContext(repo_cache=scratch, local_repos=[], remote_repos=repositories, timeout=30)
    artifact = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    try:
        return Path(artifact.resolve())
    except (RequestException, RuntimeError, OSError) as error:
        message = (
            f"the first start fetches Kafka {KAFKA_VERSION} (43 MB) from the Maven repository, "
            f"which failed at {jar.filename} ({type(error).__name__}): check the network or proxy and "
            "start again, or set KHABAR_BOOTSTRAP_SERVERS to a Kafka that is there"
        )
        raise NetworkNeeded(message) from error
