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
READS = ("GET", "HEAD", "OPTIONS")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """Wraps the application; answers itself where a request is refused."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._local = is_loopback(settings.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            if scope["method"] not in READS:
                self._check_write(headers)
            length = int(headers.get("content-length", "0"))
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

    def _check_host(self, headers: Headers) -> None:
        """Refuse names that could point here by DNS rebinding; addresses cannot be rebound."""
        host = _host(headers.get("host", ""))
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if host not in ("localhost", self._settings.host, *self._settings.hosts):
                message = "the Host header names no address of this server; see KHABAR_ALLOWED_HOSTS"
                raise errors.ForeignHost(message) from None

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
    """Keep browsers from taking an answer for anything but what it says it is."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
        await send(message)

    return marked


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
