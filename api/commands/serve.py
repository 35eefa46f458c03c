"""`khabar serve`: the reader as a child process, and the HTTP service in this one."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from api.commands.common import explained, load_settings, say, until_signalled

if TYPE_CHECKING:
    import uvicorn

    from streams.supervisor import Supervisor


def serve() -> None:
    """Read the log and serve it over HTTP until Ctrl-C."""
    from api.app import served
    from api.server import server_of
    from api.sockets import listening
    from streams import logs
    from streams.supervisor import Supervisor

    settings = load_settings()
    logs.set_up(settings, "api")
    with explained(), contextlib.closing(listening(settings)) as taken:
        supervisor = Supervisor(settings, say=say)
        supervisor.add("reader", "api.commands", "reader")
        server = server_of(served(settings), settings.log_level)
        watch = _Watch(supervisor, server)
        watch.start()
        # uvicorn raises the signal that stopped it once more when it is done: this catches that one.
        with until_signalled(lambda: None):
            try:
                server.run(sockets=[taken])
            finally:
                supervisor.stop()
                watch.join()
        if watch.error is not None:
            raise watch.error


class _Watch(threading.Thread):
    """Looks after the reader; without one, the server ends too, so that whoever started it sees it."""

    def __init__(self, supervisor: Supervisor, server: uvicorn.Server) -> None:
        super().__init__(name="supervisor")
        self._supervisor = supervisor
        self._server = server
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._supervisor.run()
        except Exception as error:
            self.error = error
            self._server.should_exit = True
