"""The command line: one file a command; this one is the table of them and of exit codes.

Heavy imports stand inside the commands, so that `khabar --help` and `khabar parse` start fast.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import typer

COMMANDS = {
    "up": "api.commands.up",
    "parse": "api.commands.parse",
    "verify": "api.commands.verify",
    "ingest": "api.commands.ingest",
    "retract": "api.commands.retract",
    "reparse": "api.commands.reparse",
    "entities": "api.commands.entities",
    "follow": "api.commands.follow",
    "show": "api.commands.show",
    "diff": "api.commands.diff",
    "export": "api.commands.export",
    "replay": "api.commands.replay",
    "backup": "api.commands.backup",
    "restore": "api.commands.restore",
    "reshard": "api.commands.reshard",
    "status": "api.commands.status",
    "dead-letters": "api.commands.dead_letters",
    "doctor": "api.commands.doctor",
    "worker": "api.commands.worker",
    "serve": "api.commands.serve",
    "reader": "api.commands.reader",
}
"""Command → module; what has that name there (with `_` for `-`) is the command, or a group of commands."""

app = typer.Typer(
    name="khabar",
    help="خبر · market intelligence from Arabic and English news: facts that show their words.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def build(only: str | None = None) -> typer.Typer:
    """Register the commands; with `only`, just that one (the others need not be imported then)."""
    for name, module in COMMANDS.items():
        if only in (None, name):
            function = getattr(import_module(module), name.replace("-", "_"))
            if isinstance(function, typer.Typer):
                app.add_typer(function)
            else:
                app.command(name=name)(function)
    if only is not None:
        app.callback()(lambda: None)  # a single command would otherwise lose its name
    return app


def main() -> None:
    """Run `khabar`.

    Exit codes: 0 done, 1 our fault, 2 bad input or usage, 3 the set-up, 4 no broker, 5 another version of
    khabar is needed.
    """
    from api.commands.common import explained

    # What a client library logs is told once more, and better, by the error that follows.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    asked = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] in COMMANDS else None
    with explained():
        build(asked)(prog_name="khabar")


if __name__ == "__main__":
    main()
