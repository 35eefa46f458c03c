"""`khabar doctor`: whether all is there that khabar needs, and what the settings are; it only looks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.table import Table

from api.commands.common import EXIT_SETUP, load_settings, out, plain

if TYPE_CHECKING:
    from streams.settings import Settings

ANSWER_SECONDS_MAX = 5.0
MEBIBYTE = 1 << 20
DISK_BYTES_MIN = 512 * MEBIBYTE


class Check(NamedTuple):
    """What was looked at, whether it is well, and what was found or is to be done."""

    name: str
    well: bool
    said: str


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Look at Python, Java, Kafka's jars, directories, ports, Kafka, topics; show the settings."""
    settings = load_settings()
    checks = list(_checks(settings))
    if as_json:
        _print_json(settings, checks)
    else:
        _print_tables(settings, checks)
    if not all(check.well for check in checks):
        raise typer.Exit(EXIT_SETUP)


def _checks(settings: Settings) -> Iterator[Check]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", sys.version_info >= (3, 11), python)
    yield _misspelt()
    yield _told("data directory", lambda: _room(settings))
    running = _listens(settings.host, settings.port)
    yield Check(
        "API", True, f"answers at port {settings.port}" if running else f"port {settings.port} is free"
    )
    if settings.embedded:
        yield from _embedded(settings)
    reached = _told("Kafka", lambda: asyncio.run(_reach(settings)))
    if settings.embedded and not reached.well:
        yield Check("Kafka", True, "not running: `khabar up` starts it")
        return
    yield reached
    if reached.well:
        yield _told("topics", lambda: asyncio.run(_topics(settings)))


def _told(name: str, look: Callable[[], str]) -> Check:
    """Run a look that says what it found, or raises what is wrong."""
    from aiokafka.errors import KafkaError

    from streams.errors import StreamsError

    try:
        return Check(name, True, look())
    except (StreamsError, KafkaError, OSError, TimeoutError) as error:
        return Check(name, False, str(error) or type(error).__name__)


def _misspelt() -> Check:
    """Find KHABAR_ variables that no setting reads: a typing error would be silent otherwise."""
    from streams.settings import PREFIX, Settings

    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    said = f"no setting is called {', '.join(unknown)}" if unknown else "every KHABAR_ variable is a setting"
    return Check("environment", not unknown, said)


def _room(settings: Settings) -> str:
    import shutil

    there = next(folder for folder in (settings.data, *settings.data.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        message = f"{settings.data} is not writable: set KHABAR_DATA to a directory of yours"
        raise OSError(message)
    free = shutil.disk_usage(there).free
    if free < DISK_BYTES_MIN:
        message = f"{settings.data} has only {free // MEBIBYTE} MiB free"
        raise OSError(message)
    return f"{settings.data}, {free // MEBIBYTE} MiB free"


def _embedded(settings: Settings) -> Iterator[Check]:
    from streams.broker import jars
    from streams.broker.java import find_java

    yield _told("Java", lambda: str(find_java()))
    folder = settings.cache / f"kafka-{jars.KAFKA_VERSION}"
    missing = [jar for jar in jars.pinned() if not (folder / jar.filename).exists()]
    if missing:
        said = (
            f"{len(missing)} of {len(jars.pinned())} are fetched at the first start, which needs the network"
        )
        yield Check("Kafka's jars", True, said)
    else:
        yield _told(
            "Kafka's jars", lambda: f"{len(jars.class_path(settings.cache).split(os.pathsep))} verified"
        )


def _listens(host: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


async def _reach(settings: Settings) -> str:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            await admin.start()
            described = await admin.describe_cluster()
    finally:
        await admin.close()
    return f"{settings.bootstrap}, {len(described['brokers'])} broker(s)"


async def _topics(settings: Settings) -> str:
    from streams.topics import LOG, check_topics

    missing = await check_topics(settings)
    there = f"{len(LOG) - len(missing)} as they must be"
    return f"{there}, {len(missing)} missing: the first start makes them" if missing else there


def _print_json(settings: Settings, checks: list[Check]) -> None:
    import orjson

    said = {
        "well": all(check.well for check in checks),
        "checks": [check._asdict() for check in checks],
        "settings": settings.model_dump(mode="json"),
    }
    out.out(orjson.dumps(said).decode(), highlight=False)


def _print_tables(settings: Settings, checks: list[Check]) -> None:
    table = Table("check", "", "found")
    for check in checks:
        table.add_row(check.name, "[green]well[/]" if check.well else "[red]not well[/]", plain(check.said))
    out.print(table)
    values = Table("setting", "value")
    for name, value in settings.model_dump(mode="json").items():
        values.add_row(f"KHABAR_{name.upper()}", "unset" if value is None else plain(value))
    out.print(values)
