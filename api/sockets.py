"""Ports: whether ours is free, before anything is started that would only tell it in a log."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from api.errors import ApiPortInUse

if TYPE_CHECKING:
    from streams.settings import Settings


def refuse_taken_port(settings: Settings) -> None:
    """Raise ApiPortInUse if the API could not listen."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        reason = error.strerror or str(error)
        address = f"port {settings.port} of {settings.host}"
        message = f"cannot listen on {address} ({reason}): set KHABAR_PORT to a free one"
        raise ApiPortInUse(message) from error
