"""Keep child processes running: start, restart with back-off, stop in reverse order within a bound.

Used by `khabar up`, `khabar worker` and `khabar serve`. A child that dies is started again; one that
keeps dying is left alone after RESTARTS_MAX, and the supervisor says so and ends, so that whatever
started it can tell a person. One that ends with the code STAYS_DOWN (the log holds what only a newer khabar
can read, say) is left down and told of once, and the others go on. One that ends while the disk is full is
started again when there is room: that is no death of its own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streams import logs, room
from streams.errors import STAYS_DOWN, StreamsError
from streams.processes import die_with_parent
from streams.settings import Settings

POLL_SECONDS = 0.1
STOP_SECONDS_MAX = 10.0
RESTARTS_MAX = 5
RESTARTS_WINDOW_SECONDS = 60.0
BACKOFF_SECONDS_MAX = 5.0
ROOM_SECONDS = 1.0  # between two looks at a full disk
LOG_BYTES_MAX = 16 << 20
TAIL_BYTES = 8 << 10  # of a log, read for the last error
AN_ERROR = re.compile(r" (ERROR|CRITICAL) |^khabar: ")
TOLD_MAX = 500  # characters of that line


class ChildKeepsDying(StreamsError):
    """When a child process ended more often than RESTARTS_MAX within the window."""

    exit_code = 1


class NothingLeft(StreamsError):
    """When every child has stopped for good: each has told why, and another start would not help."""

    exit_code = STAYS_DOWN


@dataclass
class Child:
    """A command of ours that is to run; its output goes to a log file of its own."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    start_at: float = 0.0
    left_down: bool = False
    lacks_room: bool = False


class Supervisor:
    """The children of one process. Call `run` from the main thread: it returns on stop()."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._children: dict[str, Child] = {}
        self._stopping = threading.Event()

    def add(self, name: str, *arguments: str) -> None:
        """Start `python -m api.commands ARGUMENTS` (or any module) under this name, and keep it running."""
        child = Child(name, [sys.executable, "-m", *arguments])
        self._children[name] = child
        self._start(child)

    def remove(self, name: str) -> None:
        """Stop a child and forget it."""
        if child := self._children.pop(name, None):
            _stop([child])

    def say(self, line: str) -> None:
        """Tell a person one line."""
        self._say(line)

    def names(self) -> set[str]:
        """Names of the children that are to run."""
        return set(self._children)

    def pid(self, name: str) -> int | None:
        """Process id of a child, while it runs."""
        process = self._children[name].process
        return process.pid if process and process.poll() is None else None

    def log_of(self, name: str) -> Path:
        """Name the file that a child's output goes to."""
        return self._logs / f"{name}.log"

    @property
    def _logs(self) -> Path:
        return self._settings.data / "logs"

    def stop(self) -> None:
        """Make `run` return; safe in a signal handler."""
        self._stopping.set()

    def run(self, each: Callable[[], None] = lambda: None, *, ends_when_idle: bool = False) -> None:
        """Watch the children until stop(), calling `each` at every look; then end them, the last first.

        Raises ChildKeepsDying, and with `ends_when_idle` NothingLeft.
        """
        try:
            while not self._stopping.wait(POLL_SECONDS):
                each()
                for child in list(self._children.values()):
                    self._look_after(child)
                if ends_when_idle:
                    self._end_if_idle()
        finally:
            _stop(list(reversed(self._children.values())))

    def _end_if_idle(self) -> None:
        if self._children and all(child.left_down for child in self._children.values()):
            message = f"nothing is left to run: {', '.join(self._children)} stopped; see {self._logs}"
            raise NothingLeft(message)

    def _look_after(self, child: Child) -> None:
        if child.left_down:
            return
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start_again(child, now)
            return
        code = child.process.poll()
        if code is None:
            return
        child.process = None
        if code == STAYS_DOWN:
            child.left_down = True
            self._say(f"{child.name} stopped and is not started again: {self._last_said(child)}")
            return
        if lack := room.lack(self._settings.data):
            self._wait_for_room(child, now, f"{child.name} ended ({_reason(code)})", lack)
            return
        child.deaths = [t for t in child.deaths if now - t < RESTARTS_WINDOW_SECONDS] + [now]
        if len(child.deaths) > RESTARTS_MAX:
            message = (
                f"{child.name} ended {len(child.deaths)} times within a minute: see {self.log_of(child.name)}"
            )
            raise ChildKeepsDying(message)
        # The first restart is at once: after kill -9 a person waits for it.
        child.start_at = now + min(BACKOFF_SECONDS_MAX, 0.5 * (2 ** (len(child.deaths) - 1) - 1))
        self._say(f"{child.name} ended ({_reason(code)}) and is started again")

    def _start_again(self, child: Child, now: float) -> None:
        if child.lacks_room:
            if room.lack(self._settings.data):
                child.start_at = now + ROOM_SECONDS
                return
            child.lacks_room = False
            self._say(f"{child.name} is started again: there is room")
        try:
            self._start(child)
        except OSError as error:  # its log cannot be made
            lack = room.lack(self._settings.data)
            if not lack:
                raise
            self._wait_for_room(child, now, f"{child.name} cannot be started ({error})", lack)

    def _wait_for_room(self, child: Child, now: float, what: str, lack: str) -> None:
        child.lacks_room, child.start_at = True, now + ROOM_SECONDS
        self._say(f"{what}, and is started when there is room: {lack}")

    def _last_said(self, child: Child) -> str:
        """Give the last error in a child's log, or its last line, without what drives a terminal.

        Python's own helper processes may write behind the error.
        """
        log = self.log_of(child.name)
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")
        lines = [_as_text(line) for line in lines]
        told = [line for line in lines if AN_ERROR.search(line)] or [line for line in lines if line] or [""]
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in told[-1][:TOLD_MAX])
        return f"{shown}; see {log}"

    def _start(self, child: Child) -> None:
        log = self.log_of(child.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child.process = subprocess.Popen(  # noqa: S603  # our own modules
                child.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._settings.environment(), "PYTHONUNBUFFERED": "1"},
                preexec_fn=die_with_parent(),  # nothing but system calls
                start_new_session=sys.platform == "linux",  # Ctrl-C is for us: we stop them in order
            )


def _stop(children: list[Child]) -> None:
    """Ask all to end, wait together for at most STOP_SECONDS_MAX, then kill what is left."""
    running = [c.process for c in children if c.process and c.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _as_text(line: str) -> str:
    """Give a line of a log as it would stand there for people."""
    told = logs.read(line)
    return f"{told.get('ts')} {told['level']} {told.get('logger')}: {told['message']}" if told else line


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
