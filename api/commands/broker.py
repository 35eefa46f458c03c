"""The embedded Kafka of a command that runs it itself, and progress bars."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.common import EXIT_SETUP, err, fail

if TYPE_CHECKING:
    from streams.backup import Told
    from streams.broker import EmbeddedBroker
    from streams.settings import Settings


def embedded(settings: Settings) -> EmbeddedBroker:
    """Make the embedded broker with a progress bar for its first start."""
    from rich.progress import Progress

    from streams import logs
    from streams.broker import EmbeddedBroker

    bar = Progress(console=err, transient=True, disable=logs.is_json())
    task = bar.add_task("fetching Kafka (once)", total=None)

    def progress(there: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=there, total=total)
        if there == total:
            bar.stop()

    return EmbeddedBroker(settings, progress)


@contextmanager
def kafka(settings: Settings, *, alone: bool) -> Iterator[Settings]:
    """Give settings on a Kafka that answers: the one there is, or the embedded one for as long as this lasts.

    With `alone`, no `khabar up` may run on the embedded one. Raises StillRunning, BrokerError.
    """
    from streams.errors import DataInUse, PortInUse
    from streams.restore_room import StillRunning

    if not settings.embedded:
        yield settings
        return
    broker = embedded(settings)
    try:
        broker.start()
    except (DataInUse, PortInUse) as error:
        if alone:
            message = f"no other khabar may run meanwhile: {error}"
            raise StillRunning(message) from error
        yield settings  # that of a `khabar up`
        return
    try:
        yield settings.model_copy(update={"bootstrap_servers": broker.bootstrap_servers})
    finally:
        broker.stop()


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Tell in one line why a folder cannot be read or written."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise  # nothing of the disk's
        fail(f"{error.filename or folder}: {error.strerror}", EXIT_SETUP)


@contextmanager
def bar(quiet: bool) -> Iterator[Told]:
    """Show how far a backup or a restore is; nothing to machines."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from streams.backup import Told

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as progress:
        task = progress.add_task("asking Kafka", total=None)
        yield Told(
            total=lambda n: progress.update(task, total=n, completed=0),
            more=lambda n: progress.advance(task, n),
            phase=lambda name: progress.update(task, description=name),
        )
