"""What a request must be before anything looks at it: host, origin, size of the body, right to write.

Pure ASGI, so that streams pass through it unbuffered.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.problems import problem_of

if TYPE_CHECKING:
    from streams.settings import Settings

BODY_BYTES_MAX = 8 << 20
HOSTS_MAX = 100
READS = ("GET", "HEAD", "OPTIONS")
UNSNIFFED = b"x-content-type-options", b"nosniff"
"""Keeps browsers from taking an answer for anything but what it says it is."""


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Hosts:
    """Which hosts a request may name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: set[bytes] = set()
        """Host headers that were found right: nearly all requests come with the same one."""

    def is_known(self, header: bytes) -> bool:
        """Say whether a Host header was found right before."""
        return header in self._known

    def check(self, header: bytes) -> None:
        """Refuse names that could point here by DNS rebinding; addresses cannot be rebound.

        Raises ForeignHost.
        """
        if header in self._known:
            return
        host = _host(header.decode("latin-1"))
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if host not in ("localhost", self._settings.host, *self._settings.hosts):
                message = "the Host header names no address of this server; see KHABAR_ALLOWED_HOSTS"
                raise errors.ForeignHost(message) from None
        if len(self._known) < HOSTS_MAX:
            self._known.add(header)


class Guard:
    """Wraps the application; answers itself where a request is refused."""

    def __init__(self, app: ASGIApp, settings: Settings, hosts: Hosts) -> None:
        self._app = app
        self._settings = settings
        self._local = is_loopback(settings.host)
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            host, length = _host_and_length(scope)
            self._hosts.check(host)
            if scope["method"] not in READS:
                self._check_write(Headers(scope=scope))
            if length < 0:
                raise ValueError
            if length > BODY_BYTES_MAX:
                raise _too_large()
        except ValueError:
            await problem_of(errors.BadParameter("Content-Length is no length"))(scope, receive, send)
        except errors.ApiError as error:
            await problem_of(error)(scope, receive, send)
        else:
            await self._app(scope, _bounded(receive), _unsniffed(send))

    def _check_write(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            message = "a page of another origin may not write here"
            raise errors.ForeignOrigin(message)
        if self._settings.write_token is None:
            if not self._local:
                message = "off loopback writes need KHABAR_WRITE_TOKEN: it is not set on this server"
                raise errors.WritesDisabled(message)
            return
        given = headers.get("authorization", "").removeprefix("Bearer ").encode()
        if not secrets.compare_digest(given, self._settings.write_token.get_secret_value().encode()):
            message = "writes need the header `Authorization: Bearer` with the write token"
            raise errors.Unauthorised(message)


def _unsniffed(send: Send) -> Send:
    """Mark every answer so."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], UNSNIFFED]
        await send(message)

    return marked


def _host_and_length(scope: Scope) -> tuple[bytes, int]:
    """Read the first Host and Content-Length of a request. Raises ValueError where that is no length."""
    host, length = None, None
    for name, value in scope["headers"]:
        if name == b"host" and host is None:
            host = value
        elif name == b"content-length" and length is None:
            length = int(value)
    return host or b"", length or 0


def _host(header: str) -> str:
    """Take the port off a Host header, and the brackets off an IPv6 address."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def _too_large() -> errors.BodyTooLarge:
    return errors.BodyTooLarge(f"a body may have {BODY_BYTES_MAX >> 20} MiB")


def _bounded(receive: Receive) -> Receive:
    """Count what arrives: a chunked body tells no length."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > BODY_BYTES_MAX:
                raise _too_large()
        return message

    return counted
