"""Describe why a connection broke, without a link: it may be signed and so secret."""

from __future__ import annotations

from urllib.parse import urlsplit

from vidmagic.http.connection import ConnectionMonitor

_CAUSES = {"ReadTimeoutError": "no answer in time", "ConnectTimeoutError": "no connection in time"}


def host(url: str) -> str:
    """Return the host of *url*, for messages."""
    return urlsplit(url).hostname or "the service"


def why(lost: BaseException, monitor: ConnectionMonitor | None = None) -> str:
    """Return the innermost cause of *lost*, for messages."""
    if monitor is not None and monitor.overdue:
        return "the answer took too long"
    cause: BaseException = lost
    while type(cause).__name__ not in _CAUSES and (inner := _inner(cause)) is not None:
        cause = inner
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror).lower()
    return _CAUSES.get(type(cause).__name__, type(cause).__name__)


def unframed(error: BaseException) -> None:
    """Remove the frames of *error* and of all its causes: the variables of the frames that sent it hold the key.

    `%xmode Verbose` prints the variables of each frame, and they live as long as the error does.
    """
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        cause = pending.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            cause.__traceback__ = None
            pending += [cause.__cause__, cause.__context__, *cause.args]


def _inner(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return next((arg for arg in error.args if isinstance(arg, BaseException)), error.__cause__)
