"""Say in plain words, and without a link that may be signed, why a connection broke."""

from __future__ import annotations

from urllib.parse import urlsplit

from vidmagic.sockets import Watch

_WORDS = {"ReadTimeoutError": "no answer in time", "ConnectTimeoutError": "no connection in time"}


def host(url: str) -> str:
    """Return the host of *url*, to name it to people."""
    return urlsplit(url).hostname or "the service"


def why(lost: BaseException, watch: Watch | None = None) -> str:
    """Name the last cause of *lost*."""
    if watch is not None and watch.overdue:
        return "the answer took too long"
    cause: BaseException = lost
    while type(cause).__name__ not in _WORDS and (inner := _inner(cause)) is not None:
        cause = inner
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror).lower()
    return _WORDS.get(type(cause).__name__, type(cause).__name__)


def _inner(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return next((arg for arg in error.args if isinstance(arg, BaseException)), error.__cause__)
