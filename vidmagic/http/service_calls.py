"""Calls to a service that start no job: free, and free to repeat."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from vidmagic.errors import Unreachable
from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.endpoint import Endpoint
from vidmagic.http.exchange import NETWORK_ERRORS, Exchange
from vidmagic.http.network_errors import host, why
from vidmagic.http.reply import Reply
from vidmagic.http.sessions import new_session, thread_session
from vidmagic.http.sse import Frame


class ServiceCalls:
    """Calls to one service with its key that follow no redirect and can buy nothing."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def origin(self) -> str:
        """Where the service is."""
        return self._endpoint.origin

    def at(self, origin: str) -> ServiceCalls:
        """Return the same job's calls to another origin of its service; the key goes there too."""
        return ServiceCalls(self._endpoint.at(origin))

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """GET from the service. Raises Unreachable when no whole answer came."""
        return self._reply("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, object]) -> Reply:
        """POST to the service what starts no job. Raises Unreachable when no whole answer came."""
        return self._reply("POST", path, body=body)

    def upload(self, path: str, body: Mapping[str, object]) -> Reply:
        """POST a file to the service, in JSON; it starts no job, and the service may hold it for minutes.

        Raises Unreachable when no whole answer came.
        """
        timeouts = self._endpoint.timeouts
        return self._reply("POST", path, body=body, read=timeouts.submit_total, total=timeouts.submit_total)

    def put(self, path: str, body: Mapping[str, object]) -> Reply:
        """PUT to the service what starts no job. Raises Unreachable when no whole answer came."""
        return self._reply("PUT", path, body=body)

    @contextlib.contextmanager
    def stream(self, path: str, body: Mapping[str, object]) -> Iterator[tuple[Reply, Iterator[Frame]]]:
        """POST a query that answers with a stream. Raises Unreachable when it breaks or is silent for too long."""
        timeouts = self._endpoint.timeouts
        monitor = ConnectionMonitor()
        exchange = Exchange(monitor, timeouts)

        def broken(lost: BaseException) -> Unreachable:
            return Unreachable(f"{host(self.origin)} broke off its stream: {why(lost, monitor)}")

        with new_session(monitor) as session:
            try:
                response = exchange.response(
                    lambda: self._endpoint.send(session, "POST", path, body=body, read=timeouts.stream_idle),
                    timeouts.total,
                )
            except NETWORK_ERRORS as lost:
                raise broken(lost) from lost
            with response, self._endpoint.abortable(monitor):
                reply = self._endpoint.redaction.reply(exchange.opened(response))
                yield reply, self._endpoint.frames(response, broken)

    def _reply(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        read: float | None = None,
        total: float | None = None,
    ) -> Reply:
        timeouts = self._endpoint.timeouts
        read, total = read or timeouts.read, total or timeouts.total
        session, monitor = thread_session()
        exchange = Exchange(monitor, timeouts)
        try:
            with exchange.limit(total), self._endpoint.send(
                session, method, path, body=body, params=params, read=read
            ) as response:  # fmt: skip
                reply = exchange.whole(response, total)
        except NETWORK_ERRORS as lost:
            raise Unreachable(f"{host(self.origin)} did not answer: {why(lost, monitor)}") from lost
        if reply.cut:
            raise Unreachable(f"{host(self.origin)} broke off its answer", status=reply.status)
        return self._endpoint.redaction.reply(reply)
