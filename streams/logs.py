"""Where every process of ours sets its logging up: lines for people, or a JSON object a line for machines.

Messages name places, ids and reasons, never the text of an article or a setting's value; what a library
puts into one is cut to MESSAGE_MAX. A trace is a part of its line.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from streams.settings import Settings

MESSAGE_MAX = 4_000
TRACE_MAX = 16_000
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET = (
    *("aiokafka", "faust", "mode", "asyncio", "httpx", "httpcore"),
    *("streams.app", "streams.transport", "streams.table_store"),
)
"""Libraries, and what of ours is Faust's services, are heard from WARNING on: aiokafka makes a record for
each message even below its level, an eighth of a worker's time."""


def set_up(settings: Settings, process: str, *, level: str | None = None, **about: object) -> None:
    """Log to stderr in the format and from the level of the settings; to be called first, and once.

    `process` and `about` (a worker's generation, say) stand in every JSON line. `level` is that of a command
    that a person sits in front of: it holds for lines of text alone.
    """
    as_json = settings.log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json(process=process, **about) if as_json else logging.Formatter(TEXT))
    wanted = settings.log_level if as_json or level is None else level
    logging.basicConfig(handlers=[handler], level=wanted.upper(), force=True)
    logging.captureWarnings(True)
    if settings.log_level != "debug":
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
    if as_json:  # else Python's own traces are what people know
        sys.excepthook = _uncaught
        threading.excepthook = lambda args: _uncaught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )


def is_json() -> bool:
    """Say whether this process writes JSON lines: then whatever it says has to be one."""
    return any(isinstance(handler.formatter, Json) for handler in logging.getLogger().handlers)


class Json(logging.Formatter):
    """Writes a record as one line: `ts`, `level`, `logger`, `message`, `pid`, what is given, `trace`."""

    def __init__(self, **about: object) -> None:
        super().__init__()
        self._about = about

    def format(self, record: logging.LogRecord) -> str:
        """Write one record; never fails, whatever is in it."""
        told: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _safe(_message(record), MESSAGE_MAX),
            "pid": os.getpid(),
            **self._about,
        }
        if record.exc_info:
            told["trace"] = _safe(self.formatException(record.exc_info), TRACE_MAX)
        return orjson.dumps(told, default=repr).decode()


def read(line: str) -> dict[str, Any] | None:
    """Take a line of JSON apart; none if it is none of ours."""
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and "message" in told and "level" in told else None


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # arguments that do not fit: the line is worth more than its form
        return f"{record.msg} ({error!r})"


def _safe(text: str, limit: int) -> str:
    """Cut a text, and make it one that can be written as UTF-8."""
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return cut.encode("utf-8", "replace").decode()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, (KeyboardInterrupt, SystemExit)):
        logging.getLogger("khabar").critical("uncaught: %s", kind.__name__, exc_info=(kind, error, trace))
