import os
import signal
import threading
import time

import pytest

from streams import room
from streams.errors import STAYS_DOWN
from streams.settings import Settings
from streams.supervisor import ChildKeepsDying, NothingLeft, Supervisor


def wait_until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    made = Supervisor(Settings(data=tmp_path), say=said.append)
    yield made
    made.stop()
    made.run()


def in_background(supervisor, each=lambda: None):
    thread = threading.Thread(target=supervisor.run, args=(each,))
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


@pytest.fixture
def too_old(tmp_path, monkeypatch):
    """A module that says why and ends as a process does that met a newer version."""
    (tmp_path / "too_old.py").write_text(
        "import sys\n"
        "print('starting')\n"
        "print('12:00 CRITICAL streams: an event has schema version 99: update \\x1b[31mkhabar')\n"
        "print('and a helper process warns')\n"
        f"sys.exit({STAYS_DOWN})\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "too_old"


def test_a_child_that_another_start_would_not_help_stays_down_and_the_others_go_on(supervisor, said, too_old):
    supervisor.add("server", "http.server", "0", "--bind", "127.0.0.1")
    supervisor.add("reader", too_old)
    looks = []
    thread = in_background(supervisor, lambda: looks.append(bool(said)))
    pid = supervisor.pid("server")
    wait_until(lambda: looks.count(True) > 5)  # another start would be at the first of them
    assert supervisor.pid("reader") is None
    assert supervisor.pid("server") == pid
    assert thread.is_alive()
    (line,) = said
    assert "reader stopped and is not started again" in line
    assert "schema version 99: update \N{REPLACEMENT CHARACTER}[31mkhabar" in line
    assert str(supervisor.log_of("reader")) in line
    assert supervisor.log_of("reader").read_text().count("starting") == 1
    supervisor.stop()
    thread.join(15)


def test_with_nothing_left_to_run_it_ends_if_told_to(supervisor, said, too_old):
    supervisor.add("parse", too_old)
    supervisor.add("views-g1", too_old)
    with pytest.raises(NothingLeft, match="parse, views-g1") as stopped:
        supervisor.run(ends_when_idle=True)
    assert stopped.value.exit_code == STAYS_DOWN
    assert len(said) == 2


def test_of_a_child_that_said_nothing_the_log_is_named(supervisor, said, tmp_path, monkeypatch):
    (tmp_path / "silent.py").write_text(f"raise SystemExit({STAYS_DOWN})")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    supervisor.add("parse", "silent")
    with pytest.raises(NothingLeft):
        supervisor.run(ends_when_idle=True)
    assert said[0].endswith(f"see {supervisor.log_of('parse')}")


def test_a_child_that_ends_while_the_disk_is_full_is_started_again_when_there_is_room(
    supervisor, said, monkeypatch
):
    monkeypatch.setattr("streams.supervisor.ROOM_SECONDS", 0.01)
    monkeypatch.setattr(room, "FULL_BYTES", 1 << 62)
    supervisor.add("server", "http.server", "0", "--bind", "127.0.0.1")
    looks = []
    thread = in_background(supervisor, lambda: looks.append(1))
    os.kill(supervisor.pid("server"), signal.SIGKILL)
    wait_until(lambda: said)
    before = len(looks)
    wait_until(lambda: len(looks) > before + 10)
    assert supervisor.pid("server") is None
    assert len(said) == 1, "told once"
    assert said[0].startswith(
        "server ended (signal SIGKILL), and is started when there is room: the disk is full"
    )
    monkeypatch.setattr(room, "FULL_BYTES", 0)
    wait_until(lambda: supervisor.pid("server"))
    assert said[1] == "server is started again: there is room"
    supervisor.stop()
    thread.join(15)


def test_deaths_on_a_full_disk_end_no_supervisor(supervisor, said, monkeypatch):
    monkeypatch.setattr("streams.supervisor.ROOM_SECONDS", 0.01)
    monkeypatch.setattr("streams.supervisor.RESTARTS_MAX", 0)
    monkeypatch.setattr(room, "FULL_BYTES", 1 << 62)
    supervisor.add("broken", "no_such_module")
    thread = in_background(supervisor)
    wait_until(lambda: said)
    told = iter([""])  # room for one more start
    monkeypatch.setattr(room, "lack", lambda _: next(told, "the disk is full"))
    wait_until(lambda: sum("ended" in line for line in said) == 2)
    assert thread.is_alive()
    supervisor.stop()
    thread.join(15)
