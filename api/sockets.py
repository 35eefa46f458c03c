"""The port that the API listens on: taken, or found taken, before anything is started."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from api.errors import ApiPortInUse

if TYPE_CHECKING:
    from streams.settings import Settings

BACKLOG = 1024


def listening(settings: Settings) -> socket.socket:
    """Take the port. Raises ApiPortInUse."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        address = f"port {settings.port} of {settings.host}"
        message = f"cannot listen on {address} ({reason}): set KHABAR_PORT to a free one"
        raise ApiPortInUse(message) from error


def refuse_taken_port(settings: Settings) -> None:
    """Raise ApiPortInUse if the API could not listen."""
    listening(settings).close()
