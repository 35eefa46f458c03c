import os
import signal
import threading
import time

import pytest

from streams.settings import Settings
from streams.supervisor import ChildKeepsDying, Supervisor


def wait_until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(Settings(data=tmp_path), say=lambda line: None)
    yield made
    made.stop()
    made.run()


def in_background(supervisor):
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    return thread


def test_a_killed_child_is_started_again(supervisor):
    supervisor.add("server", "http.server", "0", "--bind", "127.0.0.1")
    thread = in_background(supervisor)
    first = supervisor.pid("server")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: supervisor.pid("server") not in (None, first))
    supervisor.stop()
    thread.join(15)
    assert not thread.is_alive()


def test_stop_ends_every_child(supervisor):
    supervisor.add("server", "http.server", "0", "--bind", "127.0.0.1")
    thread = in_background(supervisor)
    pid = supervisor.pid("server")
    supervisor.stop()
    thread.join(15)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_that_keeps_dying_is_told_with_its_log(supervisor):
    supervisor.add("broken", "no_such_module")
    with pytest.raises(ChildKeepsDying, match=r"broken ended .*logs/broken\.log"):
        supervisor.run()
    assert "No module named no_such_module" in supervisor.log_of("broken").read_text()
