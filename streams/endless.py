"""Threads that go on until the process ends, whatever is raised in them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from aiokafka.errors import KafkaError

from streams.errors import StreamsError

PAUSE_SECONDS = 1.0
PAUSE_SECONDS_MAX = 10.0

log = logging.getLogger(__name__)


def run_for_ever(name: str, step: Callable[[], Coroutine[Any, Any, None]]) -> threading.Thread:
    """Start a thread that runs `step` again and again, each time in an event loop of its own.

    What it raises is logged, and it is run again after a pause that doubles up to PAUSE_SECONDS_MAX.
    """
    thread = threading.Thread(target=_run, args=(name, step), name=name, daemon=True)
    thread.start()
    return thread


def _run(name: str, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
    pause = PAUSE_SECONDS
    while True:
        began = time.monotonic()
        try:
            asyncio.run(step())
        except BaseException as error:  # CancelledError, too: aiokafka lets that of its own tasks out
            _tell(name, error)
        if time.monotonic() - began > PAUSE_SECONDS_MAX:
            pause = PAUSE_SECONDS  # it went well for a while
        time.sleep(pause)
        pause = min(2 * pause, PAUSE_SECONDS_MAX)


def _tell(name: str, error: BaseException) -> None:
    if isinstance(error, (KafkaError, OSError)):
        log.info("%s: Kafka does not answer (%r)", name, error)  # the workers tell of that
    elif isinstance(error, StreamsError):
        log.warning("%s: %s", name, error)
    else:
        log.error("%s failed, and goes on", name, exc_info=error)
