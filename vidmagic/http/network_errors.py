"""Say in plain words, and without a link that may be signed, why a connection broke."""

from __future__ import annotations

from urllib.parse import urlsplit

from vidmagic.http.connection import ConnectionMonitor

_WORDS = {"ReadTimeoutError": "no answer in time", "ConnectTimeoutError": "no connection in time"}


def host(url: str) -> str:
    """Return the host of *url*, to name it to people."""
    return urlsplit(url).hostname or "the service"


def why(lost: BaseException, monitor: ConnectionMonitor | None = None) -> str:
    """Name the last cause of *lost*."""
    if monitor is not None and monitor.overdue:
        return "the answer took too long"
    cause: BaseException = lost
    while type(cause).__name__ not in _WORDS and (inner := _inner(cause)) is not None:
        cause = inner
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror).lower()
    return _WORDS.get(type(cause).__name__, type(cause).__name__)


def unframed(error: BaseException) -> None:
    """Take the frames out of *error* and of all that led to it: a key stands in the variables of those that sent it.

    `%xmode Verbose` prints the variables of each frame, and whoever keeps the error keeps them alive.
    """
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        each = left.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            left += [each.__cause__, each.__context__, *each.args]


def _inner(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return next((arg for arg in error.args if isinstance(arg, BaseException)), error.__cause__)
