"""Replays that were asked for over HTTP: `khabar replay` in a process of its own, one at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import orjson
from ulid import ULID

from api.errors import Conflict, NotFound
from api.read_model.event_queries import moment
from api.reader_status import now_ms
from streams.processes import die_with_parent

if TYPE_CHECKING:
    from streams.settings import Settings

KEPT_MAX = 20

log = logging.getLogger(__name__)
STOP_SECONDS_MAX = 5.0


@dataclass
class Replay:
    """A replay and what came of it: `result` is what the command told, `error` its last line."""

    id: str = field(default_factory=lambda: str(ULID()))
    state: Literal["running", "done", "failed"] = "running"
    started_ms: int = field(default_factory=now_ms)
    ended_at: str | None = None
    result: dict[str, Any] | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the replay as it is told of."""
        return {
            "id": self.id,
            "state": self.state,
            "started_at": moment(self.started_ms),
            "ended_at": self.ended_at,
            "result": self.result,
            "error": self.error,
        }


class Replays:
    """The replays of this server, the last ones; those before a restart are forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Replay] = {}
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    def list(self) -> list[Replay]:
        """List them, the last first."""
        return list(reversed(self._known.values()))

    def get(self, replay_id: str) -> Replay:
        """Find one. Raises NotFound."""
        if replay_id not in self._known:
            message = "this server knows of no such replay"
            raise NotFound(message)
        return self._known[replay_id]

    def start(self) -> Replay:
        """Start one. Raises Conflict while another runs."""
        if self._task is not None and not self._task.done():
            message = "a replay is running: wait for it to end"
            raise Conflict(message)
        replay = Replay()
        self._known[replay.id] = replay
        for old in list(self._known)[:-KEPT_MAX]:
            del self._known[old]
        self._task = asyncio.create_task(self._run(replay))
        return replay

    async def close(self) -> None:
        """End what runs: the views that are served are not touched by it."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS_MAX):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, replay: Replay) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "api.commands", "replay", "--json",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **self._settings.environment()},
                preexec_fn=die_with_parent(),
            )  # fmt: skip
            said, errors = await self._process.communicate()
            if self._process.returncode == 0:
                replay.result = orjson.loads(said.splitlines()[-1])
                replay.state = "done"
                log.info("a replay is done: %s", replay.result)
            else:
                lines = errors.decode("utf-8", "replace").strip().splitlines()
                replay.error = lines[-1][:500] if lines else f"exit code {self._process.returncode}"
                replay.state = "failed"
                log.error("a replay failed: %s", replay.error)
        except (OSError, IndexError, orjson.JSONDecodeError) as error:
            replay.state, replay.error = "failed", repr(error)
        finally:
            replay.ended_at = moment(now_ms())
