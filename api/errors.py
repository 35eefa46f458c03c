"""Everything that `api` refuses to do: one base, one class a reason; each docstring says when.

A message is one line for a person. Which HTTP status a class has is decided in `api.problems` alone;
`exit_code` is that of the command line.
"""

from __future__ import annotations


class ApiError(Exception):
    """Raised only as one of its subclasses."""

    exit_code = 1


class ApiPortInUse(ApiError):
    """When another process listens on the port that the API was told to use."""

    exit_code = 3


class NotReady(ApiError):
    """When the service has not become ready in time."""


class Killed(ApiError):
    """When a process of a rebuild has ended before its work was done."""


class ReaderLocked(ApiError):
    """When another reader writes this data directory."""

    exit_code = 3


class ReaderFaulty(ApiError):
    """When writing the files fails again and again though the machine is well: a fault of khabar's own."""


class ReadModelMissing(ApiError):
    """When the reader has not written its files yet."""


class Unequal(ApiError):
    """When a rebuilt generation is not what the live one is: it is not served."""


class NotFound(ApiError):
    """When there is no such event, entity, document or replay."""


class Moved(ApiError):
    """When an entity has become another one: asked for by the id that it had."""

    def __init__(self, was: str, now: str) -> None:
        super().__init__(f"{was} was merged into {now}")
        self.was = was
        self.now = now


class BadParameter(ApiError):
    """When a query parameter or a path has a value that means nothing."""


class BadBody(ApiError):
    """When the body of a request breaks its schema or describes no usable document."""


class BodyTooLarge(ApiError):
    """When a body or the text in it exceeds the limits."""


class UnsupportedMedia(ApiError):
    """When the body is not of a media type that the endpoint reads."""


class TokenGone(ApiError):
    """When a log token belongs to another log, or to history that this one no longer holds."""


class ViewBehind(ApiError):
    """When the view did not reach `min_token` within `wait`."""


class TooManyStreams(ApiError):
    """When a server has as many event streams as it serves."""


class LogUnreachable(ApiError):
    """When Kafka does not take a write now: reads go on, the write can be sent again later."""


class Unauthorised(ApiError):
    """When a write lacks the token that it needs."""


class WritesDisabled(ApiError):
    """When the server listens off loopback and no write token is set: it only reads."""


class ForeignHost(ApiError):
    """When the Host header names no address of this server (DNS rebinding)."""


class ForeignOrigin(ApiError):
    """When a page of another origin makes a browser write here."""


class Conflict(ApiError):
    """When what is asked for is being done, or has been done already."""


class KeyReused(ApiError):
    """When an Idempotency-Key comes again with another body."""
