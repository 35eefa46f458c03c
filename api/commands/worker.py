"""`khabar worker`: parse documents and keep the views, until Ctrl-C."""

from __future__ import annotations

from api.commands.common import explained, load_settings, say, until_signalled


def worker() -> None:
    """Run the parse worker and a views worker for each generation; start more of these to scale."""
    from streams import logs
    from streams.supervisor import Supervisor
    from streams.worker_group import WorkerGroup

    settings = load_settings()
    logs.set_up(settings, "supervisor", level="warning")
    supervisor = Supervisor(settings, say=say)
    with explained(), until_signalled(supervisor.stop):
        group = WorkerGroup(settings, supervisor)
        group.start()
        say(f"working for {settings.bootstrap}; logs in {settings.data / 'logs'}")
        supervisor.run(each=group.adjust, ends_when_idle=True)
