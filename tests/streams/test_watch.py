"""When a worker that lives is held to be stuck: something is there to do, and for long nothing was done."""

import asyncio
import contextlib
import logging
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.agents import watch
from streams.agents.watch import Watch
from streams.settings import Settings


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(watch.time, "monotonic", lambda: now.seconds)
    return now


def recovering(left):
    recovery = SimpleNamespace(active_offsets={"tp": 100 - left}, active_highwaters={"tp": 100})
    return SimpleNamespace(in_recovery=True, tables=SimpleNamespace(recovery=recovery))


def test_a_recovery_that_moves_is_not_stuck(clock):
    app = recovering(left=90)
    looking = Watch(None, app)
    for left in (80, 60, 40, 20):
        app.tables.recovery.active_offsets["tp"] = 100 - left
        assert looking.recovery_stuck() is None
        clock.seconds += watch.STUCK_SECONDS_MAX


def test_a_recovery_that_stands_still_is_told_with_what_is_left(clock):
    looking = Watch(None, recovering(left=7))
    assert looking.recovery_stuck() is None
    clock.seconds += watch.STUCK_SECONDS_MAX - 1
    assert looking.recovery_stuck() is None
    clock.seconds += 2
    assert "7 rows left" in looking.recovery_stuck()


def test_a_recovery_that_is_over_is_forgotten(clock):
    app = recovering(left=7)
    looking = Watch(None, app)
    looking.recovery_stuck()
    app.in_recovery = False
    clock.seconds += 10 * watch.STUCK_SECONDS_MAX
    assert looking.recovery_stuck() is None
    app.in_recovery = True
    assert looking.recovery_stuck() is None


def rebalancing(seconds_max=30.0):
    conf = SimpleNamespace(broker_rebalance_timeout=seconds_max)
    recovery = SimpleNamespace(active_offsets={}, active_highwaters={})
    tables = SimpleNamespace(recovery=recovery)
    return SimpleNamespace(rebalancing=True, in_recovery=False, conf=conf, tables=tables)


BOUND = watch.STUCK_SECONDS_MAX + watch.REBALANCES_MAX * 30.0


async def test_a_rebalance_that_does_not_end_is_told(clock, settings):
    looking = Watch(settings, rebalancing())
    assert await looking.rebalance_stuck() is None
    clock.seconds += BOUND - 1
    assert await looking.rebalance_stuck() is None
    clock.seconds += 2
    assert "rebalance did not end" in await looking.rebalance_stuck()


async def test_a_rebalance_that_ends_is_forgotten(clock, settings):
    app = rebalancing()
    looking = Watch(settings, app)
    await looking.rebalance_stuck()
    app.rebalancing = False
    clock.seconds += 10 * BOUND
    assert await looking.rebalance_stuck() is None
    app.rebalancing = True
    assert await looking.rebalance_stuck() is None


async def test_without_kafka_a_rebalance_is_not_held_to_be_stuck(clock):
    looking = Watch(Settings(bootstrap_servers="127.0.0.1:1"), rebalancing())
    await looking.rebalance_stuck()
    clock.seconds += 10 * BOUND
    with pytest.raises(KafkaConnectionError):
        await looking.rebalance_stuck()


@pytest.mark.parametrize("raised", [KeyError("tp"), AssertionError(), asyncio.CancelledError()])
async def test_whatever_a_look_raises_is_logged_and_the_next_one_is_taken(raised, monkeypatch, caplog):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.001)
    looks = []

    class Tables:
        @property
        def recovery(self):
            looks.append(1)
            raise raised

    task = asyncio.create_task(Watch(None, SimpleNamespace(in_recovery=True, tables=Tables())).run())
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(15):
            while len(looks) < 3 and not task.done():
                await asyncio.sleep(0.001)
    assert len(looks) >= 3
    assert "a look at the worker" in caplog.text
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait_for(task, 15)
    assert task.cancelled(), "but the end of the worker ends it"
