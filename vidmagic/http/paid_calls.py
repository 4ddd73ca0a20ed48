"""Calls that start a job and so cost money: each is sent once, and an error says whether it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn

import requests

from vidmagic.errors import NotSent, OutcomeUnknown
from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.endpoint import Endpoint
from vidmagic.http.exchange import NETWORK_ERRORS, Exchange
from vidmagic.http.network_errors import why
from vidmagic.http.reply import Reply
from vidmagic.http.sessions import new_session
from vidmagic.http.sse import Frame


class PaidCalls:
    """Submits to one service: with the key, each on a connection of its own, which cannot have died unseen.

    `pre_send_check` is called just before the first byte leaves, and forbids it by raising.
    """

    def __init__(self, endpoint: Endpoint, pre_send_check: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._pre_send_check = pre_send_check

    def submit(self, path: str, body: Mapping[str, object]) -> Reply:
        """POST *body* once. Raises NotSent when no byte left, OutcomeUnknown when the answer was lost."""
        limit = self._endpoint.timeouts.submit_total
        with self._sent(path, body, limit) as (response, exchange):
            return self._endpoint.redaction.reply(exchange.whole(response, limit))

    @contextlib.contextmanager
    def submit_stream(self, path: str, body: Mapping[str, object]) -> Iterator[tuple[Reply, Iterator[Frame]]]:
        """POST *body* once and read the answer as a stream.

        Gives the reply (its body only when the status is not a success) and the frames as they arrive. Raises NotSent
        when no byte left, OutcomeUnknown when the stream broke or was silent for too long.
        """
        with self._sent(path, body, self._endpoint.timeouts.submit_stream_idle) as (response, exchange):

            def broken(lost: BaseException) -> OutcomeUnknown:
                return OutcomeUnknown(f"the stream broke: {why(lost, exchange.monitor)}")

            with self._endpoint.abortable(exchange.monitor):
                reply = self._endpoint.redaction.reply(exchange.opened(response))
                yield reply, self._endpoint.frames(response, broken)

    @contextlib.contextmanager
    def _sent(self, path: str, body: Mapping[str, object], read: float) -> Iterator[tuple[requests.Response, Exchange]]:
        timeouts = self._endpoint.timeouts
        monitor = ConnectionMonitor(self._pre_send_check)
        exchange = Exchange(monitor, timeouts)
        with new_session(monitor) as session:
            try:
                response = exchange.response(
                    lambda: self._endpoint.send(session, "POST", path, body=body, read=read),
                    max(read, timeouts.submit_total),
                )
            except NETWORK_ERRORS as lost:
                _raise_lost(lost, monitor)
            with response:
                yield response, exchange


def _raise_lost(lost: Exception, monitor: ConnectionMonitor) -> NoReturn:
    """Raise OutcomeUnknown where a byte has left, else NotSent; its status is -1 where a retry would not help."""
    if monitor.sent:
        raise OutcomeUnknown(f"the request was sent and its answer lost: {why(lost, monitor)}") from lost
    if isinstance(lost, requests.exceptions.SSLError):
        raise NotSent(f"no safe connection: {why(lost)}", status=-1) from lost
    raise NotSent(f"no connection: {why(lost)}") from lost
