"""One Faust worker process: `python -m streams.worker parse` or `… views --generation N`.

It waits for Kafka, locks a slot, runs its app, and ends: by SIGTERM within STOP_SECONDS_MAX, by a fault
at once. Whoever started it starts it again, unless its exit code is STAYS_DOWN (it met what only another
version of khabar can work on); what it knows is in the log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import time

import faust
import uvloop
from aiokafka.errors import KafkaError

from streams import app as apps
from streams import generations, logs, table_store, worker_slots
from streams.agents.watch import Watch
from streams.cluster import log_id
from streams.entries import ENTRIES_VERSION
from streams.errors import STAYS_DOWN, StreamsError
from streams.generations import State, Views
from streams.processes import settle_heap
from streams.settings import Settings
from streams.topics import PARSE, ensure_changelog, ensure_topics

KAFKA_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 8.0

log = logging.getLogger("khabar.worker")


def main(arguments: list[str]) -> int:
    """Run the worker that the command line names; return its exit code."""
    parser = argparse.ArgumentParser(prog="streams.worker")
    commands = parser.add_subparsers(dest="name", required=True)
    commands.add_parser("parse")
    commands.add_parser("views").add_argument("--generation", type=int, required=True)
    named = parser.parse_args(arguments)
    settings = Settings()
    generation = named.generation if named.name == "views" else None
    logs.set_up(settings, named.name, **({} if generation is None else {"generation": generation}))
    # This process ends by os._exit. What the pool leaves is then cleaned up by Python's helper process, which
    # would tell of it, in a form of its own.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
    uvloop.install()
    try:
        return run(settings, generation)
    except StreamsError as error:
        log.error("%s", error)
        return error.exit_code


def run(settings: Settings, generation: int | None) -> int:
    """Run the parse worker (no generation) or a views worker until it is told to stop."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    log_name = loop.run_until_complete(_kafka_ready(settings, generation))
    name = PARSE if generation is None else worker_slots.views(generation)
    slot = worker_slots.claim(settings.data, name)
    if slot.belongs_to(log_name) and generation is not None and settings.table_store == "rocksdb":
        loop.run_until_complete(table_store.drop_what_is_ahead(settings, generation, slot.path))
    app = apps.parse_app(settings, slot) if generation is None else apps.views_app(settings, generation, slot)
    return _run_app(settings, app, loop)


def _run_app(settings: Settings, app: faust.App, loop: asyncio.AbstractEventLoop) -> int:
    # Our own logging, no console redirection, no spinner; the web server is off in the app's settings.
    worker = _Worker(app, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    watch = loop.create_task(Watch(settings, app).run())
    code = 0
    try:
        loop.run_until_complete(worker.start())  # returns when SIGTERM or SIGINT has stopped it
    except asyncio.CancelledError:
        pass
    except Exception:
        log.exception("the worker crashed")
        code = 1
    watch.cancel()
    with contextlib.suppress(Exception):  # a shutdown may hang or fail: what counts is in the log already
        loop.run_until_complete(asyncio.wait_for(worker.stop(), STOP_SECONDS_MAX))
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # Faust's threads and RocksDB's would keep the interpreter for seconds


class _Worker(faust.Worker):
    async def on_startup_finished(self) -> None:
        """Say so: the partitions are assigned, the table is recovered, records are taken."""
        settle_heap()
        log.info("%s is ready", self.app.conf.id)


async def _kafka_ready(settings: Settings, generation: int | None) -> str:
    """Wait for Kafka and for the topics; return the log's name."""
    deadline = time.monotonic() + KAFKA_SECONDS_MAX
    while True:
        try:
            await ensure_topics(settings)
            if generation is not None:
                # Looked at first: the changelog of a dropped one is not to be made again.
                refuse_what_is_not_ours(await generations.read(settings), generation)
                await ensure_changelog(settings, generation)
            return await log_id(settings)
        except (KafkaError, OSError) as error:
            if time.monotonic() > deadline:
                message = f"no Kafka answers at {settings.bootstrap}: {error}"
                raise NoKafka(message) from error
            log.info("waiting for Kafka at %s", settings.bootstrap)
            await asyncio.sleep(1.0)


class NoKafka(StreamsError):
    """When no Kafka has answered a starting worker for KAFKA_SECONDS_MAX."""

    exit_code = 4


class NotOurs(StreamsError):
    """When a generation was dropped, or holds entries of other rules than ours: nothing may be posted."""

    exit_code = STAYS_DOWN


def refuse_what_is_not_ours(views: Views | None, number: int) -> None:
    """Raise NotOurs for a generation that code of this version must not post to."""
    generation = views.generations.get(number) if views else None
    if generation is None:
        return
    if generation.state is State.DROPPED:
        message = f"generation {number} was dropped"
        raise NotOurs(message)
    if generation.entries_version != ENTRIES_VERSION:
        message = (
            f"generation {number} has entries of version {generation.entries_version}, "
            f"this khabar posts version {ENTRIES_VERSION}: `khabar replay` builds one of it"
        )
        raise NotOurs(message)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
