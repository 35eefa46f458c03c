"""A thread that goes on, whatever is raised in it."""

import asyncio
import logging
import threading

import pytest
from aiokafka.errors import KafkaConnectionError

from streams import endless
from streams.generations import ViewsUnreadable


@pytest.mark.parametrize(
    ("raised", "level"),
    [
        (asyncio.CancelledError(), logging.ERROR),
        (KeyError("tp"), logging.ERROR),
        (SystemExit(1), logging.ERROR),
        (ViewsUnreadable("a record of a newer form"), logging.WARNING),
        (KafkaConnectionError("away"), logging.INFO),
    ],
)
def test_it_logs_what_is_raised_and_goes_on(raised, level, monkeypatch, caplog):
    monkeypatch.setattr(endless, "PAUSE_SECONDS", 0.001)
    went_on = threading.Event()
    runs = []

    async def step():
        runs.append(1)
        if len(runs) < 3:
            raise raised
        went_on.set()
        await asyncio.Event().wait()

    with caplog.at_level(logging.INFO, logger="streams.endless"):
        thread = endless.run_for_ever("a test", step)
        assert went_on.wait(15)
    assert thread.is_alive()
    assert thread.daemon, "the end of the process ends it"
    assert [record.levelno for record in caplog.records] == [level, level]
