"""`khabar up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.broker import embedded
from api.commands.common import explained, load_settings, out, say, until_signalled

if TYPE_CHECKING:
    from streams.broker import Keeper
    from streams.settings import Settings
    from streams.supervisor import Supervisor

READY_SECONDS_MAX = 60.0
SLOW_SECONDS = 2.0


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Ingest the shipped articles and show a tour.")
    ] = False,
) -> None:
    """Start Kafka, the workers, the reader and the API; serve until Ctrl-C."""
    from api.sockets import refuse_taken_port
    from streams import logs
    from streams.broker import Keeper
    from streams.supervisor import Supervisor
    from streams.worker_group import WorkerGroup

    settings = load_settings()
    logs.set_up(settings, "up", level="warning")
    with explained(), ExitStack() as stack:
        refuse_taken_port(settings)
        broker = stack.enter_context(embedded(settings)) if settings.embedded else None
        if broker is not None:  # the children must not look for a port of their own
            settings = settings.model_copy(update={"bootstrap_servers": broker.bootstrap_servers})
        supervisor = Supervisor(settings, say=say)
        stack.enter_context(until_signalled(supervisor.stop))
        group = WorkerGroup(settings, supervisor)
        group.start()
        supervisor.add("serve", "api.commands", "serve")
        keeper = Keeper(broker, settings.data, say) if broker is not None else None
        look = _Look(settings, supervisor, keeper, demo)

        def each() -> None:
            group.adjust()
            look()

        supervisor.run(each)
        say("stopping …")


class _Look:
    """What happens at each look: the greeting once everything is ready, and a broker that died is started.

    Raises NotReady if by READY_SECONDS_MAX the API has never answered.
    """

    def __init__(self, settings: Settings, supervisor: Supervisor, keeper: Keeper | None, demo: bool) -> None:
        self._settings, self._keeper, self._demo = settings, keeper, demo
        self._supervisor = supervisor
        self._greeted = False
        self._answered = False
        self._told = False
        self._next = 0.0  # when to ask again, once that may take long
        self._deadline = time.monotonic() + READY_SECONDS_MAX

    def __call__(self) -> None:
        if self._keeper is not None:
            self._keeper.look()
        if not self._greeted and time.monotonic() >= self._next:
            self._greeted = self._greet()

    def _greet(self) -> bool:
        import httpx

        from api.errors import NotReady
        from streams import logs

        address = f"http://{self._settings.host}:{self._settings.port}"
        try:
            ready = httpx.get(f"{address}/readyz", timeout=1).status_code == 200
            self._answered = True
        except httpx.HTTPError:
            ready = False
        if not ready:
            if self._told:
                self._next = time.monotonic() + SLOW_SECONDS
            elif time.monotonic() > self._deadline:
                self._told = True
                message = f"not ready after {READY_SECONDS_MAX:.0f} s: see {self._settings.data / 'logs'}"
                if not self._answered:
                    raise NotReady(message)
                # A reader that has much to read, or that stopped: what was read before is served.
                say(f"{message}; {address} answers with what was read so far")
            return False
        if self._demo:
            from api.demo import tour

            tour(self._settings, address)
        greeting = f"khabar serves at {address} (documentation: {address}/docs); Ctrl-C stops it"
        if logs.is_json():
            say(greeting)
        else:
            out.print(greeting, markup=False)
        return True
