"""What the commands share: settings, consoles, and errors told in one line."""

from __future__ import annotations

import logging
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from streams.settings import Settings

out = Console()
err = Console(stderr=True, highlight=False, soft_wrap=True)

EXIT_FAULT, EXIT_INPUT, EXIT_SETUP, EXIT_BROKER = 1, 2, 3, 4


def plain(text: object) -> Text:
    """Give text from outside as it may be shown: no markup, no control or bidi characters, isolated.

    U+202A–202E and U+2066–2069 reorder what a person sees, and control characters drive the terminal.
    """
    shown = "".join("\N{REPLACEMENT CHARACTER}" if _is_control(c) else c for c in str(text))
    return Text(shown if shown.isascii() else f"\u2068{shown}\u2069")


def _is_control(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cs") or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"


def load_settings() -> Settings:
    """Read the settings from the environment, and name a wrong one in one line."""
    from pydantic import ValidationError

    from streams.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "KHABAR_" + "_".join(str(part) for part in first["loc"]).upper()
        fail(f"{name}: {first['msg']}; see `khabar doctor` and docs/settings.md", EXIT_SETUP)


def fail(message: str, code: int) -> NoReturn:
    """Say one line on stderr and leave with the code."""
    if _logs_json():
        logging.getLogger("khabar").critical("%s", message)
    else:
        err.print(f"khabar: {message}", markup=False)
    sys.exit(code)


def say(line: str) -> None:
    """Tell one line of how it goes: to a person on stderr, or in the log where that is for machines."""
    if _logs_json():
        logging.getLogger("khabar").info("%s", line)
    else:
        err.print(line, markup=False)


def _logs_json() -> bool:
    from streams import logs

    return logs.is_json()


@contextmanager
def until_signalled(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C or SIGTERM, instead of dying in the middle of things."""
    before = {s: signal.signal(s, lambda *_: stop()) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def explained() -> Iterator[None]:
    """Turn the errors that a person can do something about into one line and an exit code."""
    from aiokafka.errors import KafkaConnectionError, KafkaError

    from api.errors import ApiError
    from seeds.errors import SeedsError
    from streams.errors import StreamsError

    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing more to say
        sys.exit(0)
    except SeedsError as error:
        fail(str(error), EXIT_INPUT)
    except (StreamsError, ApiError) as error:
        fail(str(error), getattr(error, "exit_code", EXIT_SETUP))
    except KafkaConnectionError:
        servers = load_settings().bootstrap
        fail(
            f"no Kafka answers at {servers}: start `khabar up`, or set KHABAR_BOOTSTRAP_SERVERS", EXIT_BROKER
        )
    except KafkaError as error:
        fail(f"Kafka refused: {error}", EXIT_BROKER)
