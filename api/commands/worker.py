"""`khabar worker`: parse documents and keep the views, until Ctrl-C."""

from __future__ import annotations

from api.commands.common import err, explained, load_settings, until_signalled


def worker() -> None:
    """Run the parse worker and a views worker for each generation; start more of these to scale."""
    from streams.supervisor import Supervisor
    from streams.worker_group import WorkerGroup

    settings = load_settings()
    supervisor = Supervisor(settings, say=lambda line: err.print(line, markup=False))
    with explained(), until_signalled(supervisor.stop):
        group = WorkerGroup(settings, supervisor)
        group.start()
        err.print(f"working for {settings.bootstrap}; logs in {settings.data / 'logs'}", markup=False)
        supervisor.run(each=group.adjust, ends_when_idle=True)
