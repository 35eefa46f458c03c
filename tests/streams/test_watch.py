"""When a worker that lives is held to be stuck: something is there to do, and for long nothing was done."""

from types import SimpleNamespace

import pytest

from streams.agents import watch
from streams.agents.watch import Watch


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
